// The database's clock, the only one that decides.
import type { Db } from "./pool.js";

/** The database's time: ages shown to people are measured from it. */
export async function readClock(db: Db): Promise<number> {
  const [row] = await db.query<{ now: number }>("select to_ms(headgate_now()) as now");
  return row?.now ?? 0;
}
