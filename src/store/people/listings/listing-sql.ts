// From what was asked of a listing to one SELECT. Values are parameters, always; the words of the query are looked up
// in the source, so that nothing a person typed becomes SQL.
import type { Statement } from "../../postgres/statement.js";
import type {
  Condition,
  ListQuery,
  ListingName,
  RowKey,
  Since,
  SortColumn,
} from "../../../domain/tell/listing.js";
import type { Selector } from "../../../domain/tell/selector.js";

/** The database's time, asked for once per statement. */
export const NOW = "(select headgate_now())";

/** Of the statement, reckoned once and not for every row. */
const SNAPSHOT = "(select pg_current_snapshot()::text) as snapshot";

/** One listing as SQL. Its expressions name columns of tables, for the WHERE clause sees no others. */
export interface AnySource {
  /** `select ... from ...`, without conditions. */
  readonly select: string;
  /**
   * Of a listing whose rows are the names in several tables: a page in the order of the names is made from the first
   * names of each, by their keys, and not from all there are. `select` is as above, from `names`.
   */
  readonly byName?: { readonly tables: readonly string[]; readonly select: string };
  /** What is true of every row. */
  readonly where?: string;
  /** Project, workspace and processor: those it has. */
  readonly parts: readonly string[];
  readonly conditions: Readonly<Record<string, string>>;
  readonly since: string;
  /** Of a listing whose rows may have failed. */
  readonly failureClass?: string;
  readonly sorts: Readonly<Record<string, readonly string[]>>;
  /**
   * Of rows that are equal otherwise, and of all if no order was asked for. Together they are unique, and none is null;
   * each is an expression, with ` desc` or without.
   */
  readonly order: readonly string[];
}

/** With every condition and column that the domain promises of it. */
export interface ListingSource<Name extends ListingName> extends AnySource {
  readonly conditions: Readonly<Record<Condition<Name>, string>>;
  readonly sorts: Readonly<Record<SortColumn<Name>, readonly string[]>>;
}

/**
 * One SELECT of what was asked, its parameters numbered in the order of their values. Throws a plain Error for a word
 * that the source does not have: the command line has refused it before, so it is a mistake of ours.
 */
export function toStatement(source: AnySource, query: ListQuery): Statement {
  if (source.byName !== undefined && isPageByName(query))
    return toStatementByName(source, source.byName, query);
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${String(values.push(value))}`;
  const clauses = [
    source.where,
    toAny(query.selectors?.map((selector) => toSelectorClause(source.parts, selector, bind))),
    toAny(query.conditions?.map((name) => lookUp(source.conditions, name))),
    toClassClause(source, query, bind),
    query.since === undefined ? undefined : `${source.since} >= ${toInstant(query.since, bind)}`,
    query.within === undefined ? undefined : toSelectorClause(source.parts, query.within, bind),
    query.after === undefined ? undefined : toBehind(toSortKeys(source, query), query.after, bind),
  ].filter((clause) => clause !== undefined);
  const where = clauses.length === 0 ? "" : ` where ${clauses.map((clause) => `(${clause})`).join(" and ")}`;
  const limit = query.limit === undefined ? "" : ` limit ${bind(query.limit)}`;
  return { text: `${source.select}${where} order by ${toOrder(source, query)}${limit}`, values };
}

function toClassClause(
  { failureClass }: AnySource,
  { classes }: ListQuery,
  bind: (value: unknown) => string,
): string | undefined {
  if (classes === undefined) return undefined;
  if (failureClass === undefined) throw new Error("a listing was asked for classes, which it does not have");
  return `${failureClass} = any(${bind(classes)}::text[])`;
}

/** Undefined if there are none: they narrow nothing then. */
function toAny(clauses: readonly string[] | undefined): string | undefined {
  return clauses === undefined || clauses.length === 0
    ? undefined
    : clauses.map((clause) => `(${clause})`).join(" or ");
}

/** A listing without a part is matched by the others. */
function toSelectorClause(
  parts: readonly string[],
  selector: Selector,
  bind: (value: unknown) => string,
): string {
  const patterns = [selector.project, selector.workspace, selector.processor];
  const clauses = parts.flatMap((part, index) => {
    const pattern = patterns[index] ?? "*";
    if (/^\*+$/.test(pattern)) return [];
    return pattern.includes("*")
      ? [`${part} like ${bind(toLikePattern(pattern))}`]
      : [`${part} = ${bind(pattern)}`];
  });
  return clauses.length === 0 ? "true" : clauses.join(" and ");
}

/** Names may hold what LIKE takes for a wildcard. */
function toLikePattern(pattern: string): string {
  return pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
}

function toInstant(since: Since, bind: (value: unknown) => string): string {
  return since.kind === "at"
    ? `from_ms(${bind(since.at)}::bigint)`
    : `${NOW} - make_interval(secs => ${bind(since.ms)}::double precision / 1000)`;
}

/** Only names decide which rows they are. */
function isPageByName({ conditions, classes, since, sort, limit }: ListQuery): boolean {
  const narrows = conditions !== undefined || classes !== undefined;
  return !narrows && since === undefined && sort === undefined && limit !== undefined;
}

function toStatementByName(
  source: AnySource,
  { tables, select }: NonNullable<AnySource["byName"]>,
  query: ListQuery,
): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${String(values.push(value))}`;
  const order = source.order.join(", ");
  const clauses = [
    toAny(query.selectors?.map((selector) => toSelectorClause(source.parts, selector, bind))),
    query.within === undefined ? undefined : toSelectorClause(source.parts, query.within, bind),
    query.after === undefined ? undefined : toBehind(toSortKeys(source, query), query.after, bind),
  ].filter((clause) => clause !== undefined);
  const where = clauses.length === 0 ? "" : ` where ${clauses.map((clause) => `(${clause})`).join(" and ")}`;
  const limit = bind(query.limit);
  const first = tables.map(
    (table) => `(select ${order} from ${table}${where} order by ${order} limit ${limit})`,
  );
  const names = `${first.join(" union ")} order by ${order} limit ${limit}`;
  return { text: `with names as (${names}) ${select} order by ${order}`, values };
}

