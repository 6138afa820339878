// docs/design.md shows the decision table that the code decides by: the same rows, in the same order, with the same
// words.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { DECISION_TABLE } from "../../src/domain/decide/decision-table.js";

const DESIGN = readFileSync(fileURLToPath(new URL("../../docs/design.md", import.meta.url)), "utf8");

function readSection(number: number): string {
  return new RegExp(`^## ${String(number)}\\. (.*?)(?=^## |$(?![^]))`, "ms").exec(DESIGN)?.[1] ?? "";
}

/** An item goes on in lines that are indented. */
const ITEM = /^(\d+)\. `([a-z-]+)`: (.*(?:\n {3,}.*)*)$/gm;

it("section 5 has the rows of the code, in their order, each with its meaning", () => {
  const rows = [...readSection(5).matchAll(ITEM)].map(([, number, id = "", text = ""]) => {
    const words = text.replace(/\s+/g, " ");
    const meaning = DECISION_TABLE.find((row) => row.id === id)?.meaning;
    return { number, id, text: meaning !== undefined && words.startsWith(`${meaning}.`) ? meaning : words };
  });
  expect(rows).toEqual(
    DECISION_TABLE.map(({ id, meaning }, at) => ({ number: String(at + 1), id, text: meaning })),
  );
});

it("the rows that section 7 names are rows of the table", () => {
  const named = [...readSection(7).matchAll(/\bRows?\s+(`[a-z-]+`(?:(?:,| and)\s+`[a-z-]+`)*)/g)].flatMap(
    ([, ids = ""]) => [...ids.matchAll(/[a-z-]+(?=`)/g)].map(([id]) => id),
  );
  expect(named.length).toBeGreaterThan(3);
  const known: readonly string[] = DECISION_TABLE.map(({ id }) => id);
  expect(named.filter((id) => !known.includes(id))).toEqual([]);
});
