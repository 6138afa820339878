// The time-outs that Temporal keeps for us, all of them, in milliseconds. Workflows cannot read settings, so these are
// the same for everybody; `findSettingsFaults` refuses settings whose sums do not fit into them.

export const TIMES = {
  /** A worker that says nothing for so long is taken for dead, and its activities start again elsewhere. */
  heartbeatMs: 10_000,
  /** One attempt at a batch of workspaces. Generous, because the heartbeat finds dead workers much sooner. */
  batchMs: 300_000,
  /** One attempt at opening a change, stopping, or starting. */
  stepMs: 1_200_000,
  /** One attempt at closing a change. It calls Postgres alone. */
  closeMs: 120_000,
  /** How long a step that nobody is owed is tried: the outage it outlives. */
  patienceMs: 7_200_000,
  /** A tick ends by then, whatever happens: under SKIP, a tick that hangs would keep the next ones from starting. */
  tickMs: 600_000,
  /** How long an attempt waits in place for the project's budget of calls; past that it ends and is retried. */
  budgetWaitMs: 2_000,
} as const;
