// What tests of the store are made of: a database per test, policies and change requests with defaults, and a picture
// of every row of every table, to say that nothing was written. Asserts nothing itself.
import { afterEach, beforeEach } from "vitest";
import { judgeOpening } from "../../src/domain/change/fence.js";
import type { OpenChange } from "../../src/domain/change/change.js";
import { toPlannedRequest } from "../../src/domain/change/requests.js";
import type { ChangeRequest } from "../../src/domain/change/requests.js";
import type { RequestFields } from "./request-fields.js";
import type { Policy } from "../../src/domain/policy.js";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../../src/domain/refs.js";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { Opening } from "../../src/store/change/opening.js";
import { openChangeRow } from "../../src/store/change/opening.js";
import { listPolicies, writePolicies } from "../../src/store/people/policies.js";
import type { Db, Store } from "../../src/store/postgres/pool.js";
import { createTestDatabase } from "./database.js";
import type { TestDatabase } from "./database.js";
import { PROJECT } from "./fleets.js";

export const ORDERS: WorkspaceRef = { project: PROJECT, workspace: "orders" };

export const aRef = (processor: string, workspace: WorkspaceRef = ORDERS): ProcessorRef => ({
  ...workspace,
  processor,
});

/** A database of its own for every test of the file that calls this at its top. */
export function useDatabase(): () => TestDatabase {
  let database: TestDatabase | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database?.drop());
  return () => {
    if (database === undefined) throw new Error("asked for outside a test");
    return database;
  };
}

export function aPolicy(fields: Partial<Policy> = {}): Policy {
  return { state: "STARTED", mode: "enforce", start: {}, recovery: DEFAULT_RECOVERY, ...fields };
}

/** Writes one policy, or deletes it where it is null, as somebody who has just read what there is. */
export async function declare(store: Store, ref: ProcessorRef, after: Policy | null): Promise<void> {
  const stored = await listPolicies(store, [ref]);
  const before = stored.find((one) => one.ref.processor === ref.processor)?.declared;
  await writePolicies(store, {
    author: "tester",
    writes: [{ ref, before, after }],
    releasesBrake: false,
    intervalMs: DEFAULT_SETTINGS.intervalMs,
  });
}

export function aRequest(ref: ProcessorRef, fields: RequestFields = {}): ChangeRequest {
  const planned = toPlannedRequest({
    ref,
    kind: "start",
    policyVersion: 1,
    slotAt: null,
    why: "it has FAILED",
    // Newer than any close: no other change can have come between.
    plannedFrom: Date.UTC(2100, 0, 1),
    isReleased: false,
    isTrial: false,
  });
  // Fields that no one kind of request has together are a test's own business.
  return { ...planned, ...fields } as ChangeRequest;
}

/** What a run with this id would ask of the store, judged as the activity does. */
export function anOpening(request: ChangeRequest, runId: string): Opening {
  return {
    request,
    workflowId: toChangeWorkflowId("headgate", request.ref),
    runId,
    caps: DEFAULT_SETTINGS,
    judge: (locked) => judgeOpening(request, locked),
  };
}

/** Opens a change; throws where it was refused. */
export async function opened(store: Store, request: ChangeRequest, runId: string): Promise<OpenChange> {
  const result = await openChangeRow(store, anOpening(request, runId));
  if (result.kind === "refused") throw new Error(`refused: ${result.ending.text}`);
  return result.change;
}

/**
 * Table -> one text per row: its content and which transaction wrote it. Equal pictures: nothing was written between.
 */
export type RowPicture = Readonly<Record<string, readonly string[]>>;

export async function pictureRows(db: Db): Promise<RowPicture> {
  const tables = await db.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'test_clock' order by 1",
  );
  const pictures = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await db.query<{ row: string }>(
        `select xmin::text || ' ' || to_jsonb(t)::text as row from ${name} t order by ctid`,
      );
      return [name, rows.map(({ row }) => row)] as const;
    }),
  );
  return Object.fromEntries(pictures);
}

/** The texts of the journal of one kind, oldest first. */
export async function readJournal(db: Db, kind: string): Promise<readonly string[]> {
  const rows = await db.query<{ text: string }>("select text from journal where kind = $1 order by id", [
    kind,
  ]);
  return rows.map(({ text }) => text);
}
