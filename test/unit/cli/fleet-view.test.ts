// The fleet as `dev` shows it: drawn over itself where it fits the terminal, one line per transition elsewhere.
import { expect, it } from "vitest";
import type { FleetRow } from "../../../src/app/look/fleet.js";
import type { FleetView, ShownFleet } from "../../../src/cli/terminal/fleet-view.js";
import { createFleetView, formatFleet, toFleetDocument } from "../../../src/cli/terminal/fleet-view.js";
import { formatProcessorRef } from "../../../src/domain/refs.js";
import { aTerminal } from "../../support/cli-context.js";
import { REF } from "../../support/domain-builders.js";

const NAME = formatProcessorRef(REF);

const ROW: FleetRow = {
  ref: REF,
  was: "FAILED SP10",
  declared: "STARTED SP30",
  now: "STARTED SP30",
  did: "start succeeded",
  why: "runs as declared",
  standing: "settled",
};

const aFleetOf = (rows: readonly FleetRow[], fields: Partial<ShownFleet> = {}): ShownFleet => ({
  rows: () => rows,
  count: () => rows.length,
  open: 0,
  next: [],
  ...fields,
});

/** All of a fleet at once. */
function show(view: FleetView, rows: readonly FleetRow[]): void {
  view.show(rows, aFleetOf(rows));
}

it("is a table with the workspace before the processor, and not its project: one stack has one", () => {
  expect(formatFleet([ROW])).toBe(
    "PROCESSOR      WAS          DECLARED      NOW           DID              WHY\n" +
      "orders/clicks  FAILED SP10  STARTED SP30  STARTED SP30  start succeeded  runs as declared",
  );
});

it.each([
  { height: 6, drawn: formatFleet([ROW]), reason: "one line more than its surroundings" },
  {
    height: 5,
    drawn: `0 of 1 processors are where they should be; the last that moved:\n${formatFleet([ROW])}`,
    reason: "too few for a table of all",
  },
])("on $height lines for one row: $reason", ({ height, drawn: expected }) => {
  const { terminal, drawn, notes } = aTerminal({ isInteractive: true, height });
  createFleetView(terminal).show([ROW], aFleetOf([ROW], { open: 1 }));
  expect(drawn).toEqual([expected]);
  expect(notes).toEqual([]);
});

const named = (processor: string, standing: FleetRow["standing"] = "pending"): FleetRow => ({
  ...ROW,
  ref: { ...REF, processor },
  standing,
});

it("of a fleet that is higher than the terminal those that moved last are drawn, and what has arrived goes first", () => {
  const { terminal, drawn } = aTerminal({ isInteractive: true, height: 7 });
  const view = createFleetView(terminal);
  const fleet = aFleetOf([], { count: () => 10_000, open: 3 });
  view.show([named("a"), named("b", "settled"), named("c")], fleet);
  view.show([named("d")], fleet);
  // It was drawn, and has not moved since.
  view.show([named("d")], fleet);
  const lines = drawn.map((text) =>
    text
      .split("\n")
      .slice(2)
      .map((line) => line.split(" ")[0]),
  );
  expect(lines).toEqual([
    ["orders/a", "orders/c"],
    ["orders/c", "orders/d"],
    ["orders/c", "orders/d"],
  ]);
  expect(drawn[0]).toMatch(/^9997 of 10000 processors are where they should be; the last that moved:\n/);
});

it("says what to try next: below the table, or once in a log", () => {
  const table = aTerminal({ isInteractive: true, height: 10 });
  createFleetView(table.terminal).show([ROW], aFleetOf([ROW], { next: ["try", "this"] }));
  expect(table.drawn).toEqual([`${formatFleet([ROW])}\ntry\nthis`]);
  const log = aTerminal();
  const view = createFleetView(log.terminal);
  for (const next of [[], ["try"], ["try"]]) view.show([], aFleetOf([], { next }));
  expect(log.notes).toEqual(["try"]);
});

