// Everything a pass decides from, loaded of one moment: the workspace's row, its policies, statuses and open changes,
// and what its project allows. Plans for people load the same of many workspaces at once, so that a plan decides from
// what a pass would. Reads only, without a lock: what changes meanwhile is found by the revisions when a pass is
// stored.
import type { Hold, ProcessorFacts } from "../../domain/decide/workspace-facts.js";
import type { ChangeKind } from "../../domain/decide/decision.js";
import type { WorkspaceIncident } from "../../domain/decide/incident-turn.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import type { LoopSettings } from "../../domain/settings.js";
import type { PolicyRow } from "../rows/policy-rows.js";
import { fromPolicyRow } from "../rows/policy-rows.js";
import type { Db } from "../postgres/pool.js";
import { WORKSPACE_INCIDENTS } from "../incidents/incident-rows.js";
import { STAMP } from "./stamps.js";
import type { StatusRow, StoredStatus } from "../rows/status-rows.js";
import { fromStatusRow } from "../rows/status-rows.js";

/** An open change as a pass sees it: to find the lost ones. */
export interface OpenRow {
  readonly id: string;
  readonly processor: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly openedAt: number;
  readonly owesStart: boolean;
  readonly kind: ChangeKind;
}

export interface LoadedWorkspace {
  readonly ref: WorkspaceRef;
  /** Of the database, epoch ms: a plan is made by the clock that will date it. */
  readonly now: number;
  /** When the newest complete LIST was sent; null if there is none. */
  readonly observedAt: number | null;
  readonly hold: Hold | null;
  readonly brakeReleased: Readonly<Record<string, number>>;
  readonly isBraked: boolean;
  readonly processors: readonly ProcessorFacts[];
  readonly revisions: ReadonlyMap<string, number>;
  /** Stands for the rows (stamps.ts); null if an equal one would not stand for an equal pass. */
  readonly stamp: string | null;
  readonly openChanges: readonly OpenRow[];
  readonly incidents: readonly WorkspaceIncident[];
  /** How many processors of its project failed within the incidents' window; this workspace counted. */
  readonly failedInProject: number;
  /** How many processors its project has, as its workspaces were last seen. */
  readonly processorsInProject: number;
  /**
   * Stops and restarts that passes opened within the brake's window: slots, starts and what people released not
   * counted.
   */
  readonly recentMutations: number;
  readonly openInProject: number;
  /** Concurrency key -> its open changes, over all projects. */
  readonly openByKey: Readonly<Record<string, number>>;
  /** Open changes that start something; null where Atlas takes any number of starts at a time. */
  readonly openStartsInTurn: number | null;
  /** Pages that one round of LISTs over the whole project takes: what its budget has to bear. */
  readonly pagesInProject: number;
}

interface LoadRow {
  readonly project: string;
  readonly workspace: string;
  readonly now: number;
  readonly observed_at: number | null;
  readonly hold: Hold | null;
  readonly brake_released: Record<string, number>;
  readonly is_braked: boolean;
  readonly policies: readonly PolicyRow[];
  readonly statuses: readonly StatusRow[];
  readonly stamp: string | null;
  readonly open_changes: readonly OpenRow[];
  readonly incidents: readonly WorkspaceIncident[];
  readonly failed_in_project: number;
  readonly processors_in_project: number;
  readonly recent_mutations: number;
  readonly open_in_project: number;
  readonly open_by_key: Readonly<Record<string, number>> | null;
  readonly is_one_by_one: boolean | null;
  readonly pages_in_project: number;
}

/** Workspaces that one statement loads: enough to save round trips, few enough to be held at once. */
const LOADED_AT_ONCE = 200;

/**
 * Everything that passes decide from, a statement for each 200 workspaces and so of one moment, each ordered by name;
 * those without a row are left out. Locks nothing: what changes meanwhile is found by the revisions when a pass is
 * stored.
 */
export async function* loadWorkspaces(
  db: Db,
  refs: readonly WorkspaceRef[],
  settings: Pick<LoopSettings, "brakeWindowMs" | "incidentWindowMs">,
): AsyncGenerator<LoadedWorkspace, void, undefined> {
  for (let from = 0; from < refs.length; from += LOADED_AT_ONCE) {
    const asked = refs.slice(from, from + LOADED_AT_ONCE);
    // Not from JSON, whose rows Postgres takes for a hundred, and then reads all workspaces to find a few. What is
    // summed over a project is summed once for all of its workspaces.
    const rows = await db.query<LoadRow>(
      `with asked as (select * from unnest($1::text[], $2::text[]) as r(project, workspace)),
       projects_asked as materialized (
         select project,
           (select count(*) from changes c where c.project = d.project and c.closed_at is null) as open_in_project,
           pages_in_project, processors_in_project,
           (select count(*) from processor_status f where f.project = d.project and f.state = 'FAILED'
              and f.state_cause <> 'first'
              and f.state_since > headgate_now() - make_interval(secs => $4::double precision / 1000)
           ) as failed_in_project
         from (select distinct project from asked) d cross join lateral (
           select sum(observed_pages) as pages_in_project, sum(observed_count) as processors_in_project
           from workspaces x where x.project = d.project) seen
       )
       ${toLoad("$3")}
       from asked join projects_asked using (project) join workspaces w using (project, workspace)
       order by w.project, w.workspace`,
      [
        asked.map(({ project }) => project),
        asked.map(({ workspace }) => workspace),
        settings.brakeWindowMs,
        settings.incidentWindowMs,
      ],
    );
    yield* rows.map(toLoaded);
  }
}

