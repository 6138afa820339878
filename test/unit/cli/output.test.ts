// What is printed for people and for programs: widths of tables, one line per row whatever a text holds, documents that
// read back as what was said, and times and ages at their bounds.
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import {
  formatAge,
  formatTable,
  formatTime,
  formatUntil,
  printDocument,
  printListing,
} from "../../../src/cli/terminal/output.js";
import type { Column } from "../../../src/cli/terminal/output.js";
import { formatStateText } from "../../../src/cli/terminal/state-text.js";
import { toVisible } from "../../../src/base/text.js";
import { aTerminal } from "../../support/cli-context.js";

type Pair = readonly [string, string];

const PAIRS: readonly Column<Pair>[] = [
  { title: "NAME", cell: ([name]) => name },
  { title: "WHY", cell: ([, why]) => why },
];

it.each<{ readonly reason: string; readonly rows: readonly Pair[]; readonly table: string }>([
  { reason: "no rows: the titles", rows: [], table: "NAME  WHY" },
  { reason: "a title wider than its cells", rows: [["a", "b"]], table: "NAME  WHY\na     b" },
  {
    reason: "the widest cell decides",
    rows: [
      ["a", "x"],
      ["abcdef", "y"],
    ],
    table: "NAME    WHY\na       x\nabcdef  y",
  },
  { reason: "nothing stands behind the last text of a line", rows: [["a", ""]], table: "NAME  WHY\na" },
  { reason: "an empty cell keeps its place", rows: [["", "b"]], table: "NAME  WHY\n      b" },
  { reason: "a line break becomes a blank", rows: [["a\n  b", "c"]], table: "NAME  WHY\na b   c" },
  {
    reason: "an escape counts as wide as it is shown",
    rows: [
      ["\u001b[2J", "x"],
      ["abcdefghi", "y"],
    ],
    table: "NAME       WHY\n\\u001b[2J  x\nabcdefghi  y",
  },
])("a table: $reason", ({ rows, table }) => {
  expect(formatTable({ rows, columns: PAIRS })).toBe(table);
});

const anyText = fc.string({ unit: "binary", maxLength: 20 });

