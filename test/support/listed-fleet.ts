// A fleet with something in every condition that a listing knows, each under a name that says which. Written as rows:
// no loop has to bring it about. Asserts nothing.
import type { Policy } from "../../src/domain/policy.js";
import type { WorkspaceRef } from "../../src/domain/refs.js";
import { writeJournal } from "../../src/store/rows/journal.js";
import type { Db, Store } from "../../src/store/postgres/pool.js";
import { PROJECT } from "./fleets.js";
import { aPolicy, aRef, declare } from "./store-rows.js";

/** A project that is held; three whose names say what their budget is: blocked, low, empty. */
export const HELD = "f".repeat(24);
const BUDGETS = { blocked: "b".repeat(24), low: "a".repeat(24), empty: "e".repeat(24) };

const RESTART = { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: 0, catchUpMs: 0 };
const inWorkspace = (workspace: string): WorkspaceRef => ({ project: PROJECT, workspace });

/** Columns of a status, as SQL; a time is said from now. */
type Columns = Readonly<Record<string, string>>;

const because = (code: string): Columns => ({
  reason_code: `'${code}'`,
  reason: `'${code}'`,
  reason_since: "headgate_now()",
});
const suspended = (from: { readonly until: string }): Columns => ({
  suspended_by: "'anna'",
  suspended_why: "'schema change'",
  suspended_until: `headgate_now() + interval '${from.until}'`,
});

const ORDERS: Readonly<Record<string, Columns>> = {
  calm: { ...because("as-declared"), state: "'STARTED'", tier: "'SP10'" },
  failed: {
    ...because("start"),
    state: "'FAILED'",
    tier: "'SP2'",
    drift_since: "headgate_now()",
    failure_class: "'out-of-memory'",
  },
  parked: { ...because("parked"), parked_version: "1", parked_why: "'gave up'" },
  "parked-before": { parked_version: "7", parked_why: "'gave up on another version'" },
  away: { ...because("suspended"), ...suspended({ until: "30 minutes" }), state: "'STARTED'" },
  "away-long": {
    ...because("suspended"),
    ...suspended({ until: "2 days" }),
    state: "'FAILED'",
    drift_since: "headgate_now()",
    failure_class: "'unknown'",
  },
  back: suspended({ until: "-1 minute" }),
  barred: { barred_until: "headgate_now() + interval '1 minute'" },
  "barred-before": { barred_until: "headgate_now() - interval '1 minute'" },
  missing: { ...because("missing"), absences: "2", state: "'FAILED'" },
  backing: because("backing-off"),
  recovering: because("in-incident"),
  expiring: { state: "'STOPPED'", state_since: "headgate_now() - interval '39 days'" },
  stuck: because("stuck"),
  proving: because("degraded"),
  braked: because("braked"),
  graced: because("grace"),
  refused: { refused_version: "1" },
  changing: because("change-running"),
};

/** The oldest first. */
const INCIDENTS = `insert into incidents (project, announced, phase, why, opened_by, opened_at, closed_at, closed_by, closed_text)
  values ($1, false, 'refilling', 'over', 'headgate', headgate_now() - interval '3 hours', headgate_now(), 'headgate', 'x'),
    ($1, false, 'pausing', 'kafka', 'headgate', headgate_now() - interval '2 hours', null, null, null),
    ($1, true, 'resting', 'broker upgrade', 'anna', headgate_now() - interval '1 hour', null, null, null)`;

export async function fillListings(store: Store): Promise<void> {
  await store.query(INCIDENTS, [PROJECT]);
  for (const [name, columns] of Object.entries(ORDERS)) {
    await declare(store, aRef(name), aPolicy());
    await addStatus(store, { workspace: "orders", name, columns });
  }
  await declare(store, aRef("watched"), aPolicy({ mode: "observe" }));
  await addStatus(store, { workspace: "orders", name: "stranger", columns: { state: "'STARTED'" } });
  await declarePolicies(store);
  await declareSchedules(store);
  await addSuspensions(store);
  await addWorkspaces(store);
  await addChanges(store);
  await addBudgets(store);
  await addJournal(store);
  await addNotices(store);
}

/** A line of each family, the newest last. */
async function addJournal(db: Db): Promise<void> {
  const lines = [
    ["written", "policy.written", "anna"],
    ["dropped", "policy.deleted", "anna"],
    ["seen", "state.changed", "headgate"],
    ["skipped", "slot.skipped", "headgate"],
    ["given-up", "processor.parked", "headgate"],
    ["freed", "processor.unparked", "bob"],
    ["closed", "change.closed", "headgate"],
  ] as const;
  await writeJournal(
    db,
    lines.map(([processor, kind, actor]) => ({
      project: PROJECT,
      workspace: "told",
      processor,
      kind,
      actor,
      text: "so it was",
    })),
  );
  const headgate = { workspace: null, processor: null, actor: "headgate" };
  await writeJournal(db, [{ ...headgate, project: HELD, kind: "project.held", text: "denied" }]);
  await writeJournal(db, [{ ...headgate, project: null, kind: "clock.went-back", text: "mended" }]);
}

/** One of each outcome, the newest last. */
async function addNotices(db: Db): Promise<void> {
  await db.query(
    `insert into notifications (line, channel, kind, project, workspace, processor, text, at, outcome, ended_at)
     select n.line, n.channel, 'processor.parked', $1, 'told', n.processor, 'so it was', headgate_now(), n.outcome,
       case when n.outcome is not null then headgate_now() end
     from (values (1, 'webhook', 'told', 'delivered'), (2, 'slack', 'again', 'repeated'),
       (3, 'mail', 'refused', 'refused'), (4, 'mail', 'late', 'given-up'), (5, 'webhook', 'queued', null)
     ) n(line, channel, processor, outcome)`,
    [PROJECT],
  );
}

