// Changes and their steps in and out, and the lock under which everything about one processor is decided. Whoever
// writes a status by hand, fence or command takes that lock first, so that no two of them decide from the same status.
import type {
  Answer,
  Ending,
  Fate,
  FoundBefore,
  OpenChange,
  StepName,
  StepRow,
} from "../../domain/change/change.js";
import type { ChangeRequest } from "../../domain/change/requests.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import type { PolicyRow } from "./policy-rows.js";
import { fromPolicyRow } from "./policy-rows.js";
import { readClock } from "../postgres/clock.js";
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";
import type { StatusRow } from "./status-rows.js";
import {
  STATUS_ASSIGNMENTS,
  fromStatusRow,
  toEpochMs,
  toStatusColumns,
  toStatusInsert,
} from "./status-rows.js";

/** `$1, $2, $3` in every statement about one processor. */
export const KEY = "project = $1 and workspace = $2 and processor = $3";
export const keyOf = (ref: ProcessorRef): readonly string[] => [ref.project, ref.workspace, ref.processor];

/** A row of changes as `to_jsonb` gives it: times are ISO 8601 texts. `request` is what the run was started with. */
export interface ChangeRow {
  readonly id: string;
  readonly project: string;
  readonly workspace: string;
  readonly processor: string;
  readonly request: ChangeRequest;
  readonly opened_at: string;
  readonly closed_at: string | null;
  readonly state_before: string | null;
  readonly tier_before: string | null;
  readonly owes_start: boolean;
  readonly cancel_requested_by: string | null;
  readonly run_id: string;
  readonly outcome: Ending["outcome"] | null;
  readonly outcome_code: string | null;
  readonly outcome_text: string | null;
}

/** How it ended; undefined if it is open. */
function toEndingOf({
  closed_at: closedAt,
  outcome,
  outcome_code: code,
  outcome_text: text,
}: ChangeRow): Ending | undefined {
  return closedAt === null || outcome === null ? undefined : { outcome, code: code ?? "", text: text ?? "" };
}

/** Closed ones, too: `closedAt` says so. Times become epoch milliseconds; what Postgres keeps below that is dropped. */
export function toOpenChange(row: ChangeRow): OpenChange {
  return {
    id: row.id,
    request: row.request,
    openedAt: Date.parse(row.opened_at),
    closedAt: toEpochMs(row.closed_at),
    stateBefore: row.state_before,
    tierBefore: row.tier_before,
    owesStart: row.owes_start,
    cancelRequestedBy: row.cancel_requested_by,
  };
}

/** A row of change_steps as `to_jsonb` gives it. */
export interface StepJson {
  readonly step: StepName;
  readonly attempt: number;
  readonly posts: number;
  readonly fenced_at: string;
  readonly horizon_at: string;
  readonly answered_at: string | null;
  readonly fate: Fate | null;
  readonly answer: Answer | null;
  readonly options: StepRow["options"];
  readonly position_key: string | null;
}

export function toStepRow(row: StepJson): StepRow {
  return {
    step: row.step,
    attempt: row.attempt,
    posts: row.posts,
    fencedAt: Date.parse(row.fenced_at),
    horizonAt: Date.parse(row.horizon_at),
    answeredAt: toEpochMs(row.answered_at),
    fate: row.fate,
    answer: row.answer,
    options: row.options,
    positionKey: row.position_key,
  };
}

/** One processor under its locks. `now` is the database's time once they were had, epoch ms. */
export interface Locked {
  readonly now: number;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
}

/**
 * Locks the processor's status row, creating it if there is none, and then reads clock and policy. The policy is read
 * after the lock, and shared until the end of the transaction: what is decided here comes before or after a new
 * version. Whoever calls it locks project and workspace before, changes and steps after. Three statements, five if it
 * creates the row; only in a transaction.
 */
export async function lockProcessor(db: Db, ref: ProcessorRef): Promise<Locked> {
  const row = (await lockStatus(db, ref)) ?? (await createStatus(db, ref));
  const [policy] = await db.query<{ policy: PolicyRow }>(
    `select row_to_json(p) as policy from start_policies p where ${KEY} for share`,
    keyOf(ref),
  );
  return {
    // In a statement of its own: every statement dates itself by its beginning, and that of the lock began before the
    // wait.
    now: await readClock(db),
    declared: policy === undefined ? undefined : fromPolicyRow(policy.policy),
    status: fromStatusRow(row).status,
  };
}

async function lockStatus(db: Db, ref: ProcessorRef): Promise<StatusRow | undefined> {
  const [row] = await db.query<{ status: StatusRow }>(
    `select row_to_json(s) as status from processor_status s where ${KEY} for update`,
    keyOf(ref),
  );
  return row?.status;
}

/** Somebody else may create it at the same moment: whoever comes second waits for the first. */
async function createStatus(db: Db, ref: ProcessorRef): Promise<StatusRow> {
  await db.query(
    `insert into processor_status (project, workspace, processor) values ($1, $2, $3)
     on conflict do nothing`,
    keyOf(ref),
  );
  const row = await lockStatus(db, ref);
  if (row === undefined) throw new Error("the status row was made just before");
  return row;
}

/** Writes all columns and counts the revision up. Only under `lockProcessor`: it compares nothing. One statement. */
export async function writeStatus(db: Db, ref: ProcessorRef, status: ProcessorStatus): Promise<void> {
  await db.query(toStatusWrite("$1"), [toStatusDocument(ref, status)]);
}

/**
 * The same as SQL, for a statement that writes more; `document` names its parameter, as `toStatusDocument` makes it.
 */
export const toStatusWrite = (document: string): string =>
  `${toStatusInsert(document)}
     on conflict (project, workspace, processor) do update set ${STATUS_ASSIGNMENTS}`;

export function toStatusDocument(ref: ProcessorRef, status: ProcessorStatus): string {
  return toJson([{ ...ref, revision: 1, ...toStatusColumns(status) }]);
}

/**
 * For a change that fences later or never; one that fences at once writes it with its fence. Not once it has fenced:
 * what it finds then is its own doing. One statement; idempotent.
 */
export async function recordBefore(db: Db, id: string, before: FoundBefore): Promise<void> {
  await db.query(
    "update changes set state_before = $2, tier_before = $3 where id = $1 and first_fenced_at is null",
    [id, before.state, before.tier],
  );
}

/**
 * The change of a run and its steps, oldest fence first; undefined if no row names the run (Postgres new, or taken over
 * by another run). One statement, without a lock.
 */
export async function readChange(
  db: Db,
  runId: string,
): Promise<
  | {
      readonly change: OpenChange;
      readonly steps: readonly StepRow[];
      /** How it ended, if it is closed. */
      readonly ending: Ending | undefined;
      readonly now: number;
    }
  | undefined
> {
  const [row] = await db.query<{ row: ChangeRow; steps: readonly StepJson[]; now: number }>(
    `select row_to_json(c) as row, to_ms(headgate_now()) as now,
       coalesce((select json_agg(s order by s.fenced_at) from change_steps s where s.change_id = c.id), '[]') as steps
     from changes c where c.run_id = $1`,
    [runId],
  );
  return row === undefined
    ? undefined
    : {
        change: toOpenChange(row.row),
        steps: row.steps.map(toStepRow),
        ending: toEndingOf(row.row),
        now: row.now,
      };
}
