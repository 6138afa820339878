// Who did it, over the real loop: a person's stop is named, respected for as long as the policy says and then healed;
// one that nobody is named for is left alone for the grace of any; what Atlas scales by itself is left alone.
import { afterEach, expect, it } from "vitest";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { declareIn, passLater, postsOf, processorIn, refOf, untilClosedIn } from "../support/changes.js";
import { aFleet } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { LoopOptions, TestLoop } from "../support/loop.js";
import { readJournal } from "../support/store-rows.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

const HOUR_MS = 3_600_000;
const RESPECTING = "{ state: STARTED, recovery: { respectManualStop: 4h } }";

async function startDeclared(simulator: LoopOptions["simulator"] = {}): Promise<TestLoop> {
  const started = await startLoop({
    simulator: { populate: aFleet({ orders: { p: "STARTED" } }), ...simulator },
    settings: PATIENT,
  });
  loop = started;
  await started.startWorker();
  await declareIn(started, "orders", RESPECTING);
  await passLater(started, "orders");
  return started;
}

const eventCalls = ({ simulator }: TestLoop): number =>
  simulator.log().filter(({ operation }) => operation === "listEvents").length;

it("a person's stop is named, respected for as long as declared, and then healed", async () => {
  const at = await startDeclared();
  at.simulator.mutate({ op: "stop", ...refOf("orders"), by: "jane@example.com" });
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({
    state: "STOPPED",
    stateBy: "jane@example.com",
    reason: "jane@example.com brought it to STOPPED: waiting the declared grace",
  });
  expect(await readJournal(at.database.store, "state.changed")).toContain(
    "STARTED -> STOPPED by jane@example.com",
  );
  await passLater(at, "orders", 3 * HOUR_MS);
  expect(postsOf(at, "orders")).toEqual([]);
  // Known by now: it was asked once.
  expect(eventCalls(at)).toBe(1);
  await passLater(at, "orders", HOUR_MS);
  expect(await untilClosedIn(at, "orders")).toMatchObject([{ kind: "start", outcome: "succeeded" }]);
});

it("a stop for which Atlas names nobody is left alone for the grace of anybody's", async () => {
  const at = await startDeclared({ settings: buildSettings(["events.moverShown=false"]) });
  at.simulator.mutate({ op: "stop", ...refOf("orders"), by: "jane@example.com" });
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({
    stateBy: null,
    reason: "somebody else brought it to STOPPED: waiting the declared grace",
  });
  await passLater(at, "orders", HOUR_MS);
  expect(await untilClosedIn(at, "orders")).toMatchObject([{ kind: "start", outcome: "succeeded" }]);
});

it("a processor that Atlas scales is left alone: its stop in between and its new tier", async () => {
  const at = await startDeclared();
  at.simulator.mutate({ op: "autoscale", ...refOf("orders"), to: "SP30", forMs: 10_000_000 });
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({
    state: "PROVISIONING",
    stateBy: "Atlas's autoscaling",
    reasonCode: "in-transition",
  });
  at.simulator.mutate({ op: "set", ...refOf("orders"), state: "STOPPED" });
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({
    state: "STOPPED",
    reason: "Atlas's autoscaling brought it to STOPPED: waiting the declared grace",
  });
  at.simulator.mutate({ op: "set", ...refOf("orders"), state: "STARTED" });
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({ state: "STARTED", reasonCode: "as-declared" });
  expect(postsOf(at, "orders")).toEqual([]);
});
