// What code and documents cite of docs/atlas.md and docs/design.md is there: a section by its number, a question by the
// number in its list. And the guesses of docs/atlas.md name the switches that turn them, in both directions.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { CONFIG_VARIABLES } from "../../src/config/variables.js";
import { SETTINGS } from "../../src/sim/settings/settings-table.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");

const PLACES = ["src", "activities", "workflows", "migrations", "scripts", "test", "bench", "docs"];
/** Recorded data, which nobody writes by hand, and this file, which quotes what a reference looks like. */
const LEFT_OUT = /^test\/(replay\/histories|cases)\/|^test\/unit\/references\.test\.ts$/;

const files = [
  "README.md",
  "ARCHITECTURE.md",
  ...PLACES.flatMap((place) =>
    readdirSync(`${root}${place}`, { recursive: true, encoding: "utf8" }).map((name) => `${place}/${name}`),
  ),
].filter((path) => /\.(ts|sql|md)$/.test(path) && !LEFT_OUT.test(path));

/** A section, perhaps with the number of one of its questions: `1e`, `11.8`. */
const ID = String.raw`\d+[a-z]?(?:\.\d+)?\b`;
const REFERENCE = new RegExp(
  String.raw`docs/(atlas|design)\.md\s+\(?(?:sections? )?(${ID}(?:(?:,| and|, and) ${ID})*)`,
  "g",
);

interface Reference {
  readonly document: string;
  readonly id: string;
}

/** A comment goes on in its next line. */
function findReferences(text: string): readonly Reference[] {
  const joined = text.replace(/\n\s*(?:\/\/|\*(?!\/)|--)?\s*/g, " ");
  return [...joined.matchAll(REFERENCE)].flatMap(([, document = "", ids = ""]) =>
    [...ids.matchAll(new RegExp(ID, "g"))].map(([id]) => ({ document: `docs/${document}.md`, id })),
  );
}

/** The ids that may be cited: numbered headings, and the items of numbered lists under them. */
function findIds(text: string): ReadonlySet<string> {
  const ids = new Set<string>();
  let section = "";
  for (const line of text.split("\n")) {
    section = /^#{2,3} (\d{1,2}[a-e]?)[. ]/.exec(line)?.[1] ?? section;
    const item = /^(\d{1,2})\. /.exec(line)?.[1];
    if (section !== "") ids.add(item === undefined ? section : `${section}.${item}`);
  }
  return ids;
}

const known = new Map(["docs/atlas.md", "docs/design.md"].map((path) => [path, findIds(read(path))]));

it("every section that code and documents cite is there", () => {
  const dangling = files.flatMap((path) =>
    findReferences(read(path))
      .filter(({ document, id }) => known.get(document)?.has(id) !== true)
      .map(({ document, id }) => `${path} cites ${document} ${id}`),
  );
  expect(dangling).toEqual([]);
});

it.each([
  ["one section", "// Held (docs/atlas.md 1e).", ["1e"]],
  ["a section that no document has", "// docs/atlas.md 1z", ["1z"]],
  ["sections in a parenthesis", "// docs/atlas.md (sections 4, 5 and 7)", ["4", "5", "7"]],
  ["several sections", "/** docs/atlas.md 1a, 2c and 11.8: so it is. */", ["1a", "2c", "11.8"]],
  ["a comment that goes on", "// as written in docs/atlas.md\n// 12, and seen", ["12"]],
  ["a number that is none of a section", "// docs/atlas.md 5: 10, 20, 40 s", ["5"]],
  ["the document as a whole", "// see docs/atlas.md for all of it", []],
])("finds %s", (_name, text, ids) => {
  expect(findReferences(text).map(({ id }) => id)).toEqual(ids);
});

it("finds the references there are", () => {
  expect(files.flatMap((path) => findReferences(read(path))).length).toBeGreaterThan(130);
});

const ATLAS = read("docs/atlas.md").replace(/\s+/g, " ");
const NAME = "`[A-Za-z_]+(?:\\.[A-Za-z]+)?`";
const NAMES = `(${NAME}(?:,? (?:and )?${NAME})*)`;

function findNames(text: string, before: string): readonly string[] {
  return [...text.matchAll(new RegExp(`\\b(?:${before}):? ${NAMES}`, "g"))].flatMap(([, names = ""]) =>
    [...names.matchAll(new RegExp(NAME, "g"))].map(([name]) => name.replaceAll("`", "")),
  );
}

const findSwitches = (text: string): readonly string[] => findNames(text, "[Ss]witch(?:es)?");
const guesses = [...ATLAS.matchAll(/\(guess: [^)]*\)/g)].map(([guess]) => guess);
const variables = new Set(CONFIG_VARIABLES.map(({ name }) => name));

it("every setting that docs/atlas.md names is there", () => {
  const simulated = [...findSwitches(ATLAS), ...findNames(ATLAS, "[Ss]imulator(?:'s)?")];
  const configured = [...ATLAS.matchAll(/HEADGATE_[A-Z_]+/g)].map(([name]) => name);
  expect(simulated.length).toBeGreaterThan(60);
  const isThere = (name: string): boolean => Object.hasOwn(SETTINGS, name) || variables.has(name);
  expect([...simulated, ...configured].filter((name) => !isThere(name))).toEqual([]);
});

it("every option of the client that docs/atlas.md names is there", () => {
  const options = findNames(ATLAS, "client's option");
  expect(options).toEqual(["acceptsLegacyNotFound"]);
  const client = read("src/atlas/client.ts");
  expect(options.filter((name) => !client.includes(`readonly ${name}?:`))).toEqual([]);
});

it("every guess in docs/atlas.md names its switch, or says that it has none", () => {
  expect(guesses.length).toBeGreaterThan(25);
  expect(guesses.filter((guess) => !/; (?:switch(?:es)? `|no switch\))/.test(guess))).toEqual([]);
});

it("every setting that is marked as a guess is a switch of a guess in docs/atlas.md", () => {
  const named = new Set(guesses.flatMap(findSwitches));
  const simulated = Object.entries(SETTINGS)
    .filter(([, { source }]) => source.startsWith("guess"))
    .map(([name]) => name);
  const configured = CONFIG_VARIABLES.filter(({ meaning }) => meaning.endsWith("(a guess)")).map(
    ({ name }) => name,
  );
  expect(configured).toEqual(["HEADGATE_SETTLE", "HEADGATE_START_HORIZON", "HEADGATE_STOP_HORIZON"]);
  expect([...simulated, ...configured].filter((name) => !named.has(name))).toEqual([]);
});

it("section 10 of docs/atlas.md lists those switches and no others", () => {
  const [, section = ""] = /^## 10\. [^\n]*\n(.*?)^## 11\. /ms.exec(read("docs/atlas.md")) ?? [];
  const listed = [...section.matchAll(new RegExp(NAME, "g"))].map(([name]) => name.replaceAll("`", ""));
  expect(listed.sort()).toEqual([...new Set(guesses.flatMap(findSwitches))].sort());
});
