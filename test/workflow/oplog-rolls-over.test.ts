// An oplog rolls over during a stop: what was stopped ages past the window that its owner declared. It is told of in
// time, and nobody resumes it silently, neither the loop, nor the end of an outage. A person says where it begins. The
// simulator's log is the judge.
import { afterEach, expect, it } from "vitest";
import { arm } from "../../src/app/act/interventions.js";
import { beginOutage, endOutage, tellIncident } from "../../src/app/act/outage.js";
import { explain } from "../../src/app/look/explain.js";
import type { Explanation } from "../../src/app/look/explain.js";
import { pageProcessors } from "../../src/app/look/page-listing.js";
import { declareChannels } from "../../src/store/notices.js";
import { ask, callsOf, declareIn, passLater, processorIn, refOf, untilClosedIn } from "../support/changes.js";
import { aFleet, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { readNotices } from "../support/outbox.js";
import { readJournal } from "../support/store-rows.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POLICY = "{ state: STARTED, recovery: { oplogWindow: 24h } }";
const WHY =
  "its position is older than the oplog of its source reaches, so a start would find it gone: " +
  "start it with --at TIME or --no-resume";

/** Runs, and was looked at. */
async function begin(policy = POLICY): Promise<TestLoop> {
  loop = await startLoop({
    simulator: { populate: aFleet({ orders: { p: "STARTED" } }) },
    settings: PATIENT,
  });
  await loop.startWorker();
  await declareChannels(loop.database.store, ["webhook"], ["processor.parked"]);
  await declareIn(loop, "orders", policy);
  await passLater(loop, "orders");
  return loop;
}

/** In the simulator's own time, which a test cannot advance: its checkpoint is older than its oplog reaches. */
function rollOver({ simulator }: TestLoop): void {
  const window = { oplogWindowMs: 20 * 10 * MINUTE_MS, checkpointAt: Date.now() - HOUR_MS };
  expect(simulator.mutate({ op: "set", ...refOf("orders"), ...window })).toEqual([]);
}

async function listExpiring(at: TestLoop): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const rows of pageProcessors(at.database, { conditions: ["expiring"] })) {
    names.push(...rows.map(({ ref }) => ref.processor));
  }
  return names;
}

const explainIt = (at: TestLoop): Promise<Explanation> => explain(at.app, refOf("orders"));
const startsOf = (at: TestLoop): readonly unknown[] =>
  callsOf(at, "orders", "startWith").map(({ body }) => body);

/** Parked, told of, and not started by any later pass. */
async function expectParked(at: TestLoop): Promise<void> {
  expect(await processorIn(at, "orders")).toMatchObject({ state: "STOPPED", reasonCode: "parked" });
  for (let passes = 0; passes < 3; passes += 1) await passLater(at, "orders", HOUR_MS);
  expect(startsOf(at)).toEqual([]);
  const told = await explainIt(at);
  expect(told.decision).toMatchObject({ rowId: "parked", code: "parked" });
  expect(told.decision.why).toContain(WHY);
  expect(await listExpiring(at)).toEqual(["p"]);
  expect(await readJournal(at.database.store, "processor.parked")).toEqual([WHY]);
  expect((await readNotices(at.database.store)).map(({ kind, processor }) => [kind, processor])).toEqual([
    ["processor.parked", "p"],
  ]);
}

/** As its owner says, at a time that the oplog still has. */
async function startAtTime(at: TestLoop, changes: number): Promise<void> {
  const startAtOperationTime = new Date(Date.now() - 5 * MINUTE_MS).toISOString();
  await ask(at, { workspace: "orders", kind: "start" }, { options: { startAtOperationTime } });
  const [last] = await untilClosedIn(at, "orders", changes);
  expect(last).toMatchObject({ kind: "start", outcome: "succeeded" });
  expect(startsOf(at)).toEqual([expect.objectContaining({ startAtOperationTime })]);
  await passLater(at, "orders");
  expect(await processorIn(at, "orders")).toMatchObject({ state: "STARTED", reasonCode: "as-declared" });
  expect(await listExpiring(at)).toEqual([]);
}

it("a person stops it for two days, and says afterwards where it begins", async () => {
  const at = await begin();
  await ask(at, { workspace: "orders", kind: "stop" }, { suspendForMs: 48 * HOUR_MS });
  await untilClosedIn(at, "orders");
  await passLater(at, "orders");
  const { position } = (await explainIt(at)).observed;
  expect(position).not.toBeNull();
  await passLater(at, "orders", 17 * HOUR_MS);
  expect(await listExpiring(at)).toEqual([]);
  await passLater(at, "orders", 2 * HOUR_MS);
  expect(await listExpiring(at)).toEqual(["p"]);
  const end = (await explainIt(at)).next.find(({ code }) => code === "checkpoint");
  expect(end).toMatchObject({ at: (position?.at ?? 0) + 24 * HOUR_MS });
  expect(end?.text).toContain("oplog");
  await passLater(at, "orders", 30 * HOUR_MS);
  rollOver(at);
  await passLater(at, "orders", 10 * MINUTE_MS);
  await expectParked(at);
  await startAtTime(at, 2);
});

it("an announced outage lasts longer than the oplog: its end brings back nothing that is gone", async () => {
  const at = await begin();
  const { outages } = await beginOutage(at.app, { refs: [refOf("orders")], why: "a cluster moves" });
  const id = outages[0]?.id ?? "";
  const phase = async (): Promise<string | undefined> => (await tellIncident(at.app, id))?.incident.phase;
  await until(async () => {
    await passLater(at, "orders", MINUTE_MS);
    return (await phase()) === "resting" ? true : undefined;
  });
  await passLater(at, "orders", 25 * HOUR_MS);
  rollOver(at);
  expect(await endOutage(at.app, { id, why: "it has moved", isAtOnce: false })).toBe(true);
  await until(async () => {
    await passLater(at, "orders", MINUTE_MS);
    return (await tellIncident(at.app, id))?.incident.closedAt !== null ? true : undefined;
  });
  await expectParked(at);
  await startAtTime(at, 2);
});

it("its owner arms the position that its policy declares: that is a place to begin at", async () => {
  const startAtOperationTime = new Date(Date.now() - 5 * MINUTE_MS).toISOString();
  const start = `start: { startAtOperationTime: "${startAtOperationTime}" }`;
  const at = await begin(`{ ${start}, recovery: { oplogWindow: 24h } }`);
  await ask(at, { workspace: "orders", kind: "stop" }, { suspendForMs: 25 * HOUR_MS });
  await untilClosedIn(at, "orders");
  await passLater(at, "orders", 26 * HOUR_MS);
  rollOver(at);
  await passLater(at, "orders", 10 * MINUTE_MS);
  await expectParked(at);
  expect(await arm(at.app, refOf("orders"))).toBe(true);
  await passLater(at, "orders");
  await untilClosedIn(at, "orders", 2);
  expect(startsOf(at)).toEqual([expect.objectContaining({ startAtOperationTime })]);
});
