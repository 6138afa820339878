// A store that asks Postgres how it carries out each statement, in the very state in which it is carried out, and names
// what would grow with the tables: sequential scans, and rows that were read only to be thrown away.
import type { Db, Store } from "../../src/store/postgres/pool.js";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly Filter?: string;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly PlanNode[];
}

export interface Explained {
  readonly store: Store;
  /** What was carried out badly, each with its statement; empty where nothing was. */
  readonly faults: () => readonly string[];
  /** How many statements were explained. */
  readonly count: () => number;
  /** Rows that they read of tables, since the last call: those that were thrown away among them. */
  readonly takeRowsRead: () => number;
}

/** What a statement may read for nothing: less than a page of a LIST, far less than a table. */
const THROWN_AWAY_MAX = 100;
/** What may be read from one end of an index to the other. */
const SCANNED_MAX = 1_000;

const isControl = (text: string): boolean => /^\s*(begin|commit|rollback|savepoint)\b/.test(text);

/** `bigTables`: those whose size must not be felt. */
export function explainStore(inner: Store, bigTables: ReadonlySet<string>): Explained {
  const faults = new Set<string>();
  let count = 0;
  let rowsRead = 0;
  const explain = async (db: Db, text: string, values: readonly unknown[]): Promise<void> => {
    if (isControl(text)) return;
    await db.query("savepoint explained");
    const [row] = await db.query<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>(
      `explain (analyze, timing off, format json) ${text}`,
      values,
    );
    await db.query("rollback to savepoint explained");
    count += 1;
    const [plan] = row?.["QUERY PLAN"] ?? [];
    if (plan === undefined) throw new Error("EXPLAIN answers one plan");
    rowsRead += countRead(plan.Plan);
    for (const fault of findFaults(plan.Plan, bigTables)) faults.add(`${fault} in: ${text.trim()}`);
  };
  const inTransaction = (db: Db): Db => ({
    query: async (text, values = []) => {
      await explain(db, text, values);
      return db.query(text, values);
    },
  });
  return {
    store: {
      ...inner,
      query: (text, values = []) => inner.transaction((db) => inTransaction(db).query(text, values)),
      transaction: (work) => inner.transaction((db) => work(inTransaction(db))),
    },
    faults: () => [...faults],
    count: () => count,
    takeRowsRead: () => {
      const taken = rowsRead;
      rowsRead = 0;
      return taken;
    },
  };
}

function countRead(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, child) => sum + countRead(child), 0);
  if (node["Relation Name"] === undefined) return below;
  const { "Actual Rows": kept, "Rows Removed by Filter": filtered = 0, "Actual Loops": loops } = node;
  return below + Math.round((kept + filtered + (node["Rows Removed by Index Recheck"] ?? 0)) * loops);
}

function findFaults(node: PlanNode, bigTables: ReadonlySet<string>): readonly string[] {
  const below = (node.Plans ?? []).flatMap((child) => findFaults(child, bigTables));
  const fault = node["Actual Loops"] === 0 ? undefined : findFault(node, bigTables);
  return fault === undefined ? below : [fault, ...below];
}

function findFault(node: PlanNode, bigTables: ReadonlySet<string>): string | undefined {
  const table = node["Relation Name"] ?? "";
  const where = `${node["Node Type"]} on ${table}`;
  const loops = node["Actual Loops"];
  if (node["Node Type"] === "Seq Scan" && bigTables.has(table)) return where;
  const isWholeIndex = node["Node Type"].startsWith("Index") && node["Index Cond"] === undefined;
  if (isWholeIndex && node["Actual Rows"] * loops > SCANNED_MAX) return `${where} from end to end`;
  const thrownAway = countThrownAway(node, bigTables.has(table));
  return thrownAway * loops > THROWN_AWAY_MAX
    ? `${where} threw away ${String(thrownAway * loops)} rows (${node.Filter ?? "join"})`
    : undefined;
}

/** In one loop. What a condition leaves of rows that no table gave is none of this test's business. */
function countThrownAway(node: PlanNode, isBig: boolean): number {
  const filtered = isBig ? (node["Rows Removed by Filter"] ?? 0) : 0;
  return filtered + (node["Rows Removed by Join Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
}