/** As `toStatement`; each row also has its key, with which the next page is asked for, and the snapshot. */
export function toKeyedStatement(source: AnySource, query: ListQuery): Statement {
  const keys = toSortKeys(source, query).map(({ expression }) => `(${expression})::text`);
  const withKey = (select: string): string =>
    select.replace(/^select /, `select array[${keys.join(", ")}] as "rowKey", ${SNAPSHOT}, `);
  const { byName } = source;
  return toStatement(
    {
      ...source,
      select: withKey(source.select),
      ...(byName === undefined ? {} : { byName: { ...byName, select: withKey(byName.select) } }),
    },
    query,
  );
}

/** What has no value comes last, both ways. The source's own order comes behind, so that no two rows change places. */
function toOrder(source: AnySource, query: ListQuery): string {
  return toSortKeys(source, query)
    .map(({ expression, isDescending, isNullable }) => {
      return `${expression}${isDescending ? " desc" : ""}${isNullable ? " nulls last" : ""}`;
    })
    .join(", ");
}

interface SortKey {
  readonly expression: string;
  readonly isDescending: boolean;
  /** Only those of a column that was asked for. */
  readonly isNullable: boolean;
}

function toSortKeys(source: AnySource, { sort }: ListQuery): readonly SortKey[] {
  const own = source.order.map((text) => ({
    expression: text.replace(/ desc$/, ""),
    isDescending: text.endsWith(" desc"),
    isNullable: false,
  }));
  if (sort === undefined) return own;
  const { column, isDescending } = sort;
  const asked = lookUp(source.sorts, column).map((expression) => ({
    expression,
    isDescending,
    isNullable: true,
  }));
  return [...asked, ...own];
}

/**
 * What is sorted behind a row with this key: equal in the first keys and behind it in the next. A value without a type
 * takes that of the expression it is compared with, so that none has to be known here.
 */
function toBehind(keys: readonly SortKey[], after: RowKey, bind: (value: unknown) => string): string {
  const isPlain = keys.every(({ isDescending, isNullable }) => !isDescending && !isNullable);
  if (isPlain && keys.every((_key, index) => typeof after[index] === "string")) {
    // One comparison of rows, which an index serves.
    const expressions = keys.map(({ expression }) => expression);
    return `(${expressions.join(", ")}) > (${keys.map((_key, index) => bind(after[index])).join(", ")})`;
  }
  const equal: string[] = [];
  const ways = keys.flatMap(({ expression, isDescending, isNullable }, index) => {
    const value = after[index] ?? null;
    const before = [...equal];
    if (value === null) {
      // Nothing comes behind what has no value but what is equal to it here.
      equal.push(`${expression} is null`);
      return [];
    }
    const bound = bind(value);
    equal.push(`${expression} = ${bound}`);
    const behind = `${expression} ${isDescending ? "<" : ">"} ${bound}`;
    return [[...before, isNullable ? `(${behind} or ${expression} is null)` : behind].join(" and ")];
  });
  return ways.length === 0 ? "false" : ways.map((way) => `(${way})`).join(" or ");
}

/** Own properties only: `toString` is a word that somebody may type. */
function lookUp<Value>(known: Readonly<Record<string, Value>>, name: string): Value {
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined) throw new Error(`a listing was asked for ${name}, which it does not have`);
  return found;
}