async function addStatus(
  db: Db,
  status: { readonly workspace: string; readonly name: string; readonly columns: Columns },
): Promise<void> {
  const names = Object.keys(status.columns).map((column) => `, ${column}`);
  const values = Object.values(status.columns).map((value) => `, ${value}`);
  await db.query(
    `insert into processor_status (project, workspace, processor${names.join("")})
     values ($1, $2, $3${values.join("")})`,
    [PROJECT, status.workspace, status.name],
  );
}

async function declareAll(
  store: Store,
  workspace: string,
  policies: Readonly<Record<string, Partial<Policy>>>,
): Promise<void> {
  for (const [name, policy] of Object.entries(policies))
    await declare(store, aRef(name, inWorkspace(workspace)), aPolicy(policy));
}

async function declarePolicies(store: Store): Promise<void> {
  await declareAll(store, "declared", {
    running: { start: { tier: "SP10" }, restart: RESTART },
    resting: { state: "STOPPED", start: { resumeFromCheckpoint: true } },
    watched: { mode: "observe" },
    fresh: { start: { resumeFromCheckpoint: false } },
  });
}

async function declareSchedules(store: Store): Promise<void> {
  await declareAll(store, "nightly", {
    effective: { restart: RESTART },
    observed: { restart: RESTART, mode: "observe" },
    stopped: { restart: RESTART, state: "STOPPED" },
    away: { restart: RESTART },
    "given-up": { restart: RESTART },
  });
  const columns = { parked_version: "1", parked_why: "'gave up'" };
  await addStatus(store, { workspace: "nightly", name: "given-up", columns });
  await addStatus(store, { workspace: "nightly", name: "away", columns: suspended({ until: "2 days" }) });
}

/** When the suspensions began, which the journal knows. */
async function addSuspensions(db: Db): Promise<void> {
  await db.query(
    `insert into journal (at, project, workspace, processor, kind, actor, text)
     select headgate_now() - s.ago::interval, $1, 'orders', s.processor, s.kind, 'anna', 'schema change'
     from (values ('away', '5 hours', 'processor.suspended'), ('away', '30 minutes', 'processor.suspended'),
       ('away-long', '3 hours', 'processor.suspended'), ('away-long', '1 minute', 'reason.changed'))
       as s(processor, ago, kind)`,
    [PROJECT],
  );
}

async function addWorkspaces(db: Db): Promise<void> {
  await db.query(
    `insert into projects (project, held_why, held_by, held_since, recheck_at)
     values ($1, 'Atlas denies access', 'list', headgate_now(), headgate_now()), ($2, null, null, null, null)`,
    [HELD, BUDGETS.blocked],
  );
  await db.query(
    `insert into workspaces (project, workspace, interval_ms, due_at, observed_at, absent, last_error, braked_since)
     values ($1, 'brake', 60000, headgate_now(), headgate_now(), false, null, headgate_now()),
       ($1, 'gone', 60000, headgate_now(), headgate_now(), true, null, null),
       ($1, 'faulty', 60000, headgate_now(), headgate_now(), false, 'Atlas is away', null),
       ($2, 'held', 60000, headgate_now(), headgate_now(), false, null, null)`,
    [PROJECT, HELD],
  );
  await db.query("update workspaces set observed_at = headgate_now() where workspace = 'orders'");
  await db.query("insert into processor_status (project, workspace, processor) values ($1, 'held', 'held')", [
    HELD,
  ]);
}

/** Two that are open, and one that ended in each way, an hour apart. */
async function addChanges(db: Db): Promise<void> {
  await db.query(
    `insert into changes (project, workspace, processor, kind, requested_by, actor, why, policy_version, slot_at,
       owes_start, workflow_id, run_id, opened_at, closed_at, outcome, outcome_code, outcome_text)
     select $1, 'orders', c.processor, 'restart', c.asked, c.asked, 'a reason', 1,
       case when c.outcome = 'succeeded' then headgate_now() end, c.processor = 'changing', 'processor/x', c.processor,
       headgate_now() - c.ago::interval, case when c.outcome is not null then headgate_now() end,
       c.outcome, c.outcome, c.outcome
     from (values ('changing', 'pass', '1 minute', null), ('away', 'person', '30 minutes', null),
       ('cancelled', 'person', '1 hour', 'cancelled'), ('lost', 'pass', '2 hours', 'lost'),
       ('superseded', 'pass', '3 hours', 'superseded'), ('failed', 'pass', '4 hours', 'failed'),
       ('succeeded', 'pass', '5 hours', 'succeeded')) as c(processor, asked, ago, outcome)`,
    [PROJECT],
  );
}

async function addBudgets(db: Db): Promise<void> {
  await db.query(
    `insert into call_budgets (project, capacity, refill_per_minute, tokens, refilled_at, blocked_until)
     values ($1, 1200, 500, 700, headgate_now(), headgate_now() - interval '1 minute'),
       ($2, 1200, 500, 700, headgate_now(), headgate_now() + interval '1 hour'),
       ($3, 1200, 1, 100, headgate_now(), null),
       ($4, 1200, 1, -5, headgate_now(), null)`,
    [PROJECT, BUDGETS.blocked, BUDGETS.low, BUDGETS.empty],
  );
}
