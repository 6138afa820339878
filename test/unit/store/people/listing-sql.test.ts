// From what was asked of a listing to its SELECT: the same question is always the same SQL, whatever the words in it
// say.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONDITIONS, PARTS, SORTS } from "../../../../src/domain/tell/listing.js";
import type { ListQuery, ListingName } from "../../../../src/domain/tell/listing.js";
import type { Selector } from "../../../../src/domain/tell/selector.js";
import { BUDGETS } from "../../../../src/store/pass/budgets.js";
import { INCIDENTS } from "../../../../src/store/people/listings/listed-incidents.js";
import { JOURNAL } from "../../../../src/store/people/listings/listed-journal.js";
import { NOTIFICATIONS } from "../../../../src/store/people/listings/listed-notifications.js";
import { CHANGES, POLICIES } from "../../../../src/store/people/listings/listed-policies.js";
import {
  PROCESSORS,
  SCHEDULES,
  SUSPENSIONS,
} from "../../../../src/store/people/listings/listed-processors.js";
import { PROJECTS, WORKSPACES } from "../../../../src/store/people/listings/listed-workspaces.js";
import type { AnySource } from "../../../../src/store/people/listings/listing-sql.js";
import { NOW, toStatement } from "../../../../src/store/people/listings/listing-sql.js";
import { numbersTo, placeholdersOf } from "../recorded-db.js";

const SOURCES: Readonly<Record<ListingName, AnySource>> = {
  policies: POLICIES,
  processors: PROCESSORS,
  workspaces: WORKSPACES,
  projects: PROJECTS,
  changes: CHANGES,
  suspensions: SUSPENSIONS,
  budgets: BUDGETS,
  schedules: SCHEDULES,
  incidents: INCIDENTS,
  journal: JOURNAL,
  notifications: NOTIFICATIONS,
};
const NOUNS = Object.keys(SOURCES) as readonly ListingName[];

const SOURCE: AnySource = {
  select: "select from t",
  parts: ["p", "w", "c"],
  conditions: { hot: "heat > 1 or fire", cold: "ice" },
  since: "t.at",
  sorts: { heat: ["t.heat", "t.fire"], name: ["p"] },
  order: ["p", "w desc"],
};
const one = (selector: Partial<Selector>): ListQuery => ({
  selectors: [{ project: "*", workspace: "*", processor: "*", ...selector }],
});

interface Asked {
  readonly reason: string;
  readonly query: ListQuery;
  readonly tail: string;
  readonly values: readonly unknown[];
}

const ASKED: readonly Asked[] = [
  { reason: "nothing asked", query: {}, tail: " order by p, w desc", values: [] },
  {
    reason: "empty lists narrow nothing",
    query: { selectors: [], conditions: [] },
    tail: " order by p, w desc",
    values: [],
  },
  {
    reason: "a selector of everything",
    query: one({}),
    tail: " where ((true)) order by p, w desc",
    values: [],
  },
  {
    reason: "stars alone are no pattern",
    query: one({ project: "**", workspace: "***" }),
    tail: " where ((true)) order by p, w desc",
    values: [],
  },
  {
    reason: "an exact name is compared, not matched",
    query: one({ processor: "a_b" }),
    tail: " where ((c = $1)) order by p, w desc",
    values: ["a_b"],
  },
  {
    reason: "a pattern escapes what LIKE would take for its own",
    query: one({ processor: "a_%\\*" }),
    tail: " where ((c like $1)) order by p, w desc",
    values: ["a\\_\\%\\\\%"],
  },
  {
    reason: "all three parts, each a parameter",
    query: one({ project: "f*", workspace: "w", processor: "*x*" }),
    tail: " where ((p like $1 and w = $2 and c like $3)) order by p, w desc",
    values: ["f%", "w", "%x%"],
  },
  {
    reason: "any of two selectors",
    query: {
      selectors: [...(one({ workspace: "a" }).selectors ?? []), ...(one({ workspace: "b" }).selectors ?? [])],
    },
    tail: " where ((w = $1) or (w = $2)) order by p, w desc",
    values: ["a", "b"],
  },
  {
    reason: "any of two conditions, an `or` inside one kept together",
    query: { conditions: ["hot", "cold"] },
    tail: " where ((heat > 1 or fire) or (ice)) order by p, w desc",
    values: [],
  },
  {
    reason: "selectors and conditions both narrow",
    query: { ...one({ workspace: "a" }), conditions: ["hot"] },
    tail: " where ((w = $1)) and ((heat > 1 or fire)) order by p, w desc",
    values: ["a"],
  },
  {
    reason: "since a time",
    query: { since: { kind: "at", at: 5 } },
    tail: " where (t.at >= from_ms($1::bigint)) order by p, w desc",
    values: [5],
  },
  {
    reason: "since a while ago, by the database's clock",
    query: { since: { kind: "ago", ms: 1_500 } },
    tail: ` where (t.at >= ${NOW} - make_interval(secs => $1::double precision / 1000)) order by p, w desc`,
    values: [1_500],
  },
  {
    reason: "a sort by two expressions: both turned, both with nulls last, the own order behind",
    query: { sort: { column: "heat", isDescending: true } },
    tail: " order by t.heat desc nulls last, t.fire desc nulls last, p, w desc",
    values: [],
  },
  {
    reason: "an ascending sort",
    query: { sort: { column: "name", isDescending: false } },
    tail: " order by p nulls last, p, w desc",
    values: [],
  },
  { reason: "a limit of none", query: { limit: 0 }, tail: " order by p, w desc limit $1", values: [0] },
  {
    reason: "everything at once, numbered in the order of the values",
    query: {
      ...one({ project: "a", processor: "b*" }),
      conditions: ["cold"],
      since: { kind: "at", at: 9 },
      sort: { column: "name", isDescending: true },
      limit: 3,
    },
    tail:
      " where ((p = $1 and c like $2)) and ((ice)) and (t.at >= from_ms($3::bigint))" +
      " order by p desc nulls last, p, w desc limit $4",
    values: ["a", "b%", 9, 3],
  },
];

