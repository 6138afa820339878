// The options of `headgate sim` as typed: what each becomes, every refusal in its words, and all of them at once.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { toSimulatorOptions } from "../../../../src/sim/program/run-options.js";
import type { SimCommandOptions } from "../../../../src/sim/program/run-options.js";
import { SAMPLE_FAULTS } from "../../../../src/sim/program/sample-fleet.js";
import { buildSettings, SimOptionError } from "../../../../src/sim/settings/settings.js";
import { createWorld } from "../../../../src/sim/world/world.js";
import type { World } from "../../../../src/sim/world/world-model.js";
import { START } from "../../../support/sim-world.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sim-options-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function aFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function faultsOf(options: SimCommandOptions): readonly string[] {
  try {
    toSimulatorOptions(options);
    return [];
  } catch (error) {
    if (!(error instanceof SimOptionError)) throw error;
    return error.faults;
  }
}

it("leaves out what was not typed, so that the server's defaults hold", () => {
  expect(toSimulatorOptions({})).toEqual({ settings: buildSettings(), faults: [] });
});

it("hands on what the server takes as it is", () => {
  const credentials = { clientId: "c" };
  const given = { host: "::1", port: 0, seed: 7, timeScale: 2.5, credentials };
  expect(toSimulatorOptions(given)).toMatchObject(given);
});

it("puts assignments over the defaults", () => {
  expect(toSimulatorOptions({ set: ["stop.delayMs=5"] }).settings).toEqual(buildSettings(["stop.delayMs=5"]));
});

function populated(options: SimCommandOptions): World {
  const world = createWorld({ settings: buildSettings(), seed: 1, timeScale: 1 });
  toSimulatorOptions(options).populate?.(world, START);
  return world;
}
const sizeOf = (world: World): readonly number[] =>
  [...world.projects.values()].flatMap((project) =>
    [...project.workspaces.values()].map((one) => one.processors.size),
  );

it.each([
  { reason: "neither", options: {}, sizes: [] },
  { reason: "a generated fleet", options: { fleet: "10x3" }, sizes: [3, 3, 4] },
  { reason: "the sample", options: { sample: true }, sizes: [17, 14, 13] },
  { reason: "a fleet, the sample not wanted", options: { fleet: "2x1", sample: false }, sizes: [2] },
])("fills the world with $reason", ({ options, sizes }) => {
  expect(sizeOf(populated(options))).toEqual(sizes);
});

it("puts a script before the faults of the sample", () => {
  const script = aFile("faults.json", JSON.stringify([{ id: "mine", what: { kind: "hang" } }]));
  const faults = toSimulatorOptions({ script, sample: true }).faults as readonly { readonly id?: string }[];
  expect(faults.map((one) => one.id)).toEqual(["mine", ...SAMPLE_FAULTS.map((one) => one.id)]);
});

it.each([
  { reason: "no file", make: () => join(folder, "nowhere.json"), says: "ENOENT" },
  { reason: "no JSON", make: () => aFile("bad.json", "{"), says: "JSON" },
  {
    reason: "an unknown kind",
    make: () => aFile("kind.json", '{"what":{"kind":"explode"}}'),
    says: "what.kind",
  },
  { reason: "a folder", make: () => folder, says: "EISDIR" },
])("refuses a script: $reason", ({ make, says }) => {
  const script = make();
  const [fault = "", ...more] = faultsOf({ script });
  expect([fault.startsWith(`--script ${script}: want fault rules as JSON: `), more]).toEqual([true, []]);
  expect(fault).toContain(says);
});

it.each([
  { options: { fleet: "ten" }, fault: "--fleet ten: want NxM, as in 100x5" },
  { options: { fleet: "10x0" }, fault: "--fleet 10x0: want NxM, as in 100x5" },
  { options: { fleet: "10x2", sample: true }, fault: "--fleet 10x2: want it without --sample" },
  { options: { timeScale: 0 }, fault: "--time-scale 0: want a number above 0" },
  { options: { timeScale: -2 }, fault: "--time-scale -2: want a number above 0" },
  { options: { timeScale: Number.POSITIVE_INFINITY }, fault: "--time-scale Infinity: want a number above 0" },
  { options: { timeScale: Number.NaN }, fault: "--time-scale NaN: want a number above 0" },
  { options: { tlsCert: "c.pem" }, fault: "--tls-cert c.pem: want --tls-key with it" },
  { options: { tlsKey: "k.pem" }, fault: "--tls-key k.pem: want --tls-cert with it" },
])("refuses $options", ({ options, fault }) => {
  expect(faultsOf(options)).toEqual([fault]);
});

it("refuses a certificate that is not there, or is none", () => {
  const missing = join(folder, "nowhere.pem");
  const pem = aFile("not-a.pem", "hello");
  expect(faultsOf({ tlsCert: missing, tlsKey: pem })[0]).toContain(
    `--tls-cert ${missing}: want a PEM file: ENOENT`,
  );
  expect(faultsOf({ tlsCert: pem, tlsKey: missing })[0]).toContain(
    `--tls-key ${missing}: want a PEM file: ENOENT`,
  );
  expect(faultsOf({ tlsCert: pem, tlsKey: pem })[0]).toContain("want a certificate and its key");
});

it("makes the folders of the files that it will write, and begins the log at once", () => {
  const state = join(folder, "a", "b", "world.json");
  const log = join(folder, "c", "d", "log.jsonl");
  expect(toSimulatorOptions({ state, log })).toMatchObject({ stateFile: state, logFile: log });
  expect([existsSync(join(folder, "a", "b")), existsSync(state)]).toEqual([true, false]);
  expect(readFileSync(log, "utf8")).toBe("");
});

it("keeps what a log holds already", () => {
  const log = aFile("old.jsonl", "line\n");
  toSimulatorOptions({ log });
  expect(readFileSync(log, "utf8")).toBe("line\n");
});

it.each(["state", "log"] as const)("refuses a file for --%s whose folder is a file", (option) => {
  const file = join(aFile(`${option}.txt`, ""), "inside.json");
  const faults = faultsOf({ [option]: file });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(`--${option} ${file}: want a file that can be written: `);
});

it("names the faults of all options at once, in a fixed order", () => {
  const options = {
    set: ["a=1", "b=2"],
    timeScale: 0,
    fleet: "x",
    script: join(folder, "nowhere"),
    tlsCert: "c",
  };
  expect(faultsOf(options).map((one) => one.split(" ", 1)[0])).toEqual([
    "--time-scale",
    "--set",
    "--set",
    "--fleet",
    "--script",
    "--tls-cert",
  ]);
});
