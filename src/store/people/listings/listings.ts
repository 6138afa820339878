// What people ask to see: read models for the CLI. Bounded by a limit each; nothing here locks or writes. Times are
// epoch milliseconds. What is to be shown in full, however long, goes through a cursor instead (postgres/cursor.ts).
import type { ConditionMarks } from "../../../domain/conditions.js";
import { toConditions } from "../../../domain/tell/conditions.js";
import type { ProcessorCondition } from "../../../domain/tell/conditions.js";
import type { ListQuery } from "../../../domain/tell/listing.js";
import type { Policy } from "../../../domain/policy.js";
import type { SourcePosition } from "../../../domain/observation.js";
import type { Braked } from "../../../domain/tell/wording.js";
import type { ProcessorRef, WorkspaceRef } from "../../../domain/refs.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import type { ProcessorStatus } from "../../../domain/status.js";
import { CHANGES } from "./listed-policies.js";
import { PROCESSORS } from "./listed-processors.js";
import { WORKSPACES } from "./listed-workspaces.js";
import type { AnySource } from "./listing-sql.js";
import { toStatement } from "./listing-sql.js";
import { toJson } from "../../postgres/parameters.js";
import type { Db } from "../../postgres/pool.js";
import type { StatusRow } from "../../rows/status-rows.js";
import { fromStatusRow } from "../../rows/status-rows.js";

/** Exact names. What is absent narrows nothing. */
export interface ListFilter {
  readonly project?: string;
  readonly workspace?: string;
  readonly processor?: string;
  readonly limit?: number;
}

/** A bound, so that no fleet fills the memory of whoever asks. */
const LIMIT = 10_000;

/** A filter of exact names as the query it is. */
function fromFilter({ project, workspace, processor, limit }: ListFilter): ListQuery {
  const selector = { project: project ?? "*", workspace: workspace ?? "*", processor: processor ?? "*" };
  return { selectors: [selector], limit: limit ?? LIMIT };
}

function list<Row extends object>(db: Db, source: AnySource, filter: ListFilter): Promise<readonly Row[]> {
  const { text, values } = toStatement(source, fromFilter(filter));
  return db.query<Row>(text, values);
}

export interface ProcessorListing {
  readonly ref: ProcessorRef;
  readonly declaredState: Policy["state"] | null;
  readonly declaredTier: string | null;
  readonly mode: Policy["mode"] | null;
  readonly version: number | null;
  readonly state: string | null;
  /** Who brought it there, where somebody is named. */
  readonly stateBy: string | null;
  readonly tier: string | null;
  readonly isAbsent: boolean;
  /** When its workspace was last seen by a complete pass, this processor in it or not. */
  readonly observedAt: number | null;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly reasonSince: number | null;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly suspendedBy: string | null;
  readonly suspendedUntil: number | null;
  readonly parkedWhy: string | null;
  /** Until then nobody may POST to it. */
  readonly barredUntil: number | null;
  /** Of what keeps it from being as declared; null: nothing has failed. */
  readonly failureClass: string | null;
  /** The newest place in its change stream that was seen. */
  readonly position: SourcePosition | null;
  /** Its id. */
  readonly openChange: string | null;
  readonly conditions: readonly ProcessorCondition[];
}

/** As the statement answers it. */
export interface ProcessorRow extends Omit<ProcessorListing, "conditions"> {
  readonly marks: ConditionMarks;
}

export function toProcessorListing({ marks, ...row }: ProcessorRow): ProcessorListing {
  const isSeen = row.state !== null || row.isAbsent;
  const { reasonCode } = row;
  return {
    ...row,
    conditions: toConditions({ marks, isSeen, isDeclared: row.version !== null, reasonCode }),
  };
}

/** Every processor that is declared or was seen, by name. One statement; at most 10,000 rows if no limit is given. */
export async function listStoredProcessors(
  db: Db,
  filter: ListFilter = {},
): Promise<readonly ProcessorListing[]> {
  return (await list<ProcessorRow>(db, PROCESSORS, filter)).map(toProcessorListing);
}

/**
 * Every processor that is declared or was seen in Atlas, by name and without a limit: a selector must find all it
 * means. A status row that only a lock made was never observed, and is no processor.
 */
export async function listRefs(db: Db): Promise<readonly ProcessorRef[]> {
  return db.query<ProcessorRef>(
    `select project, workspace, processor from start_policies
     union select project, workspace, processor from processor_status where observed_at is not null
     order by project, workspace, processor`,
  );
}

