// Tables as full as a year of a large fleet leaves them: 20,000 workspaces, so many that Postgres finds an index worth
// its while, with a processor each; 100,000 closed changes with their steps and 300,000 lines of journal, a tenth of
// each expired. Four hundred workspaces are due.
import type { Store } from "../../src/store/postgres/pool.js";

const PROJECT = "lpad(to_hex(1 + w / 1000), 24, '0')";
const KEY = `${PROJECT}, 'w-' || w, 'p-0'`;
const EACH_WORKSPACE = "from generate_series(0, 19999) w";

const FILL: readonly string[] = [
  `insert into projects (project) select distinct ${PROJECT} ${EACH_WORKSPACE}`,
  `insert into call_budgets (project, capacity, refill_per_minute, tokens, refilled_at)
   select project, 1200, 500, 700, headgate_now() from projects`,
  `insert into workspaces (project, workspace, interval_ms, due_at)
   select ${PROJECT}, 'w-' || w, 60000, headgate_now() + case when w < 400 then interval '-1 ms' else interval '1 s' end * w ${EACH_WORKSPACE}`,
  `insert into start_policies (project, workspace, processor, version, declared_at, state, mode, backoff_initial_ms,
     backoff_factor, backoff_max_ms, max_attempts, stable_after_ms, stopped_grace_ms)
   select ${KEY}, 1, headgate_now() - interval '2 hours', 'STARTED', 'enforce', 60000, 2, 3600000, 30, 1800000, 300000 ${EACH_WORKSPACE}`,
  `insert into policy_versions (project, workspace, processor, version, author, after)
   select ${KEY}, 1, 'filler', '{}' ${EACH_WORKSPACE}`,
  `insert into processor_status (project, workspace, processor, atlas_id, state, observed_at, written_at)
   select ${KEY}, 'a', 'STARTED', headgate_now() - interval '100 days', headgate_now() - interval '100 days' ${EACH_WORKSPACE}`,
  // Five for each processor, one of somebody's every six minutes or so, 440 days back.
  `insert into changes (project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id,
     opened_at, closed_at, outcome, outcome_code, outcome_text, first_fenced_at, slot_at)
   select ${KEY}, 'restart', 'person', 'a', 'w', 'w', 'run-' || w || '-' || n, at, at + interval '1 minute', 'succeeded', 'c', 't', at, at
   from generate_series(0, 19999) w, generate_series(0, 4) n,
     lateral (select headgate_now() - interval '1 day' - (n * 20000 + w) * interval '379 s' as at) times`,
  `insert into change_steps (change_id, step, attempt, fenced_at, horizon_at)
   select id, step, 1, opened_at, opened_at from changes, unnest(array['stop', 'start']) step`,
  `insert into journal (at, project, workspace, processor, kind, actor, text)
   select headgate_now() - n * interval '29 s', lpad(to_hex(1 + n % 20), 24, '0'), 'w-' || n % 20000, 'p-0', 'state.changed', 'headgate', 't'
   from generate_series(0, 299999) n`,
  "vacuum analyze",
];

/** Fills empty tables; takes some seconds. */
export async function fillTables(store: Store): Promise<void> {
  for (const statement of FILL) await store.query(statement);
}
