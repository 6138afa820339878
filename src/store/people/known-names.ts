// Which names anything is stored under: so that a name nobody ever used is told from one that has no rows just now.
import type { Db } from "../postgres/pool.js";

/** A name of one, two or three parts: project, workspace, processor. */
export type Name = readonly string[];

const COLUMNS = ["project", "workspace", "processor"] as const;
/**
 * For names of one part, of two and of three. Budgets count because a project may have one before anything is declared.
 */
const TABLES = [
  ["projects", "call_budgets"],
  ["workspaces", "processor_status", "start_policies"],
  ["processor_status", "start_policies", "changes"],
] as const;

/** Whether something is stored under a name of one to three parts. */
export async function isNameKnown(db: Db, name: Name): Promise<boolean> {
  const where = name.map((_, index) => `${toColumn(index)} = $${String(index + 1)}`).join(" and ");
  const known = toTables(name.length).map((table) => `exists (select from ${table} where ${where})`);
  const [row] = await db.query<{ known: boolean }>(`select ${known.join(" or ")} as known`, name);
  return row?.known ?? false;
}

/** Every name of so many parts, in order and without a limit. One statement. */
export async function listNames(db: Db, parts: number): Promise<readonly Name[]> {
  const columns = COLUMNS.slice(0, parts).join(", ");
  const rows = await db.query<{ name: Name }>(
    `select array[${columns}]::text[] as name from (${toTables(parts)
      .map((table) => `select ${columns} from ${table}`)
      .join(" union ")}) known order by ${columns}`,
  );
  return rows.map(({ name }) => name);
}

/**
 * Names of as many parts as `name` has, whose last part begins as its last does and whose other parts are its own: in
 * order, so many at most.
 */
export async function listNamesLike(db: Db, name: Name, limit: number): Promise<readonly Name[]> {
  const last = name.length - 1;
  const columns = COLUMNS.slice(0, name.length).join(", ");
  const where = name
    .map((_, index) =>
      index === last
        ? `starts_with(${toColumn(index)}, $${String(index + 1)})`
        : `${toColumn(index)} = $${String(index + 1)}`,
    )
    .join(" and ");
  const rows = await db.query<{ name: Name }>(
    `select array[${columns}]::text[] as name from (${toTables(name.length)
      .map((table) => `select ${columns} from ${table} where ${where}`)
      .join(" union ")}) known order by ${columns} limit ${String(limit)}`,
    name,
  );
  return rows.map((row) => row.name);
}

function toColumn(index: number): string {
  return COLUMNS[index] ?? COLUMNS[2];
}

function toTables(parts: number): readonly string[] {
  return TABLES[parts - 1] ?? TABLES[2];
}