/** Every workspace that is ours, or those among these, each named once; by name. One statement. */
export async function listWorkspaceRefs(
  db: Db,
  only?: readonly WorkspaceRef[],
): Promise<readonly WorkspaceRef[]> {
  const [among, values] =
    only === undefined
      ? ["", []]
      : [
          "join unnest($1::text[], $2::text[]) as r(project, workspace) using (project, workspace)",
          [only.map(({ project }) => project), only.map(({ workspace }) => workspace)],
        ];
  return db.query<WorkspaceRef>(
    `select project, workspace from workspaces ${among} order by project, workspace`,
    values,
  );
}

export interface WorkspaceListing {
  readonly ref: WorkspaceRef;
  readonly intervalMs: number;
  readonly dueAt: number;
  readonly observedAt: number | null;
  /** As the last complete pass counted them in Atlas, unmanaged ones included. */
  readonly processors: number;
  readonly drifting: number;
  readonly openChanges: number;
  readonly isAbsent: boolean;
  readonly lastError: string | null;
  readonly brakedSince: number | null;
  /** What the brake holds back; null where it holds nothing. */
  readonly braked: Braked | null;
  readonly heldWhy: string | null;
}

/** By name. One statement; at most 10,000 rows if no limit is given. */
export async function listStoredWorkspaces(
  db: Db,
  filter: ListFilter = {},
): Promise<readonly WorkspaceListing[]> {
  return list(db, WORKSPACES, filter);
}

export interface ChangeListing {
  readonly id: string;
  readonly ref: ProcessorRef;
  readonly kind: string;
  readonly requestedBy: string;
  readonly actor: string;
  readonly why: string;
  /** A person's own start options, by Atlas's names; null: as declared. */
  readonly options: Readonly<Record<string, string | boolean>> | null;
  readonly policyVersion: number | null;
  readonly slotAt: number | null;
  readonly stateBefore: string | null;
  readonly tierBefore: string | null;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly outcome: string | null;
  readonly outcomeCode: string | null;
  readonly outcomeText: string | null;
  /** Over all its steps: those that Atlas may have carried out. */
  readonly posts: number;
  readonly workflowId: string;
  readonly runId: string;
}

/** The newest changes first. One statement; at most 10,000 rows if no limit is given. */
export async function listChanges(db: Db, filter: ListFilter = {}): Promise<readonly ChangeListing[]> {
  return list(db, CHANGES, filter);
}

/** Undefined if there is no change of this id, which must be a uuid. One statement. */
export async function findListedChange(db: Db, id: string): Promise<ChangeListing | undefined> {
  const [row] = await db.query<ChangeListing>(`${CHANGES.select} where c.id = $1`, [id]);
  return row;
}

/**
 * The newest changes in these workspaces first, those opened since then (epoch ms). One statement, which costs what it
 * finds; at most 10,000 rows.
 */
export async function listChangesIn(
  db: Db,
  workspaces: readonly WorkspaceRef[],
  since: number,
): Promise<readonly ChangeListing[]> {
  // Each workspace by a scan of its own: a join might read all that was ever changed, to find a few.
  return db.query<ChangeListing>(
    `select c.* from unnest($1::text[], $2::text[]) as w(project, workspace)
     cross join lateral (${CHANGES.select} where c.project = w.project and c.workspace = w.workspace
       and c.opened_at >= from_ms($3) order by c.opened_at desc, c.id offset 0) c
     order by c."openedAt" desc, c.id limit ${String(LIMIT)}`,
    [workspaces.map(({ project }) => project), workspaces.map(({ workspace }) => workspace), since],
  );
}

/**
 * The statuses of these processors, by `project/workspace/processor`; those without a row are left out. One statement.
 */
export async function readStatuses(
  db: Db,
  refs: readonly ProcessorRef[],
): Promise<ReadonlyMap<string, ProcessorStatus>> {
  const rows = await db.query<{ row: StatusRow }>(
    `select to_jsonb(s) as row from processor_status s
     join jsonb_to_recordset($1::jsonb) as w(project text, workspace text, processor text)
       using (project, workspace, processor)`,
    [toJson(refs)],
  );
  return new Map(rows.map(({ row }) => [formatProcessorRef(row), fromStatusRow(row).status]));
}
