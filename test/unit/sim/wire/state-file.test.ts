// The world on disk: read back as it was written, refused if it is not ours, written whole and only when something has
// changed; and what the simulator says of itself when it listens.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseFaults } from "../../../../src/sim/faults/faults.js";
import { SimOptionError } from "../../../../src/sim/settings/settings.js";
import { summarizeProjects, toStartLine } from "../../../../src/sim/wire/start-line.js";
import { createStateSaver, readState } from "../../../../src/sim/wire/state-file.js";
import type { SimState } from "../../../../src/sim/wire/state-file.js";
import { toSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import { addWorkspace } from "../../../../src/sim/world/world.js";
import { alsoHas, aWorld, SIM_PROJECT } from "../../../support/sim-world.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sim-state-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const LONG_MS = 3_600_000;
const inFolder = (name: string): string => join(folder, name);

function aState(script = "[]"): SimState {
  const rules = parseFaults({ id: "one", what: { kind: "hang" } });
  return { version: 1, script, world: toSnapshot(aWorld()), faults: { rules, counts: [3] } };
}

it("reads back what it has written, in a folder that it makes", () => {
  const file = inFolder("deep/er/world.json");
  const saver = createStateSaver({ file, afterMs: LONG_MS }, () => aState());
  saver.touch();
  saver.flush();
  expect(readState(file)).toEqual(aState());
});

it("has no state where there is no file", () => {
  expect(readState(inFolder("nowhere.json"))).toBeUndefined();
});

it("saves only if something has changed since it saved last", () => {
  const file = inFolder("world.json");
  let taken = 0;
  const saver = createStateSaver({ file, afterMs: LONG_MS }, () => aState(String((taken += 1))));
  saver.flush();
  expect([taken, existsSync(file)]).toEqual([0, false]);
  saver.touch();
  saver.touch();
  saver.touch();
  expect(taken).toBe(0);
  saver.flush();
  saver.flush();
  expect([taken, readState(file)?.script]).toEqual([1, "1"]);
  saver.touch();
  saver.flush();
  expect([taken, readState(file)?.script]).toEqual([2, "2"]);
});

it("saves by itself some time after a change", async () => {
  const file = inFolder("world.json");
  const saver = createStateSaver({ file, afterMs: 1 }, () => aState("later"));
  saver.touch();
  expect(existsSync(file)).toBe(false);
  await expect.poll(() => readState(file)?.script).toBe("later");
});

it("takes the state when it saves, not when it was told of the change", () => {
  const file = inFolder("world.json");
  let script = "early";
  const saver = createStateSaver({ file, afterMs: LONG_MS }, () => aState(script));
  saver.touch();
  script = "late";
  saver.flush();
  expect(readState(file)?.script).toBe("late");
});

it("leaves no half-written file beside the state", () => {
  const saver = createStateSaver({ file: inFolder("world.json"), afterMs: LONG_MS }, () => aState());
  saver.touch();
  saver.flush();
  expect(readdirSync(folder)).toEqual(["world.json"]);
});

it("keeps the old state if the new one cannot be taken", () => {
  const file = inFolder("world.json");
  writeFileSync(file, JSON.stringify(aState("old")));
  const saver = createStateSaver({ file, afterMs: LONG_MS }, () => {
    throw new Error("no state to take");
  });
  saver.touch();
  expect(() => {
    saver.flush();
  }).toThrow("no state to take");
  expect(readState(file)?.script).toBe("old");
});

it("never saves without a file", () => {
  const saver = createStateSaver({ file: undefined, afterMs: 0 }, () => {
    throw new Error("asked for a state");
  });
  saver.touch();
  expect(() => {
    saver.flush();
  }).not.toThrow();
});

const { world, faults } = aState();
const NOT_OURS = "is not a state of this simulator";

it.each([
  { reason: "no JSON", text: "{", says: "cannot be read: SyntaxError" },
  { reason: "empty", text: "", says: "cannot be read: SyntaxError" },
  { reason: "nothing", text: "null", says: NOT_OURS },
  { reason: "a list", text: "[]", says: NOT_OURS },
  { reason: "of another version", text: JSON.stringify({ ...aState(), version: 2 }), says: NOT_OURS },
  { reason: "of no version", text: JSON.stringify({ world, faults }), says: NOT_OURS },
  { reason: "without a world", text: JSON.stringify({ version: 1, faults }), says: NOT_OURS },
  { reason: "without faults", text: JSON.stringify({ version: 1, world }), says: NOT_OURS },
  { reason: "of an empty world", text: JSON.stringify({ version: 1, world: {}, faults }), says: NOT_OURS },
  {
    reason: "of faults that are none",
    text: JSON.stringify({ version: 1, world, faults: {} }),
    says: NOT_OURS,
  },
])("refuses a file that is $reason, by its option and path", ({ text, says }) => {
  const file = inFolder("bad.json");
  writeFileSync(file, text);
  expect(() => readState(file)).toThrow(SimOptionError);
  expect(() => readState(file)).toThrow(`--state ${file}: ${says}`);
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("refuses a folder in place of a file", () => {
  expect(() => readState(folder)).toThrow(`--state ${folder}: cannot be read: Error: EISDIR`);
});

const CREDENTIALS = { clientId: "id", clientSecret: "sec", publicKey: "pub", privateKey: "priv" };

it("says of itself in one line where it is, with which credentials and what it has", () => {
  const projects = summarizeProjects(aWorld());
  const line = toStartLine({ url: "http://127.0.0.1:1", credentials: CREDENTIALS, projects });
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toEqual({
    url: "http://127.0.0.1:1",
    credentials: CREDENTIALS,
    projects: [{ id: SIM_PROJECT, workspaces: [{ name: "orders", processors: ["p"], count: 1 }] }],
  });
});

it("says no more than that, whatever it is handed", () => {
  const credentials = { ...CREDENTIALS, more: "secret" };
  const started = { url: "u", credentials, projects: [], server: "secret", close: (): void => undefined };
  expect(Object.keys(JSON.parse(toStartLine(started)) as object)).toEqual(["url", "credentials", "projects"]);
  expect(toStartLine(started)).not.toContain("secret");
});

it.each([
  { extra: 98, shown: 99 },
  { extra: 99, shown: 100 },
  { extra: 250, shown: 100 },
])("names a hundred processors of a workspace at most, and counts them all: $shown", ({ extra, shown }) => {
  const large = aWorld();
  for (let index = 0; index < extra; index += 1) alsoHas(large, `q${String(index)}`);
  addWorkspace(large, { project: SIM_PROJECT, name: "empty" });
  const [orders, empty] = summarizeProjects(large)[0]?.workspaces ?? [];
  expect([orders?.processors.length, orders?.count]).toEqual([shown, extra + 1]);
  expect(orders?.processors[0]).toBe("p");
  expect(empty).toEqual({ name: "empty", processors: [], count: 0 });
});
