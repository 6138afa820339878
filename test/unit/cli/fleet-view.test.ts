// The fleet as `dev` shows it: drawn over itself where it fits the terminal, one line per transition elsewhere.
import { expect, it } from "vitest";
import type { FleetRow } from "../../../src/app/look/fleet.js";
import type { FleetView } from "../../../src/cli/terminal/fleet-view.js";
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

/** All of a fleet at once. */
function show(view: FleetView, rows: readonly FleetRow[]): void {
  view.show(rows, { rows: () => rows, count: () => rows.length });
}

it("is a table with the workspace before the processor, and not its project: one stack has one", () => {
  expect(formatFleet([ROW])).toBe(
    "PROCESSOR      WAS          DECLARED      NOW           DID              WHY\n" +
      "orders/clicks  FAILED SP10  STARTED SP30  STARTED SP30  start succeeded  runs as declared",
  );
});

it.each([
  { height: 6, isDrawn: true, reason: "one line more than it needs" },
  { height: 5, isDrawn: false, reason: "as many as it needs with its surroundings" },
  { height: 0, isDrawn: false, reason: "no terminal" },
])("on $height lines for one row: $reason", ({ height, isDrawn }) => {
  const { terminal, drawn, notes } = aTerminal({ isInteractive: true, height });
  show(createFleetView(terminal), [ROW]);
  expect(drawn).toEqual(isDrawn ? [formatFleet([ROW])] : []);
  expect(notes).toHaveLength(isDrawn ? 0 : 1);
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
  const whole = { rows: () => [ROW, other], count: () => 2 };
  createFleetView(terminal).show([other], whole);
  expect(drawn).toEqual([formatFleet([ROW, other])]);
  expect(notes).toEqual([]);
});

it("of a fleet that is higher than the terminal only the rows of the look are told", () => {
  const { terminal, drawn, notes } = aTerminal({ isInteractive: true, height: 10 });
  const rows = (): never => {
    throw new Error("the fleet is not asked for");
  };
  createFleetView(terminal).show([ROW], { rows, count: () => 10_000 });
  expect(drawn).toEqual([]);
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
