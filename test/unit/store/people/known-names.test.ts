// Which names anything is stored under: asked of several tables at once, and never with a typed text in the SQL.
import { expect, it } from "vitest";
import { isNameKnown, listNames, listNamesLike } from "../../../../src/store/people/known-names.js";
import { numbersTo, placeholdersOf, recordingDb } from "../recorded-db.js";

const HOSTILE = "x' or true --";

it.each([
  { name: ["p"], tables: ["projects", "call_budgets"] },
  { name: ["p", "w"], tables: ["workspaces", "processor_status", "start_policies"] },
  { name: ["p", "w", HOSTILE], tables: ["processor_status", "start_policies", "changes"] },
])("asks $tables of the name $name, as parameters", async ({ name, tables }) => {
  const db = recordingDb([[/as known$/, [{ known: true }]]]);
  expect(await isNameKnown(db, name)).toBe(true);
  const [{ text, values } = { text: "", values: [] }] = db.sent;
  expect(values).toEqual(name);
  expect(placeholdersOf(text)).toEqual(numbersTo(name.length));
  expect([...text.matchAll(/from (\w+) where/g)].map(([, table]) => table)).toEqual(tables);
  expect(text).not.toContain(HOSTILE);
});

it("takes no answer for a name that nobody used", async () => {
  expect(await isNameKnown(recordingDb(), ["p"])).toBe(false);
});

it.each([
  { parts: 1, columns: "project" },
  { parts: 2, columns: "project, workspace" },
  { parts: 3, columns: "project, workspace, processor" },
])("lists every name of $parts parts once and in order", async ({ parts, columns }) => {
  const db = recordingDb([[/^select array/, [{ name: ["a"] }, { name: ["b"] }]]]);
  expect(await listNames(db, parts)).toEqual([["a"], ["b"]]);
  const text = db.sent[0]?.text ?? "";
  expect(text).toContain(`select array[${columns}]::text[] as name`);
  expect(text.endsWith(`) known order by ${columns}`)).toBe(true);
  expect(text).not.toContain("union all");
});

it.each([
  { name: [HOSTILE], where: "starts_with(project, $1)" },
  { name: ["p", "w"], where: "project = $1 and starts_with(workspace, $2)" },
  { name: ["p", "w", ""], where: "project = $1 and workspace = $2 and starts_with(processor, $3)" },
])("completes the last part of $name only", async ({ name, where }) => {
  const db = recordingDb();
  expect(await listNamesLike(db, name, 20)).toEqual([]);
  const [{ text, values } = { text: "", values: [] }] = db.sent;
  expect(values).toEqual(name);
  expect(text.split(" union ")).toHaveLength(name.length === 1 ? 2 : 3);
  expect(text.split(` where ${where}`)).toHaveLength(name.length === 1 ? 3 : 4);
  expect(text.endsWith(" limit 20")).toBe(true);
});
