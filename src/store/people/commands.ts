// A person's commands on the status of a processor or workspace: each is one transaction with its journal row, so that
// nothing is done by hand that nobody can find out about. Which command means what, src/app/act says; here it is
// locked, written and told. Commands take the locks of a fence, so that none slips in between a fence and its POST.
import type { JournalKind } from "../../domain/journal.js";
import { reasonIn } from "../rows/status-rows.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import type { Locked } from "../rows/change-rows.js";
import { KEY, keyOf, lockProcessor, writeStatus } from "../rows/change-rows.js";
import { writeJournal } from "../rows/journal.js";
import type { PolicyRow } from "../rows/policy-rows.js";
import { fromPolicyRow } from "../rows/policy-rows.js";
import type { Db, Store } from "../postgres/pool.js";

export interface StatusCommand {
  readonly ref: ProcessorRef;
  readonly actor: string;
  readonly kind: JournalKind;
  /** The status after the command and what the journal says; undefined if there is nothing to do. */
  readonly apply: (locked: Locked) => { readonly status: ProcessorStatus; readonly text: string } | undefined;
}

/**
 * Carries out a command under the processor's lock. False if there was nothing to do: then nothing is journalled
 * either. Idempotent as far as `apply` is. Locks the processor's status, then its policy (shared). Costs six statements
 * between begin and commit, four if there was nothing to do. Throws `store.unavailable`.
 */
export async function commandStatus(store: Store, command: StatusCommand): Promise<boolean> {
  return store.transaction(async (db) => {
    const outcome = command.apply(await lockProcessor(db, command.ref));
    if (outcome === undefined) return false;
    await writeStatus(db, command.ref, outcome.status);
    await writeJournal(db, [
      { ...command.ref, kind: command.kind, actor: command.actor, text: outcome.text },
    ]);
    return true;
  });
}

/** The current declaration of one processor, without a lock: whoever decides by it reads it again under one. */
export async function findDeclared(db: Db, ref: ProcessorRef): Promise<DeclaredPolicy | undefined> {
  const [found] = await db.query<{ row: PolicyRow }>(
    `select to_jsonb(p) as row from start_policies p where ${KEY}`,
    keyOf(ref),
  );
  return found === undefined ? undefined : fromPolicyRow(found.row);
}

/** Whether the processor is known at all: declared, or seen in Atlas. */
export async function isKnown(db: Db, ref: ProcessorRef): Promise<boolean> {
  const [row] = await db.query<{ known: boolean }>(
    `select exists (select from start_policies where project = $1 and workspace = $2 and processor = $3)
         or exists (select from processor_status where project = $1 and workspace = $2 and processor = $3
                    and observed_at is not null) as known`,
    [ref.project, ref.workspace, ref.processor],
  );
  return row?.known ?? false;
}

/**
 * Releases the policy versions that the brake holds now, and makes the workspace due. How many; undefined if there is
 * no such workspace. By version, so that a policy that is written later is braked anew. Idempotent. Locks the
 * workspace; costs two statements in a transaction, one if nothing was braked.
 */
export async function releaseBrake(
  store: Store,
  ref: WorkspaceRef,
  actor: string,
): Promise<number | undefined> {
  return store.transaction(async (db) => {
    const [row] = await db.query<{ released: number }>(
      `with braked as (
         select s.processor, p.version from processor_status s
         join start_policies p using (project, workspace, processor)
         where s.project = $1 and s.workspace = $2 and s.${reasonIn("braked")}
       )
       update workspaces set due_at = headgate_now(), braked_since = null, brake_released = brake_released ||
         coalesce((select jsonb_object_agg(processor, version) from braked), '{}')
       where project = $1 and workspace = $2 returning (select count(*) from braked) as released`,
      [ref.project, ref.workspace],
    );
    if (row !== undefined && row.released > 0) {
      const text = `released ${String(row.released)} processors from the brake`;
      await writeJournal(db, [{ ...ref, processor: null, kind: "brake.released", actor, text }]);
    }
    return row?.released;
  });
}

export interface OpenChangeRow {
  readonly id: string;
  readonly ref: ProcessorRef;
  readonly kind: string;
  readonly requestedBy: "pass" | "person";
  readonly actor: string;
  readonly why: string;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly workflowId: string;
  readonly runId: string;
  readonly isFenced: boolean;
  readonly owesStart: boolean;
}

const OPEN = `select id, jsonb_build_object('project', project, 'workspace', workspace, 'processor', processor) as ref, kind,
  requested_by as "requestedBy", actor, why, request->'options' as options, workflow_id as "workflowId",
  run_id as "runId", first_fenced_at is not null as "isFenced", owes_start as "owesStart" from changes`;

/** Every change that is open now, by name: one a processor at most, so that no limit is needed. One statement. */
export function listOpenChanges(db: Db): Promise<readonly OpenChangeRow[]> {
  return db.query<OpenChangeRow>(`${OPEN} where closed_at is null order by project, workspace, processor`);
}

export async function findOpenChange(db: Db, ref: ProcessorRef): Promise<OpenChangeRow | undefined> {
  const [row] = await db.query<OpenChangeRow>(
    `${OPEN} where project = $1 and workspace = $2 and processor = $3 and closed_at is null`,
    [ref.project, ref.workspace, ref.processor],
  );
  return row;
}

/**
 * Closes a pass's change that has fenced nothing, for a person who asks for something else. False if it was too late,
 * or if it owes a start. Idempotent by `closed_at is null`. Locks the processor's status, its policy (shared) and the
 * change; costs six statements in a transaction.
 */
export async function supersede(store: Store, change: OpenChangeRow, actor: string): Promise<boolean> {
  return store.transaction(async (db) => {
    // The lock that fences take: either this closes the change first, or its POST is out and it is too late.
    await lockProcessor(db, change.ref);
    const rows = await db.query(
      `update changes set closed_at = headgate_now(), outcome = 'superseded', outcome_code = 'superseded',
         outcome_text = 'a person asked: ' || $2
       where id = $1 and closed_at is null and first_fenced_at is null and requested_by = 'pass' and not owes_start
       returning 1`,
      [change.id, actor],
    );
    if (rows.length === 0) return false;
    const text = `${change.kind} superseded: a person asked`;
    await writeJournal(db, [{ ...change.ref, kind: "change.closed", actor, text, changeId: change.id }]);
    return true;
  });
}

/**
 * Notes who cancels an open change; undefined if it is not open. The last who asked is named, and each is journalled.
 * The caller cancels the run afterwards: a run that ends finds the name here. Locks the change only; three statements.
 */
export async function requestCancel(
  store: Store,
  id: string,
  actor: string,
): Promise<OpenChangeRow | undefined> {
  return store.transaction(async (db) => {
    await db.query("update changes set cancel_requested_by = $2 where id = $1 and closed_at is null", [
      id,
      actor,
    ]);
    const [row] = await db.query<OpenChangeRow>(`${OPEN} where id = $1 and closed_at is null`, [id]);
    if (row === undefined) return undefined;
    const text = `cancel of ${row.kind} asked for`;
    await writeJournal(db, [{ ...row.ref, kind: "change.cancel-requested", actor, text, changeId: id }]);
    return row;
  });
}