it.each(ASKED)("asks for $reason", ({ query, tail, values }) => {
  expect(toStatement(SOURCE, query)).toEqual({ text: `select from t${tail}`, values });
});

const BEHIND: readonly { readonly reason: string; readonly query: ListQuery; readonly where: string }[] = [
  {
    reason: "a row in the own order",
    query: { after: ["a", "b"] },
    where: "((p > $1) or (p = $1 and w < $2))",
  },
  {
    reason: "a row in the order of a column, where those without a value come last",
    query: { after: ["5", "a", "b"], sort: { column: "name", isDescending: true } },
    where: "(((p < $1 or p is null)) or (p = $1 and p > $2) or (p = $1 and p = $2 and w < $3))",
  },
  {
    reason: "a row without a value in that column: only rows without one are behind it",
    query: { after: [null, "a", "b"], sort: { column: "name", isDescending: false } },
    where: "((p is null and p > $1) or (p is null and p = $1 and w < $2))",
  },
  {
    reason: "inside a scope",
    query: { within: { project: "a*", workspace: "b", processor: "*" } },
    where: "(p like $1 and w = $2)",
  },
];

it.each(BEHIND)("asks for what is behind $reason", ({ query, where }) => {
  expect(toStatement(SOURCE, query).text).toContain(`select from t where ${where} order by `);
});

it("takes the first names of each table by their keys, where only names decide", () => {
  const source = {
    ...SOURCE,
    order: ["p", "w"],
    byName: { tables: ["one", "two"], select: "select 1 from names" },
  };
  const { text, values } = toStatement(source, { limit: 3, after: ["a", "b"] });
  const first = (table: string): string =>
    `(select p, w from ${table} where ((p, w) > ($1, $2)) order by p, w limit $3)`;
  expect(text).toBe(
    `with names as (${first("one")} union ${first("two")} order by p, w limit $3) select 1 from names order by p, w`,
  );
  expect(values).toEqual(["a", "b", 3]);
  expect(toStatement(source, { limit: 3, conditions: ["cold"] }).text).toMatch(/^select from t where/);
});

it("keeps what is true of every row apart from what was asked", () => {
  const text = toStatement({ ...SOURCE, where: "a or b" }, { conditions: ["cold"] }).text;
  expect(text).toBe("select from t where (a or b) and ((ice)) order by p, w desc");
});

it.each([1, 2])("matches a listing of %i parts by those it has", (parts) => {
  const { text, values } = toStatement(
    { ...SOURCE, parts: SOURCE.parts.slice(0, parts) },
    one({ project: "a", workspace: "b", processor: "c" }),
  );
  expect(values).toEqual(["a", "b", "c"].slice(0, parts));
  expect(placeholdersOf(text)).toEqual(numbersTo(parts));
});

it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "HOT", "hot ", ""])(
  "refuses the word %j, which no source has, as a condition and as a sort",
  (word) => {
    const refused = `a listing was asked for ${word}, which it does not have`;
    expect(() => toStatement(SOURCE, { conditions: [word] })).toThrow(refused);
    expect(() => toStatement(SOURCE, { sort: { column: word, isDescending: false } })).toThrow(refused);
  },
);

const typed = fc.oneof(
  fc.string({ unit: "binary", minLength: 1 }),
  fc.constantFrom("'; drop table changes; --", "$1", "$2) or true --", "\\' or 1=1", "a%' escape 'x"),
);

it("lets no typed text into the SQL: only where its stars stand shows in it", () => {
  const selectors = fc.record({ project: typed, workspace: typed, processor: typed });
  const shape = (text: string): string => (/^\*+$/.test(text) ? "*" : text.includes("*") ? "x*" : "x");
  fc.assert(
    fc.property(fc.constantFrom(...NOUNS), fc.array(selectors, { maxLength: 4 }), (noun, asked) => {
      const plain = asked.map(({ project, workspace, processor }) => ({
        project: shape(project),
        workspace: shape(workspace),
        processor: shape(processor),
      }));
      const { text, values } = toStatement(SOURCES[noun], { selectors: asked });
      expect(text).toBe(toStatement(SOURCES[noun], { selectors: plain }).text);
      expect(placeholdersOf(text)).toEqual(numbersTo(values.length));
    }),
    { numRuns: 300 },
  );
});

describe.each(NOUNS)("the source of %s", (noun) => {
  const source = SOURCES[noun];

  it("has every condition and column that people may ask for, and no other", () => {
    expect(Object.keys(source.conditions).sort()).toEqual(Object.keys(CONDITIONS[noun]).sort());
    expect(Object.keys(source.sorts).sort()).toEqual([...SORTS[noun]].sort());
    expect(source.parts).toHaveLength(PARTS[noun]);
  });

  it("is one SELECT without a parameter, a semicolon or a clause of its own behind FROM", () => {
    const all = [source.select, source.where ?? "", source.since, ...source.order];
    for (const text of [...all, ...Object.values(source.conditions), ...Object.values(source.sorts).flat()]) {
      expect(text).not.toMatch(/\$\d|;|--/);
    }
    expect(source.select).toMatch(/^select /);
    expect(toStatement(source, {}).text.endsWith(` order by ${source.order.join(", ")}`)).toBe(true);
  });

  it("takes the time from the database, never from the statement's session", () => {
    const { text } = toStatement(source, { conditions: Object.keys(source.conditions) });
    expect(text).not.toMatch(/\bnow\(\)|current_timestamp|clock_timestamp/);
  });
});
