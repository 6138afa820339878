// The flags of `get`, typed as a person types them, into what is asked of a listing.
import { Command } from "commander";
import { expect, it } from "vitest";
import { formatConditions, takingQuery, toNext, toQuery } from "../../../src/cli/get/query.js";
import type { GetFlags } from "../../../src/cli/get/query.js";
import { CONDITIONS, SORTS } from "../../../src/domain/tell/listing.js";
import type { ListQuery, ListingName } from "../../../src/domain/tell/listing.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const NOUNS = Object.keys(CONDITIONS) as readonly ListingName[];

interface Parsed {
  readonly query: ListQuery;
  readonly flags: GetFlags;
}

function parse(noun: ListingName, words: readonly string[]): Parsed {
  const command = takingQuery(new Command(noun), noun).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  command.parse([...words], { from: "user" });
  const flags = command.opts<GetFlags>();
  const [selectors = []] = command.processedArgs as readonly (readonly string[] | undefined)[];
  return { query: toQuery(selectors, flags), flags };
}

const ALL = { project: "*", workspace: "*", processor: "*" };

it.each<{ readonly typed: string; readonly query: ListQuery }>([
  { typed: "", query: { selectors: [] } },
  { typed: PROJECT, query: { selectors: [{ ...ALL, project: PROJECT }] } },
  {
    typed: "*/orders --selector */shop/clicks-*",
    query: {
      selectors: [
        { ...ALL, workspace: "orders" },
        { ...ALL, workspace: "shop", processor: "clicks-*" },
      ],
    },
  },
  { typed: "--selector * --selector */a", query: { selectors: [ALL, { ...ALL, workspace: "a" }] } },
  { typed: "--condition failed parked", query: { selectors: [], conditions: ["failed", "parked"] } },
  {
    typed: "--condition failed --condition parked",
    query: { selectors: [], conditions: ["failed", "parked"] },
  },
  { typed: "--since 1h30m", query: { selectors: [], since: { kind: "ago", ms: 5_400_000 } } },
  {
    typed: "--since 2026-05-04T09:42:00.5Z",
    query: { selectors: [], since: { kind: "at", at: Date.UTC(2026, 4, 4, 9, 42, 0, 500) } },
  },
  { typed: "--sort attempts", query: { selectors: [], sort: { column: "attempts", isDescending: false } } },
  { typed: "--sort name:desc", query: { selectors: [], sort: { column: "name", isDescending: true } } },
  { typed: "--sort name:asc", query: { selectors: [], sort: { column: "name", isDescending: false } } },
  { typed: "--limit 1", query: { selectors: [], limit: 1 } },
  { typed: "--limit 5 -w -o yaml", query: { selectors: [], limit: 5 } },
])("get processors $typed", ({ typed, query }) => {
  expect(
    parse(
      "processors",
      typed.split(" ").filter((word) => word !== ""),
    ).query,
  ).toEqual(query);
});

it("one command line leaves nothing behind for the next", () => {
  const command = takingQuery(new Command("policies"), "policies").exitOverride();
  command.parse(["--condition", "started"], { from: "user" });
  command.parse(["--condition", "stopped"], { from: "user" });
  expect(command.opts<GetFlags>().condition).toEqual(["stopped"]);
});

it("without flags a table is printed once", () => {
  expect(parse("policies", []).flags).toMatchObject({ output: "table", watch: false });
  expect(parse("policies", ["-w", "-o", "name"]).flags).toMatchObject({ output: "name", watch: true });
});

it.each([
  {
    typed: ["--sort", "state:up"],
    says: '"state:up" is not a column policies sort by, with :desc or without: one of ',
  },
  { typed: ["--sort", "state:desc:desc"], says: '"state:desc:desc" is not a column' },
  { typed: ["--sort", "toString"], says: '"toString" is not a column' },
  { typed: ["--sort", ""], says: '"" is not a column' },
  {
    typed: ["--condition", "constructor"],
    says: '"constructor" is not a condition of policies: one of started, ',
  },
  { typed: ["--condition", "started,stopped"], says: '"started,stopped" is not a condition' },
  { typed: ["--condition", "positoned"], says: "did you mean positioned?" },
  { typed: ["--since", "2026-05-04"], says: '"2026-05-04" is neither a duration such as 30s' },
  { typed: ["--since", ""], says: '"" is neither a duration' },
  { typed: ["--limit", "-1"], says: "is not a whole number" },
  { typed: ["--limit", "0"], says: '"0" is not a whole number from 1 to 999999' },
  { typed: ["-o", "wide"], says: '"wide" is not an output: one of table, json, yaml, name' },
])("get policies refuses $typed", ({ typed, says }) => {
  expect(() => parse("policies", typed)).toThrow(says);
});

it.each(["a/b/c/d", "UPPER", `${PROJECT}/`, ""])(
  "a selector %j that is none is refused, where it came from an option too",
  (text) => {
    expect(() => parse("policies", [text])).toThrow(`"${text}" is not PROJECT, PROJECT/WORKSPACE or`);
    expect(() => parse("policies", ["--selector", text])).toThrow(
      `"${text}" is not PROJECT, PROJECT/WORKSPACE or`,
    );
  },
);

it.each(NOUNS)("%s takes its own conditions and columns, each in both directions", (noun) => {
  const conditions = Object.keys(CONDITIONS[noun]);
  expect(parse(noun, ["--condition", ...conditions]).query.conditions).toEqual(conditions);
  for (const column of SORTS[noun]) {
    expect(parse(noun, ["--sort", column]).query.sort).toEqual({ column, isDescending: false });
    expect(parse(noun, ["--sort", `${column}:desc`]).query.sort).toEqual({ column, isDescending: true });
  }
});

it.each(NOUNS)("the help of %s names every condition with its meaning, one a line, in one column", (noun) => {
  const lines = formatConditions(noun).split("\n");
  const entries = Object.entries(CONDITIONS[noun]);
  expect(lines).toHaveLength(entries.length);
  const width = Math.max(...entries.map(([name]) => name.length));
  entries.forEach(([name, meaning], index) => {
    expect(lines[index]).toBe(`  ${name}${" ".repeat(width - name.length)}  ${meaning}`);
  });
});

it.each([
  ["1", 1],
  ["100", 100],
])("%s slots of each are asked for", (text, count) => {
  expect(toNext(text)).toBe(count);
});

it.each(["", "0", "101", "-1", "1.5", "many"])("%j slots are not", (text) => {
  expect(() => toNext(text)).toThrow(`"${text}" is not a number of slots: a whole number from 1 to 100.`);
});
