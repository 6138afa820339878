// A name means one thing. A name that is exported in two files sends a reader, or an editor's import, to the wrong one;
// so does a private function that is named as something one can import. The simulator is judged by itself: it shares no
// code with the rest, and both speak of the same Atlas.
import { readFileSync, readdirSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

interface Declaration {
  readonly name: string;
  readonly file: string;
  readonly isExported: boolean;
  readonly isFunction: boolean;
}

const OURS = ["src", "activities", "workflows"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  )
  .filter((file) => file.endsWith(".ts"));
const isSimulators = (file: string): boolean => file.startsWith("src/sim/");

it.each([
  { of: "Headgate", files: OURS.filter((file) => !isSimulators(file)) },
  { of: "the simulator", files: OURS.filter(isSimulators) },
])("no name of $of is exported twice, and no exported function's name is another function's", ({ files }) => {
  expect(files.length).toBeGreaterThan(20);
  expect(findAmbiguous(files.flatMap((file) => toDeclarations(file, readFileSync(file, "utf8"))))).toEqual(
    [],
  );
});

it("sees what it is to find", () => {
  const one = toDeclarations(
    "one.ts",
    "export function toRow() {}\nexport interface Row {}\nconst toCell = () => 1;",
  );
  expect(one).toEqual([
    { name: "toRow", file: "one.ts", isExported: true, isFunction: true },
    { name: "Row", file: "one.ts", isExported: true, isFunction: false },
    { name: "toCell", file: "one.ts", isExported: false, isFunction: true },
  ]);
  const beside = (text: string): readonly string[] =>
    findAmbiguous([...one, ...toDeclarations("other.ts", text)]);
  expect(beside("export class Row {}")).toEqual(["Row: one.ts, other.ts"]);
  expect(beside("function toRow() {}")).toEqual(["toRow: one.ts, other.ts"]);
  expect(beside("export const toCell = 1;")).toEqual([]);
  expect(beside("interface Row {}")).toEqual([]);
});

/** Each name with the files that declare it. */
function findAmbiguous(all: readonly Declaration[]): readonly string[] {
  const byName = new Map<string, Declaration[]>();
  for (const one of all) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return [...byName]
    .filter(([, those]) => isAmbiguous(those))
    .map(([name, those]) => `${name}: ${those.map(({ file }) => file).join(", ")}`);
}

/** Overloads stand in one file: only other files count. */
function isAmbiguous(those: readonly Declaration[]): boolean {
  const files = (some: readonly Declaration[]): number => new Set(some.map(({ file }) => file)).size;
  const exported = those.filter(({ isExported }) => isExported);
  const functions = those.filter(({ isFunction }) => isFunction);
  const isFunctionExported = functions.some(({ isExported }) => isExported);
  return files(exported) > 1 || (isFunctionExported && files(functions) > 1);
}

function toDeclarations(file: string, text: string): readonly Declaration[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const isExported = modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return toNames(statement).map(({ name, isFunction }) => ({ name, file, isExported, isFunction }));
  });
}

type Named = Pick<Declaration, "name" | "isFunction">;

function toNames(statement: ts.Statement): readonly Named[] {
  if (ts.isFunctionDeclaration(statement)) return [{ name: statement.name?.text ?? "", isFunction: true }];
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(toVariable);
  const isType =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement);
  return isType ? [{ name: statement.name?.text ?? "", isFunction: false }] : [];
}

function toVariable({ name, initializer }: ts.VariableDeclaration): readonly Named[] {
  if (!ts.isIdentifier(name)) return [];
  return [{ name: name.text, isFunction: initializer !== undefined && ts.isArrowFunction(initializer) }];
}