/**
 * What is loaded of each workspace `w` in its `projects_asked`. `brakeWindowMs` is a parameter's name. Rows are made
 * json, not jsonb, which would be built as a tree only to be printed again: measured, that is half of what a load costs
 * Postgres.
 */
function toLoad(brakeWindowMs: string): string {
  return `select w.project, w.workspace, to_ms(headgate_now()) as now, to_ms(w.observed_at) as observed_at,
       (select jsonb_build_object('why', held_why, 'by', held_by, 'recheckAt', to_ms(recheck_at))
        from projects h where h.project = w.project and held_why is not null) as hold,
       w.brake_released, w.braked_since is not null as is_braked,
       coalesce((select json_agg(p) from start_policies p
                 where p.project = w.project and p.workspace = w.workspace), '[]') as policies,
       coalesce((select json_agg(s) from processor_status s
                 where s.project = w.project and s.workspace = w.workspace), '[]') as statuses,
       coalesce((select jsonb_agg(jsonb_build_object('id', id, 'processor', processor, 'workflowId', workflow_id,
                   'runId', run_id, 'openedAt', to_ms(opened_at), 'owesStart', owes_start, 'kind', kind))
                 from changes c where c.project = w.project and c.workspace = w.workspace
                   and c.closed_at is null), '[]') as open_changes,
       (select count(*) from changes c where c.project = w.project and c.workspace = w.workspace
          and c.requested_by = 'pass' and c.kind <> 'start' and c.slot_at is null and not c.released
          and c.opened_at > headgate_now() - make_interval(secs => ${brakeWindowMs}::double precision / 1000)
       ) as recent_mutations,
       w.one_by_one_until > headgate_now() as is_one_by_one, ${OPEN_BY_KEY} as open_by_key,
       ${WORKSPACE_INCIDENTS} as incidents, ${STAMP} as stamp, open_in_project, pages_in_project,
       processors_in_project, failed_in_project`;
}

/** Once per statement, whatever it loads: few changes are open at a time, and fewer with a key. */
const OPEN_BY_KEY = `(select jsonb_object_agg(concurrency_key, open)
        from (select concurrency_key, count(*) as open from changes
              where closed_at is null and concurrency_key is not null group by concurrency_key) k)`;

function toLoaded(row: LoadRow): LoadedWorkspace {
  const statuses = row.statuses.map(fromStatusRow);
  return {
    ref: { project: row.project, workspace: row.workspace },
    now: row.now,
    observedAt: row.observed_at,
    hold: row.hold,
    brakeReleased: row.brake_released,
    isBraked: row.is_braked,
    processors: toProcessors(row.policies, statuses, row.open_changes),
    revisions: new Map(statuses.map(({ processor, revision }) => [processor, revision])),
    stamp: row.stamp,
    openChanges: row.open_changes,
    incidents: row.incidents,
    failedInProject: row.failed_in_project,
    processorsInProject: row.processors_in_project,
    recentMutations: row.recent_mutations,
    openInProject: row.open_in_project,
    openByKey: row.open_by_key ?? {},
    openStartsInTurn:
      row.is_one_by_one === true ? row.open_changes.filter(({ kind }) => kind !== "stop").length : null,
    pagesInProject: row.pages_in_project,
  };
}

function toProcessors(
  policies: readonly PolicyRow[],
  statuses: readonly StoredStatus[],
  openChanges: readonly OpenRow[],
): readonly ProcessorFacts[] {
  const declared = new Map(policies.map((row) => [row.processor, fromPolicyRow(row)]));
  const known = new Map(statuses.map(({ processor, status }) => [processor, status]));
  const changing = new Set(openChanges.map(({ processor }) => processor));
  // Declared or known, either is enough: a policy without a status is new, a status without a policy is unmanaged.
  return [...new Set([...declared.keys(), ...known.keys()])].map((processor) => ({
    processor,
    declared: declared.get(processor),
    status: known.get(processor),
    hasOpenChange: changing.has(processor),
  }));
}
