// The versions of one policy, for people: who wrote what and when. Append-only, so that reading needs no lock.
import type { Policy } from "../../domain/policy.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Db } from "../postgres/pool.js";

export interface VersionRow {
  readonly version: number;
  readonly author: string;
  readonly at: number;
  /** Null: it did not exist before. */
  readonly before: Policy | null;
  /** Null: it was deleted. */
  readonly after: Policy | null;
  /** The newest older version that declared the same. */
  readonly sameAs: number | null;
}

/** Newest first; all of them if the answer is shorter than the limit. */
export async function listVersions(db: Db, ref: ProcessorRef, limit: number): Promise<readonly VersionRow[]> {
  return db.query<VersionRow>(
    `select version, author, at, before, after,
       (select max(o.version) from policy_versions o
        where o.project = v.project and o.workspace = v.workspace and o.processor = v.processor
          and o.version < v.version and o.after = v.after) as "sameAs"
     from policy_versions v where project = $1 and workspace = $2 and processor = $3
     order by version desc limit $4`,
    [ref.project, ref.workspace, ref.processor, limit],
  );
}

/** One version, and the number of the newest: 0 if the policy was never declared. */
export async function findVersion(
  db: Db,
  ref: ProcessorRef,
  version: number,
): Promise<{ readonly newest: number; readonly found: { readonly after: Policy | null } | undefined }> {
  const rows = await db.query<{ version: number; after: Policy | null }>(
    `select version, after from policy_versions v where project = $1 and workspace = $2 and processor = $3
       and (version = $4 or version = (select max(o.version) from policy_versions o
            where o.project = v.project and o.workspace = v.workspace and o.processor = v.processor))`,
    [ref.project, ref.workspace, ref.processor, version],
  );
  const found = rows.find((row) => row.version === version);
  return {
    newest: Math.max(0, ...rows.map((row) => row.version)),
    found: found === undefined ? undefined : { after: found.after },
  };
}

/** Every processor that was ever declared, by name. */
export async function listVersionedRefs(db: Db): Promise<readonly ProcessorRef[]> {
  return db.query<ProcessorRef>(
    "select distinct project, workspace, processor from policy_versions order by project, workspace, processor",
  );
}
