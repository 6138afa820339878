// The terminal, on streams that say they are one: whatever a text holds, the only control characters that come out are
// our own colours, cursor moves and line breaks.
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { openTerminal } from "../../src/bin/terminal.js";
import { createFleetView } from "../../src/cli/terminal/fleet-view.js";
import { printDocument, printListing } from "../../src/cli/terminal/output.js";
import type { Terminal } from "../../src/cli/terminal/context.js";
import { parse } from "yaml";
import { readTextCase } from "../support/cases.js";
import { PROJECT } from "../support/fleets.js";

const HOSTILE = `${readTextCase("failed-with-escapes").text}\nsecond line \u009b2J \u0000`;
/** What a terminal would act upon, or show in another order than it stands. */
const RAW = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const ESC = "\u001b";
const COLUMNS = 60;

interface Shown {
  readonly terminal: Terminal;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

function aTerminal(isTTY: boolean): Shown {
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
  const told = streams.map(() => "");
  streams.forEach((stream, index) => {
    Object.assign(stream, { isTTY, columns: COLUMNS, rows: 40 });
    stream.setEncoding("utf8").on("data", (text: string) => (told[index] = `${told[index] ?? ""}${text}`));
  });
  const [stdin, stdout, stderr] = streams;
  return {
    terminal: openTerminal({ stdin, stdout, stderr } as never, false),
    stdout: () => told[1] ?? "",
    stderr: () => told[2] ?? "",
  };
}

const ROWS = [
  { name: "a", text: HOSTILE },
  { name: "b", text: "plain" },
];

async function list(shown: Shown): Promise<void> {
  await printListing(shown.terminal, "table", {
    pages: [ROWS],
    columns: [
      { title: "WHY", cell: ({ text }) => text, tone: () => "bad" },
      { title: "NAME", cell: ({ name }) => name },
    ],
    name: ({ name }) => name,
    empty: "",
  });
}

it("keeps a hostile text in one cell of one line", async () => {
  const shown = aTerminal(false);
  await list(shown);
  const lines = shown.stdout().trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(shown.stdout()).not.toMatch(RAW);
  const ends = lines.map((line) => line.length);
  // NAME, a and b begin in one column.
  expect(lines.map((line) => line.lastIndexOf(" "))).toEqual(
    [ends[1], ends[1], ends[1]].map((end) => (end ?? 0) - 2),
  );
});

it("adds its own colours behind the door, around what it shows", async () => {
  const shown = aTerminal(true);
  await list(shown);
  const own = shown.stdout().split(`${ESC}[31m`).length - 1;
  expect(own).toBe(ROWS.length);
  expect(shown.stdout().replaceAll(`${ESC}[31m`, "").replaceAll(`${ESC}[39m`, "")).not.toMatch(RAW);
  expect(shown.stdout()).toContain("\\u001b[31mRED");
});

it.each([
  [
    "a note",
    ({ note }: Terminal) => {
      note(`headgate: ${HOSTILE}`);
    },
    1,
  ],
  [
    "a line of data",
    ({ line }: Terminal) => {
      line("then ", { text: HOSTILE, tone: undefined });
    },
    1,
  ],
  [
    "several notes",
    ({ note }: Terminal) => {
      note("one", HOSTILE, "three");
    },
    3,
  ],
] as const)("shows a hostile text in %s as one line", (_what, show, count) => {
  const shown = aTerminal(false);
  show(shown.terminal);
  const told = shown.stdout() + shown.stderr();
  expect(told).not.toMatch(RAW);
  expect(told.trimEnd().split("\n")).toHaveLength(count);
});

it.each([true, false])("draws a fleet with a hostile text, on a terminal: %s", (isTTY) => {
  const shown = aTerminal(isTTY);
  const ref = { project: PROJECT, workspace: "orders", processor: "p" };
  const row = { ref, was: "FAILED", declared: "STARTED", now: "FAILED", did: "", standing: "open" } as const;
  const rows = [{ ...row, why: HOSTILE } as never];
  createFleetView(shown.terminal).show(rows, { rows: () => rows, count: () => 1, open: 0, next: [] });
  const told = shown.stderr().replace(`${ESC}[J`, "");
  expect(told).not.toMatch(RAW);
  expect(told.trimEnd().split("\n")).toHaveLength(isTTY ? 2 : 1);
  if (isTTY)
    for (const line of told.split("\n")) expect(Array.from(line).length).toBeLessThanOrEqual(COLUMNS);
});

it.each(["json", "yaml"] as const)(
  "says the same in %s as what was told, and shows no control character",
  async (format) => {
    const shown = aTerminal(true);
    const document = { why: HOSTILE, list: [HOSTILE, "plain", "two\nlines", 7], [HOSTILE]: null };
    await printDocument(shown.terminal, format, document);
    expect(shown.stdout()).not.toMatch(RAW);
    expect(format === "json" ? JSON.parse(shown.stdout()) : parse(shown.stdout())).toEqual(document);
  },
);
