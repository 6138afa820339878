// Fleets: the generated one is reproducible and quick, the sample one and samples/fleet.yaml fit together, and a world
// survives its snapshot.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { generateFleet, parseFleetSize } from "../../../../src/sim/program/fleet.js";
import { parseFaults } from "../../../../src/sim/faults/faults.js";
import { populateSampleFleet, SAMPLE_FAULTS } from "../../../../src/sim/program/sample-fleet.js";
import { requestStart } from "../../../../src/sim/world/start-stop.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";
import type { SimProcessor, World } from "../../../../src/sim/world/world-model.js";
import { fromSnapshot, toSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import { advanceTo, createWorld, takeEffects } from "../../../../src/sim/world/world.js";
import { ADDRESS, aWorld, CAUSE, START, theProcessor } from "../../../support/sim-world.js";

const empty = (seed: number): World => createWorld({ settings: buildSettings(), seed, timeScale: 1 });

interface PolicyDocument {
  readonly project: string;
  readonly workspace: string;
  readonly processors: Readonly<Record<string, { readonly state: string }>>;
}

const sampleText = (): string =>
  readFileSync(new URL("../../../../samples/fleet.yaml", import.meta.url), "utf8");

function sampleWorld(): World {
  const world = empty(1);
  populateSampleFleet(world, START);
  return world;
}

const allProcessors = (world: World): readonly SimProcessor[] =>
  [...world.projects.values()].flatMap((project) =>
    [...project.workspaces.values()].flatMap((workspace) => [...workspace.processors.values()]),
  );

it("generates the same fleet for the same seed, as large as asked", () => {
  const fleetOf = (seed: number): string => {
    const world = empty(seed);
    generateFleet(world, { processors: 1_000, workspaces: 60 }, START);
    return JSON.stringify(toSnapshot(world));
  };
  expect(fleetOf(7)).toBe(fleetOf(7));
  expect(fleetOf(7)).not.toBe(fleetOf(8));
  const world = empty(7);
  generateFleet(world, { processors: 1_000, workspaces: 60 }, START);
  expect(allProcessors(world)).toHaveLength(1_000);
  expect(new Set(allProcessors(world).map((one) => one.id)).size).toBe(1_000);
  expect(world.projects.size).toBe(3);
});

it.each([
  { text: "10000x500", size: { processors: 10_000, workspaces: 500 } },
  { text: "10x0", size: undefined },
  { text: "ten", size: undefined },
])("reads $text as a fleet", ({ text, size }) => {
  expect(parseFleetSize(text)).toEqual(size);
});

it.each([
  { reason: "the sample", make: sampleWorld },
  {
    reason: "a generated fleet",
    make: () => {
      const world = empty(7);
      generateFleet(world, { processors: 40, workspaces: 3 }, START);
      return world;
    },
  },
])("has in each workspace of $reason the source that its processors read", ({ make }) => {
  const workspaces = [...make().projects.values()].flatMap((project) => [...project.workspaces.values()]);
  expect(workspaces).toHaveLength(3);
  for (const { connections, processors } of workspaces) {
    const sources = [...processors.values()].map(({ pipeline }) => pipeline[0]);
    const known = [...connections.keys()].map((connectionName) => ({ $source: { connectionName } }));
    expect(known).toHaveLength(1);
    expect(sources.filter((one) => JSON.stringify(one) !== JSON.stringify(known[0]))).toEqual([]);
  }
});

it("shows every kind of processor in the sample", () => {
  const processors = allProcessors(sampleWorld());
  expect(processors.length).toBeGreaterThanOrEqual(40);
  const states = new Set(processors.map((one) => one.state));
  expect([...states].sort()).toEqual(["CREATED", "FAILED", "PROVISIONING", "STARTED", "STOPPED"]);
});

it("turns the sample's PROVISIONING ones into STARTED after fifteen seconds", () => {
  const world = sampleWorld();
  advanceTo(world, START + 15_000);
  expect(allProcessors(world).filter((one) => one.state === "PROVISIONING")).toEqual([]);
});

it("declares in samples/fleet.yaml what the sample fleet has, one that it lacks, and leaves three unmanaged", () => {
  const world = sampleWorld();
  const documents = parseAllDocuments(sampleText()).map((one) => one.toJS() as PolicyDocument);
  const inAtlas = [...world.projects.values()].flatMap((project) =>
    [...project.workspaces.values()].flatMap((workspace) =>
      [...workspace.processors.keys()].map((name) => `${workspace.name}/${name}`),
    ),
  );
  const declared = documents.flatMap((one) =>
    Object.keys(one.processors).map((name) => `${one.workspace}/${name}`),
  );
  expect(documents.map((one) => world.projects.get(one.project)?.workspaces.has(one.workspace))).toEqual([
    true,
    true,
    true,
  ]);
  expect(declared.filter((ref) => !inAtlas.includes(ref))).toEqual(["orders/coupons-archive"]);
  expect(inAtlas.filter((ref) => !declared.includes(ref))).toEqual([
    "orders/tmp-debug-anna",
    "clickstream/playground",
    "telemetry/load-test-old",
  ]);
});

it("names the refused one by a line that programs can read", () => {
  const refs = [...sampleText().matchAll(/^\s*# headgate: expect-refused (\S+)$/gm)].map((match) => match[1]);
  expect(refs).toEqual(["32b6e34b3d91647abb20e7b8/orders/refunds-audit"]);
  const refused = parseFaults(SAMPLE_FAULTS).filter((rule) => rule.when.to === undefined);
  expect(refused.map((rule) => rule.when.processor)).toEqual(["refunds-audit"]);
});

it("goes on from a snapshot with what was planned", () => {
  const world = aWorld({ processor: { state: "STOPPED" } });
  requestStart(world, ADDRESS, { options: { tier: "SP30" }, cause: CAUSE, now: START });
  const stored = JSON.parse(JSON.stringify(toSnapshot(world))) as ReturnType<typeof toSnapshot>;
  const restored = fromSnapshot(stored, { settings: buildSettings(), timeScale: 1 });
  advanceTo(world, START + 6_000);
  advanceTo(restored, START + 6_000);
  expect(theProcessor(restored)).toMatchObject({ state: "STARTED", tier: "SP30" });
  expect(theProcessor(restored).startedAt).toBe(theProcessor(world).startedAt);
  expect([takeEffects(world).length, takeEffects(restored).length]).toEqual([1, 0]);
});
