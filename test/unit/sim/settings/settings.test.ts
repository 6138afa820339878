// The switches of the simulator: what each kind of value takes, every refusal in its words, and that the table is what
// the program goes by.
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildSettings, listSettings, SimOptionError } from "../../../../src/sim/settings/settings.js";
import { SETTINGS } from "../../../../src/sim/settings/settings-table.js";

function faultsOf(...assignments: readonly string[]): readonly string[] {
  try {
    buildSettings(assignments);
    return [];
  } catch (error) {
    if (!(error instanceof SimOptionError)) throw error;
    return error.faults;
  }
}

it.each([
  { assignment: "stop.delayMs=0", name: "stop.delayMs", value: 0 },
  { assignment: "stop.delayMs=1.5", name: "stop.delayMs", value: 1.5 },
  { assignment: "stop.delayMs=1e3", name: "stop.delayMs", value: 1_000 },
  { assignment: "list.itemsPerPage=1", name: "list.itemsPerPage", value: 1 },
  { assignment: "errorMsg.shown=true", name: "errorMsg.shown", value: true },
  { assignment: "rateLimit.headers=false", name: "rateLimit.headers", value: false },
  { assignment: "startOfStarted=200", name: "startOfStarted", value: "200" },
  { assignment: "stopOfFailed=stops", name: "stopOfFailed", value: "stops" },
  { assignment: "missingProcessor.errorCode=A=B", name: "missingProcessor.errorCode", value: "A=B" },
  { assignment: "modify.replyState=", name: "modify.replyState", value: "" },
])("takes $assignment as $value", ({ assignment, name, value }) => {
  expect(buildSettings([assignment])).toEqual({ ...buildSettings(), [name]: value });
});

it.each([
  { assignment: "stop.delayMs=-1", want: "want a number from 0 up" },
  { assignment: "stop.delayMs=", want: "want a number from 0 up" },
  { assignment: "stop.delayMs= ", want: "want a number from 0 up" },
  { assignment: "stop.delayMs=fast", want: "want a number from 0 up" },
  { assignment: "stop.delayMs=Infinity", want: "want a number from 0 up" },
  { assignment: "stop.delayMs=NaN", want: "want a number from 0 up" },
  { assignment: "list.itemsPerPage=0", want: "want a number from 1 up" },
  { assignment: "errorMsg.shown=yes", want: "want true | false" },
  { assignment: "errorMsg.shown=TRUE", want: "want true | false" },
  { assignment: "errorMsg.shown=", want: "want true | false" },
  { assignment: "startOfStarted=201", want: "want 400 | 200" },
  { assignment: "stopOfProvisioning=", want: "want stops | 400" },
  { assignment: "errorMsg.shown", want: "want NAME=VALUE" },
  { assignment: "", want: "want NAME=VALUE" },
  { assignment: "=5", want: "no such setting; --list-settings shows them all" },
  { assignment: "nonsense=5", want: "no such setting; --list-settings shows them all" },
  { assignment: "constructor=5", want: "no such setting; --list-settings shows them all" },
  { assignment: "__proto__=5", want: "no such setting; --list-settings shows them all" },
  { assignment: "Stop.delayMs=5", want: "no such setting; --list-settings shows them all" },
  { assignment: "stop.delay=5", want: "no such setting; there are stop.delayMs" },
  {
    assignment: "checkpoint.x=5",
    want: "no such setting; there are checkpoint.intervalMs, checkpoint.expiryMs",
  },
])("refuses $assignment: $want", ({ assignment, want }) => {
  expect(faultsOf(assignment)).toEqual([`--set ${assignment}: ${want}`]);
});

it("lets the last of two assignments win", () => {
  expect(buildSettings(["stop.delayMs=1", "stop.delayMs=2"])["stop.delayMs"]).toBe(2);
});

it("names every fault, in the order of the assignments, also one that another would mend", () => {
  const faults = faultsOf("a=1", "stop.delayMs=5", "stop.delayMs=x", "stop.delayMs=6", "b");
  expect(faults.map((one) => one.split(":", 1)[0])).toEqual(["--set a=1", "--set stop.delayMs=x", "--set b"]);
});

it("puts one fault on each line of its message", () => {
  const error = new SimOptionError(["one", "two"]);
  expect([error.message, error.name]).toEqual(["one\ntwo", "SimOptionError"]);
});

it("has the defaults of the table, and no other name", () => {
  expect(buildSettings()).toEqual(
    Object.fromEntries(Object.entries(SETTINGS).map(([name, row]) => [name, row.value])),
  );
  expect(Object.keys(buildSettings()).sort()).toEqual(
    listSettings()
      .map((one) => one.name)
      .sort(),
  );
});

it.each(listSettings().filter((one) => one.choices !== undefined))(
  "takes each choice of $name, and its default is one",
  (row) => {
    expect(row.choices).toContain(row.value);
    for (const choice of row.choices ?? []) expect(faultsOf(`${row.name}=${choice}`)).toEqual([]);
    expect(row.allowed).toBe(row.choices?.join(" | "));
  },
);

it.each(listSettings().filter((one) => typeof one.value === "number"))(
  "takes for $name numbers from its smallest up",
  (row) => {
    const min = row.min ?? 0;
    expect(Number(row.value)).toBeGreaterThanOrEqual(min);
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (value) => {
        expect(faultsOf(`${row.name}=${String(value)}`).length).toBe(value < min ? 1 : 0);
      }),
      { numRuns: 20 },
    );
  },
);

it("says of each setting in one line what it does and where that comes from", () => {
  for (const { name, meaning, source } of listSettings()) {
    expect({ name, meaning }).toEqual({ name, meaning: expect.stringMatching(/^\S[^\n]{5,}\S$/) as string });
    expect({ name, source }).toEqual({
      name,
      source: expect.stringMatching(/docs\/atlas\.md|simulator/) as string,
    });
  }
});
