// The world as JSON and back: nothing is lost or reordered on the way, nothing is in it that belongs to the process,
// and what was asked for by requests of an old log marks no entry of the new one.
import { expect, it } from "vitest";
import { buildSettings } from "../../../../src/sim/settings/settings.js";
import { addSampleConnection } from "../../../../src/sim/world/connections.js";
import { drawHex } from "../../../../src/sim/world/random.js";
import { requestStart, requestStop } from "../../../../src/sim/world/start-stop.js";
import type { World } from "../../../../src/sim/world/world-model.js";
import { fromSnapshot, toSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import type { WorldSnapshot } from "../../../../src/sim/world/world-snapshot.js";
import { addWorkspace, advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import {
  ADDRESS,
  alsoHas,
  aWorld,
  CAUSE,
  SIM_PROJECT,
  START,
  theProcessor,
  theProject,
  theWorkspace,
} from "../../../support/sim-world.js";

const throughText = (world: World): WorldSnapshot =>
  JSON.parse(JSON.stringify(toSnapshot(world))) as WorldSnapshot;
const restored = (world: World, set: readonly string[] = []): World =>
  fromSnapshot(throughText(world), { settings: buildSettings(set), timeScale: 1 });

/** Two workspaces, a connection, and a start and a stop that are held. */
function aBusyWorld(): World {
  const world = aWorld({ processor: { state: "STOPPED", tier: "SP10" } });
  addSampleConnection(theWorkspace(world));
  for (const name of ["z", "a"]) alsoHas(world, name, { state: "STARTED", crashAfterMs: 700 });
  addWorkspace(world, { project: SIM_PROJECT, name: "another", tier: "SP5", maxTierSize: "SP50" });
  addWorkspace(world, { project: "f".repeat(24), name: "elsewhere" });
  requestStart(world, ADDRESS, { options: { tier: "SP30", autoscaling: null }, cause: CAUSE, now: START });
  requestStop(world, { ...ADDRESS, processor: "z" }, { cause: CAUSE, now: START });
  return world;
}

it("comes back whole: everything but the requests that planned something", () => {
  const world = aBusyWorld();
  const planned = throughText(world).planned.map((one) =>
    one.step.kind === "start" || one.step.kind === "stop"
      ? { ...one, step: { ...one.step, cause: { ...one.step.cause, requestSeq: null } } }
      : one,
  );
  expect(throughText(restored(world))).toEqual({ ...throughText(world), planned });
});

it("keeps the order of lists: projects, workspaces, processors, connections", () => {
  const copy = restored(aBusyWorld());
  expect([...copy.projects.keys()]).toEqual([SIM_PROJECT, "f".repeat(24)]);
  expect([...theProject(copy).workspaces.keys()]).toEqual(["orders", "another"]);
  expect([...theWorkspace(copy).processors.keys()]).toEqual(["p", "z", "a"]);
  expect([...theWorkspace(copy).connections.keys()]).toEqual(["sample_stream_solar"]);
});

it("draws on where the original would have drawn", () => {
  const world = aBusyWorld();
  const copy = restored(world);
  expect(drawHex(copy.random, 24)).toBe(drawHex(world.random, 24));
});

it("carries out what was planned, for nobody's request", () => {
  const copy = restored(aBusyWorld());
  advanceTo(copy, START + 60_000);
  expect([theProcessor(copy).state, theProcessor(copy, "z").state]).toEqual(["STARTED", "STOPPED"]);
  expect(theProcessor(copy).lastStart).toMatchObject({ by: "tester", requestSeq: null });
  expect(takeEffects(copy)).toEqual([]);
});

it("gives a held start its place back in the copy too", () => {
  const copy = restored(aBusyWorld());
  expect([theWorkspace(copy).pendingStarts, theProcessor(copy).pending]).toEqual([1, "start"]);
  advanceTo(copy, START + 60_000);
  expect([theWorkspace(copy).pendingStarts, theProcessor(copy).pending]).toEqual([0, null]);
});

it("lives under the settings of the process that reads it", () => {
  const copy = restored(aBusyWorld(), ["stop.delayMs=5", "events.kept=2"]);
  expect(copy.settings).toEqual(buildSettings(["stop.delayMs=5", "events.kept=2"]));
  expect(JSON.stringify(throughText(copy))).not.toContain("stop.delayMs");
});

it("begins with nothing to save and no effect to collect", () => {
  const world = aBusyWorld();
  advanceTo(world, START + 60_000);
  expect(world.effects).not.toEqual([]);
  const copy = restored(world);
  expect([copy.effects, copy.revision]).toEqual([[], 0]);
});

it("leaves the original alone once it has gone through text", () => {
  const world = aBusyWorld();
  const before = JSON.stringify(toSnapshot(world));
  advanceTo(restored(world), START + 600_000);
  expect(JSON.stringify(toSnapshot(world))).toBe(before);
});

it("stores an empty world", () => {
  const world = aWorld();
  world.projects.clear();
  expect(throughText(restored(world))).toEqual(throughText(world));
});
