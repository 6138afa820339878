// Listings of what is declared and of what was done about it: policies and changes. SQL only. Every expression must be
// one that the FROM clause knows, and none may hold a parameter: listing-sql.ts numbers those of what was asked.
import { TIERS } from "../../../domain/start-options.js";
import type { PositionName } from "../../../domain/start-options.js";
import type { ListingSource } from "./listing-sql.js";

const NAME = ["project", "workspace", "processor"];

/** As `hasPosition` says it: each part of a position, if it is more than the checkpoint. */
const POSITIONED: Readonly<Record<PositionName, string>> = {
  startAtOperationTime: "p.start_at_operation_time is not null",
  resumeFromCheckpoint: "p.resume_from_checkpoint = false",
};

/** Each row as `to_jsonb` gives it: policy-rows.ts reads it. */
export const POLICIES: ListingSource<"policies"> = {
  select: "select to_jsonb(p) as row from start_policies p",
  parts: NAME,
  conditions: {
    started: "p.state = 'STARTED'",
    stopped: "p.state = 'STOPPED'",
    enforced: "p.mode = 'enforce'",
    observed: "p.mode = 'observe'",
    scheduled: "p.restart_cron is not null",
    positioned: Object.values(POSITIONED).join(" or "),
  },
  since: "p.declared_at",
  sorts: {
    name: NAME,
    version: ["p.version"],
    state: ["p.state"],
    mode: ["p.mode"],
    // By size, not by spelling: SP5 comes before SP10.
    tier: [`array_position(array[${TIERS.map((tier) => `'${tier}'`).join(", ")}], p.tier::text)`],
    declared: ["p.declared_at"],
  },
  order: NAME,
};

/** A subquery, because a join would give a change as many rows as it has steps. */
const POSTS = "(select coalesce(sum(posts), 0) from change_steps s where s.change_id = c.id)";

/** The newest first; the id after it, so that two of one millisecond keep their places from page to page. */
export const CHANGES: ListingSource<"changes"> = {
  select: `select id, jsonb_build_object('project', project, 'workspace', workspace, 'processor', processor) as ref, kind,
       requested_by as "requestedBy", actor, why, nullif(request->'options', 'null') as options, policy_version as "policyVersion", slot_at as "slotAt",
       state_before as "stateBefore", tier_before as "tierBefore", opened_at as "openedAt", closed_at as "closedAt", outcome,
       outcome_code as "outcomeCode", outcome_text as "outcomeText", workflow_id as "workflowId", run_id as "runId",
       ${POSTS} as posts
     from changes c`,
  parts: NAME,
  conditions: {
    running: "c.closed_at is null",
    succeeded: "c.outcome = 'succeeded'",
    failed: "c.outcome = 'failed'",
    superseded: "c.outcome = 'superseded'",
    cancelled: "c.outcome = 'cancelled'",
    lost: "c.outcome = 'lost'",
    // A closed one owes nothing any more, whatever its column says.
    owing: "c.closed_at is null and c.owes_start",
    "by-person": "c.requested_by = 'person'",
    "by-pass": "c.requested_by = 'pass'",
    scheduled: "c.slot_at is not null",
  },
  since: "c.opened_at",
  sorts: {
    opened: ["c.opened_at"],
    closed: ["c.closed_at"],
    name: NAME,
    kind: ["c.kind"],
    by: ["c.actor"],
    // Reckoned for every row of the listing: it reads the steps of each.
    posts: [POSTS],
    outcome: ["c.outcome"],
  },
  order: ["c.opened_at desc", "c.id"],
};
