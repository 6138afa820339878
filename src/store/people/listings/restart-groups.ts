// What slots restart in some projects, counted by schedule: what a warning about crowded slots is reckoned from. One
// statement, which answers with as many rows as there are different schedules, however many processors share one.
import type { RestartSchedule } from "../../../domain/policy.js";
import type { RestartGroup } from "../../../domain/tell/late-slots.js";
import type { Db } from "../../postgres/pool.js";

interface GroupRow extends Omit<RestartSchedule, "train"> {
  readonly project: string;
  readonly workspace: string;
  readonly train: string | null;
  readonly concurrencyKey: string | null;
  readonly count: number;
}

/** Of what is declared STARTED, and enforced. */
export async function listRestartGroups(
  db: Db,
  projects: readonly string[],
): Promise<readonly RestartGroup[]> {
  const rows = await db.query<GroupRow>(
    `select project, workspace, restart_cron as cron, restart_timezone as timezone, restart_spread_ms as "spreadMs",
       restart_catch_up_ms as "catchUpMs", restart_train as train, concurrency_key as "concurrencyKey",
       count(*)::integer as count
     from start_policies
     where project = any ($1) and restart_cron is not null and state = 'STARTED' and mode = 'enforce'
     group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 2, 3, 4, 5, 6, 7, 8`,
    [projects],
  );
  return rows.map(({ project, workspace, train, concurrencyKey, count, ...restart }) => ({
    ref: { project, workspace },
    restart: { ...restart, ...(train === null ? {} : { train }) },
    concurrencyKey: concurrencyKey ?? undefined,
    count,
  }));
}