it("a table has one line per row and its columns begin at the same place, whatever the texts hold", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyText, anyText), { maxLength: 8 }), (rows) => {
      const columns: readonly Column<Pair>[] = [
        { title: "NAME", cell: ([name]) => name },
        { title: "WHY", cell: ([, why]) => `|${why}` },
      ];
      const [, ...lines] = formatTable({ rows, columns }).split("\n");
      expect(lines).toHaveLength(rows.length);
      const beginnings = rows.map(([name], index) => {
        const shown = toVisible(name.replace(/\s*[\n\p{Zl}\p{Zp}]\s*/gu, " "));
        return (lines[index] ?? "").indexOf("|", shown.length);
      });
      expect(new Set(beginnings).size).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

it("a listing's later pages keep the widths of the first and run over rather than being cut", async () => {
  const { terminal, out } = aTerminal();
  const pages = [[["a", "1"]], [["abcdefgh", "2"]]] as const;
  const count = await printListing<Pair>(terminal, "table", {
    pages,
    columns: PAIRS,
    name: ([name]) => name,
    empty: "",
  });
  expect(count).toBe(2);
  expect(out).toEqual(["NAME  WHY", "a     1", "abcdefgh  2"]);
});

it("a listing without rows prints no titles, and says so beside the data", async () => {
  const { terminal, out, notes } = aTerminal();
  const listing = { pages: [[], []], columns: PAIRS, name: ([name]: Pair) => name, empty: "No rows." };
  expect(await printListing(terminal, "table", listing)).toBe(0);
  expect({ out, notes }).toEqual({ out: [], notes: ["No rows."] });
});

it.each([
  { format: "json", out: "[]" },
  { format: "yaml", out: "[]" },
] as const)("an empty listing is an empty list in $format", async ({ format, out: text }) => {
  const { terminal, out, notes } = aTerminal();
  await printListing<Pair>(terminal, format, {
    pages: [],
    columns: PAIRS,
    name: ([name]) => name,
    empty: "No.",
  });
  expect({ out, notes }).toEqual({ out: [text], notes: [] });
});

it("tones colour a cell and not the blanks between cells; the last is not padded", async () => {
  const { terminal, out } = aTerminal();
  const columns: readonly Column<Pair>[] = [
    { title: "NAME", cell: ([name]) => name, tone: () => "good" },
    { title: "WHY", cell: ([, why]) => why, tone: ([, why]) => (why === "x" ? "bad" : undefined) },
  ];
  await printListing(terminal, "table", {
    pages: [
      [
        ["a", "x"],
        ["b", "y"],
        ["c", ""],
      ],
    ],
    columns,
    name: ([name]) => name,
    empty: "",
  });
  expect(out).toEqual(["NAME  WHY", "<good>a   </>  <bad>x</>", "<good>b   </>  y", "<good>c</>"]);
});

it("the array of a listing that the reader left is not closed: nobody takes half an answer for a whole one", async () => {
  const { terminal, out } = aTerminal({ pagesTaken: 2 });
  const pages = [[["a", "1"]], [["b", "2"]], [["c", "3"]]] as const;
  await printListing<Pair>(terminal, "json", { pages, columns: PAIRS, name: ([name]) => name, empty: "" });
  expect(out.join("\n").endsWith("]")).toBe(false);
});

// As JSON holds it: without the negative zero that YAML would keep.
const documents = fc
  .jsonValue({ maxDepth: 3, stringUnit: "binary" })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

it("a document in JSON and in YAML reads back as what was said, also as a terminal shows it", async () => {
  await fc.assert(
    fc.asyncProperty(documents, async (document) => {
      // A lone half of a character is no text of ours: every text passes a door that replaces it.
      fc.pre(!/\p{Surrogate}/u.test(JSON.stringify(document)) && !JSON.stringify(document).includes("\\ud"));
      for (const format of ["json", "yaml"] as const) {
        const { terminal, out } = aTerminal();
        await printDocument(terminal, format, document);
        const [text = ""] = out;
        const read = format === "json" ? JSON.parse : (yaml: string): unknown => parse(yaml) as unknown;
        expect(read(text)).toEqual(document);
        expect(read(toVisible(text))).toEqual(document);
      }
    }),
    { numRuns: 200, examples: [["\n"], [{ a: "b\n\n" }]] },
  );
});

it.each([
  { what: "an escape", text: "\u001b[2J" },
  { what: "a turn of the direction of writing", text: "a\u202eb" },
  { what: "a line separator", text: "a\u2028b" },
  { what: "a next line", text: "a\u0085b" },
  { what: "a delete", text: "a\u007fb" },
])("YAML with $what reads back as it was, though a terminal shows it as an escape", async ({ text }) => {
  const { terminal, out } = aTerminal();
  await printDocument(terminal, "yaml", { [text]: text });
  expect(parse(toVisible(out.join("\n")))).toEqual({ [text]: text });
});

it("rows in YAML over several pages read back as one list", async () => {
  const { terminal, out } = aTerminal();
  const rows: readonly Pair[] = [
    ["- a", "x: y"],
    ["\u0007", "#"],
  ];
  await printListing(terminal, "yaml", {
    pages: rows.map((row) => [row]),
    columns: PAIRS,
    name: ([name]) => name,
    empty: "",
  });
  expect(parse(toVisible(out.join("\n")))).toEqual(rows);
});

it.each<readonly [ms: number | null, age: string]>([
  [null, "never"],
  [-5_000, "0s ago"],
  [0, "0s ago"],
  [499, "0s ago"],
  [500, "1s ago"],
  [119_499, "119s ago"],
  [119_500, "2m ago"],
  [7_169_000, "119m ago"],
  [7_170_000, "2h ago"],
  [48 * 3_600_000 - 1_860_000, "47h ago"],
  [48 * 3_600_000, "2d ago"],
])("an age of %s ms is %s", (ms, age) => {
  expect(formatAge(ms)).toBe(age);
});

it.each([
  [-1, "now"],
  [0, "now"],
  [1, "0s"],
  [32_000, "32s"],
  [3 * 3_600_000, "3h"],
])("what is due in %s ms is due %s", (ms, text) => {
  expect(formatUntil(ms)).toBe(text);
});

it("a time is told to the second, cut and not rounded", () => {
  expect(formatTime(Date.UTC(2026, 4, 4, 9, 42, 0, 999))).toBe("2026-05-04T09:42:00Z");
  expect(formatTime(0)).toBe("1970-01-01T00:00:00Z");
});

it.each([
  ["STARTED", "SP10", "STARTED SP10"],
  ["STARTED", null, "STARTED"],
  ["STARTED", undefined, "STARTED"],
  [null, null, "-"],
  [undefined, undefined, "-"],
  [null, "SP10", "- SP10"],
])("a state %s on a tier %s is shown as %s", (state, tier, text) => {
  expect(formatStateText(state, tier)).toBe(text);
});