it("a high terminal nobody sits at is not drawn on", () => {
  const { terminal, drawn } = aTerminal({ isInteractive: false, height: 100 });
  show(createFleetView(terminal), [ROW]);
  expect(drawn).toEqual([]);
});

it.each<{ readonly reason: string; readonly fields: Partial<FleetRow>; readonly line: string }>([
  {
    reason: "moved",
    fields: {},
    line: "FAILED SP10 -> STARTED SP30, declared STARTED SP30; start succeeded; runs as declared",
  },
  {
    reason: "as it was, nothing done",
    fields: { was: "STARTED SP30", did: "" },
    line: "STARTED SP30, declared STARTED SP30; runs as declared",
  },
  {
    reason: "nobody declared it",
    fields: { was: "STOPPED", now: "STOPPED", declared: "-", did: "", why: "no policy" },
    line: "STOPPED, not declared; no policy",
  },
])("a line of one that is $reason", ({ fields, line }) => {
  const { terminal, notes } = aTerminal();
  show(createFleetView(terminal), [{ ...ROW, ...fields }]);
  expect(notes).toEqual([`${NAME}: ${line}`]);
});

it("a line is printed once until it changes, and again when it is as it was before", () => {
  const { terminal, notes } = aTerminal();
  const view = createFleetView(terminal);
  const [started, failed] = [ROW, { ...ROW, now: "FAILED SP30" }];
  for (const row of [started, started, failed, failed, started]) show(view, [row]);
  expect(notes.map((note) => note.split(",")[0])).toEqual([
    `${NAME}: FAILED SP10 -> STARTED SP30`,
    `${NAME}: FAILED SP10 -> FAILED SP30`,
    `${NAME}: FAILED SP10 -> STARTED SP30`,
  ]);
});

it("a table is drawn of the whole fleet, whichever rows a look brought", () => {
  const { terminal, drawn, notes } = aTerminal({ isInteractive: true, height: 10 });
  const other = { ...ROW, ref: { ...REF, workspace: "shop" } };
  const whole = aFleetOf([ROW, other]);
  createFleetView(terminal).show([other], whole);
  expect(drawn).toEqual([formatFleet([ROW, other])]);
  expect(notes).toEqual([]);
});

it("of a fleet in a log only the rows of the look are asked for", () => {
  const { terminal, notes } = aTerminal();
  const rows = (): never => {
    throw new Error("the fleet is not asked for");
  };
  createFleetView(terminal).show([ROW], aFleetOf([], { rows, count: () => 10_000 }));
  expect(notes).toHaveLength(1);
});

it("one that nobody has seen yet has no line until it is seen", () => {
  const { terminal, notes } = aTerminal();
  const view = createFleetView(terminal);
  show(view, [{ ...ROW, now: "-" }]);
  expect(notes).toEqual([]);
  show(view, [ROW]);
  expect(notes).toHaveLength(1);
});

it("two processors of one name in two workspaces are told apart", () => {
  const { terminal, notes } = aTerminal();
  const view = createFleetView(terminal);
  const other = { ...ROW, ref: { ...REF, workspace: "shop" } };
  show(view, [ROW, other]);
  show(view, [ROW, { ...other, now: "FAILED" }]);
  expect(notes.map((note) => note.split(":")[0])).toEqual([
    NAME,
    formatProcessorRef(other.ref),
    formatProcessorRef(other.ref),
  ]);
});

it("the document for programs names each in full and loses no field", () => {
  expect(toFleetDocument([ROW], { converged: true, temporalUi: "http://localhost:8233" })).toEqual({
    converged: true,
    temporalUi: "http://localhost:8233",
    processors: [
      {
        processor: NAME,
        was: "FAILED SP10",
        declared: "STARTED SP30",
        now: "STARTED SP30",
        did: "start succeeded",
        why: "runs as declared",
        standing: "settled",
      },
    ],
  });
  expect(toFleetDocument([], { converged: false, temporalUi: undefined })).toEqual({
    converged: false,
    temporalUi: null,
    processors: [],
  });
});
