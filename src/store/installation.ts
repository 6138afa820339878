// Which installation these tables are, and which Atlas they belong to. Policies of one Atlas carried out against
// another would start and stop strangers' processors, so the first to come writes the name down and everybody after it
// must be the same.
import { AppError } from "../base/errors.js";
import type { Installation } from "../domain/run-names.js";
import type { Db } from "./postgres/pool.js";

/** Throws `config.invalid` if the tables belong to another Atlas. Idempotent. */
export async function claimAtlas(db: Db, atlas: string): Promise<void> {
  const [row] = await db.query<{ atlas: string }>(
    `with claimed as (insert into installation (atlas) values ($1) on conflict do nothing returning atlas)
     select atlas from claimed union all select atlas from installation limit 1`,
    [atlas],
  );
  if (row === undefined || row.atlas === atlas) return;
  throw new AppError(
    "config.invalid",
    `this database belongs to the Atlas at ${row.atlas}, but MONGODB_ATLAS_BASE_URL says ${atlas}: use another database`,
  );
}

/** The Atlas they belong to; undefined if nobody has said yet. */
export async function readAtlasName(db: Db): Promise<string | undefined> {
  const [row] = await db.query<{ atlas: string }>("select atlas from installation");
  return row?.atlas;
}

/** Made by the migrations, and the same ever after. Throws `store.unavailable` if they were not run. */
export async function readInstallation(db: Db): Promise<Installation> {
  const [row] = await db.query<Installation>(`select id, task_queue as "taskQueue" from installation_names`);
  if (row === undefined) throw new Error("installation_names has no row");
  return row;
}
