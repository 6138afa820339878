// The fleet of a scenario, as `headgate sim --fleet` makes it: every processor in one state, all declared STARTED. The
// declarations are written by SQL, the same for every build of Headgate: `apply` would look at each workspace first.
import { DEFAULT_RECOVERY } from "../src/domain/policy.js";
import type { Store } from "../src/store/postgres/pool.js";
import type { DeclaredWorkspace } from "./scripts/protocol.js";

export interface BenchFleet {
  readonly processors: number;
  readonly workspaces: number;
}

export const DECLARED = { state: "STARTED", tier: "SP10" } as const;

/**
 * No budget binds. Headgate asks Atlas for these, and would fill its own budget within a minute: it begins with a full
 * one.
 */
export const BUDGET = { capacity: 1_000_000, refillPerMinute: 500_000 } as const;

const SLICE = 250;
const WORKSPACES = "jsonb_to_recordset($1::jsonb) as w(project text, workspace text, processors jsonb)";
/** The clock stays outside of it: it may go on between two rows. */
const PROJECTS = `(select distinct w.project from ${WORKSPACES}) as w`;
const PROCESSORS = `${WORKSPACES}, jsonb_array_elements_text(w.processors) as p(processor)`;

/** Of a database that holds nothing yet. */
export async function declareFleet(store: Store, fleet: readonly DeclaredWorkspace[]): Promise<void> {
  const { backoff, maxAttempts, stableAfterMs, stoppedGraceMs } = DEFAULT_RECOVERY;
  for (let from = 0; from < fleet.length; from += SLICE) {
    const rows = JSON.stringify(fleet.slice(from, from + SLICE));
    await store.query(
      `insert into projects (project) select w.project from ${PROJECTS} on conflict do nothing`,
      [rows],
    );
    await store.query(
      `insert into call_budgets (project, capacity, refill_per_minute, refill_step, tokens, refilled_at, limits_read_at)
       select w.project, $2::integer, $3::integer, $3::integer, $2::integer - $3::integer, headgate_now(),
         headgate_now() from ${PROJECTS} on conflict do nothing`,
      [rows, BUDGET.capacity, BUDGET.refillPerMinute],
    );
    await store.query(
      `insert into workspaces (project, workspace, interval_ms, due_at)
       select w.project, w.workspace, 60000, headgate_now() from ${WORKSPACES}`,
      [rows],
    );
    await store.query(
      `insert into policy_versions (project, workspace, processor, version, author, after)
       select w.project, w.workspace, p.processor, 1, 'bench', $2 from ${PROCESSORS}`,
      [rows, JSON.stringify({ ...toPolicy(), recovery: DEFAULT_RECOVERY })],
    );
    await store.query(
      `insert into start_policies (project, workspace, processor, version, declared_at, state, mode, tier,
         backoff_initial_ms, backoff_factor, backoff_max_ms, max_attempts, stable_after_ms, stopped_grace_ms)
       select w.project, w.workspace, p.processor, 1, headgate_now(), $2, 'enforce', $3, $4, $5, $6, $7, $8, $9
       from ${PROCESSORS}`,
      [
        rows,
        DECLARED.state,
        DECLARED.tier,
        ...[backoff.initialMs, backoff.factor, backoff.maxMs, maxAttempts, stableAfterMs, stoppedGraceMs],
      ],
    );
  }
}

const toPolicy = (): object => ({
  state: DECLARED.state,
  mode: "enforce",
  start: { tier: DECLARED.tier },
});
