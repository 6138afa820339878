// Lists of columns in SQL. Every write names its columns: `select r.*` would write null into a column that a newer
// program has added and this one does not know, and a NOT NULL one would break every older program in a rolling
// upgrade.

/** `a, b`, or `r.a, r.b` if they are of `r`. */
export function listColumns(columns: readonly string[], of?: string): string {
  return columns.map((column) => (of === undefined ? column : `${of}.${column}`)).join(", ");
}

/** `a = excluded.a, b = excluded.b`: what an upsert writes over. */
export function assignColumns(columns: readonly string[]): string {
  return columns.map((column) => `${column} = excluded.${column}`).join(", ");
}
