// Listings of workspaces and of whole projects: how they are observed, and what holds them. SQL only. Counts are made
// when they are asked for: one that was kept in a row would be one more thing for every pass to write.
import { reasonIn } from "../../rows/status-rows.js";
import type { ListingSource } from "./listing-sql.js";
import { NOW } from "./listing-sql.js";

const DRIFTING = `from processor_status s where s.project = w.project and s.workspace = w.workspace
          and s.drift_since is not null`;
const CHANGING = `from changes c where c.project = w.project and c.workspace = w.workspace
          and c.closed_at is null`;

/** Counted only where there is something to count: a fleet has many workspaces, and few are braked. */
const BRAKED = `select jsonb_build_object('stops', count(*) filter (where d.state = 'STOPPED'),
         'restarts', count(*) filter (where d.state = 'STARTED'))
       from processor_status s join start_policies d using (project, workspace, processor)
       where s.project = w.project and s.workspace = w.workspace and s.${reasonIn("braked")}`;

/** One row per workspace that a policy ever named; one that is only in Atlas has none, for nobody looks at it. */
export const WORKSPACES: ListingSource<"workspaces"> = {
  select: `select jsonb_build_object('project', w.project, 'workspace', w.workspace) as ref, w.interval_ms as "intervalMs",
       w.due_at as "dueAt", w.observed_at as "observedAt", w.observed_count as processors,
       (select count(*) ${DRIFTING}) as drifting, (select count(*) ${CHANGING}) as "openChanges",
       w.absent as "isAbsent", w.last_error as "lastError", w.braked_since as "brakedSince",
       case when w.braked_since is not null then (${BRAKED}) end as braked, p.held_why as "heldWhy"
     from workspaces w join projects p using (project)`,
  parts: ["w.project", "w.workspace"],
  conditions: {
    held: "p.held_why is not null",
    braked: "w.braked_since is not null",
    absent: "w.absent",
    failing: "w.last_error is not null",
    unobserved: "w.observed_at is null",
    drifting: `exists (select ${DRIFTING})`,
    changing: `exists (select ${CHANGING})`,
  },
  since: "w.observed_at",
  sorts: {
    name: ["w.project", "w.workspace"],
    observed: ["w.observed_at"],
    processors: ["w.observed_count"],
    drifting: [`(select count(*) ${DRIFTING})`],
    changes: [`(select count(*) ${CHANGING})`],
  },
  order: ["w.project", "w.workspace"],
};

export interface ProjectListing {
  readonly project: string;
  readonly workspaces: number;
  /** Seen by the last complete passes. */
  readonly processors: number;
  readonly drifting: number;
  readonly openChanges: number;
  /** The newest observation of a workspace. */
  readonly observedAt: number | null;
  /** Workspaces whose last pass saw nothing. */
  readonly failing: number;
  /** Workspaces the mutation brake holds. */
  readonly braked: number;
  readonly heldWhy: string | null;
  readonly heldSince: number | null;
  readonly blockedUntil: number | null;
}

/**
 * One row per project. Each count is a lateral subquery of one row: joined side by side, workspaces, processors and
 * changes would multiply one another. A pause that is over is shown as none.
 */
export const PROJECTS: ListingSource<"projects"> = {
  select: `select p.project, w.*, d.drifting, o."openChanges", p.held_why as "heldWhy", p.held_since as "heldSince",
       case when b.blocked_until > ${NOW} then b.blocked_until end as "blockedUntil"
     from projects p left join call_budgets b using (project)
     cross join lateral (select count(*) as workspaces, coalesce(sum(observed_count), 0) as processors,
       max(observed_at) as "observedAt", count(last_error) as failing, count(braked_since) as braked
       from workspaces where project = p.project) w
     cross join lateral (select count(*) as drifting from processor_status
       where project = p.project and drift_since is not null) d
     cross join lateral (select count(*) as "openChanges" from changes
       where project = p.project and closed_at is null) o`,
  parts: ["p.project"],
  conditions: {
    held: "p.held_why is not null",
    blocked: `b.blocked_until > ${NOW}`,
    braked: "w.braked > 0",
    failing: "w.failing > 0",
    drifting: "d.drifting > 0",
    changing: `o."openChanges" > 0`,
  },
  since: `w."observedAt"`,
  sorts: {
    name: ["p.project"],
    workspaces: ["w.workspaces"],
    processors: ["w.processors"],
    drifting: ["d.drifting"],
    changes: [`o."openChanges"`],
    observed: [`w."observedAt"`],
  },
  order: ["p.project"],
};
