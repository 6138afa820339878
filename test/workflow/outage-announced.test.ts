// An outage that a person announces: its set is stopped in waves, rests, and is brought back whole, and nothing else
// is.
import { afterAll, beforeAll, expect, it } from "vitest";
import { beginOutage, endOutage, findOutages, tellIncident } from "../../src/app/act/outage.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { callsOf, passLater } from "../support/changes.js";
import { PROJECT, aFleet, many, toNames, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const WORKSPACE = "orders";
const WAVE = 4;
const MINUTE_MS = 60_000;
const NAMES = toNames(10);
const refs = NAMES.map((processor) => ({ project: PROJECT, workspace: WORKSPACE, processor }));
/** Declared STOPPED, only observed, and nobody's: the outage is none of their business. */
const OTHERS = { "p-8": "{ state: STOPPED }", "p-9": "{ state: STARTED, mode: observe }" };
const MEMBERS = NAMES.filter((name) => !["p-8", "p-9", "p-10"].includes(name));

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    settings: { ...PATIENT, incidentWave: WAVE },
    simulator: { populate: aFleet({ [WORKSPACE]: { ...many(10, "STARTED"), "p-8": "STOPPED" } }) },
  });
  await loop.startWorker();
  const policies = [
    ...MEMBERS.map((name) => `${name}: { state: STARTED }`),
    ...Object.entries(OTHERS).map(([name, policy]) => `${name}: ${policy}`),
  ];
  await applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: ${WORKSPACE}, processors: { ${policies.join(", ")} } }`,
  );
  await passLater(loop, WORKSPACE, MINUTE_MS);
});
afterAll(() => loop.stop());

async function readStates(): Promise<Readonly<Record<string, string>>> {
  const rows = await listStoredProcessors(loop.database.store, { project: PROJECT, workspace: WORKSPACE });
  return Object.fromEntries(rows.map(({ ref, state }) => [ref.processor, state ?? "-"]));
}

async function passUntil(isOver: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    await passLater(loop, WORKSPACE, MINUTE_MS);
    await until(async () => {
      const open = await loop.database.store.query("select from changes where closed_at is null");
      return open.length === 0 ? true : undefined;
    });
    return (await isOver()) ? true : undefined;
  });
}

let id = "";

it("stops what is declared STARTED, a wave at a time, and says what it left out", async () => {
  const begun = await beginOutage(loop.app, { refs, why: "broker upgrade" });
  expect(begun.outages.map(({ members }) => members.map(({ processor }) => processor))).toEqual([
    [...MEMBERS].sort(),
  ]);
  expect(begun.leftOut.map(({ processor }) => processor).sort()).toEqual(["p-10", "p-8", "p-9"]);
  id = begun.outages[0]?.id ?? "";
  await passUntil(async () => (await tellIncident(loop.app, id))?.incident.phase === "resting");
  expect(
    callsOf(loop, WORKSPACE, "stop")
      .map(({ processor }) => processor ?? "")
      .sort(),
  ).toEqual([...MEMBERS].sort());
  const states = await readStates();
  expect(MEMBERS.filter((name) => states[name] !== "STOPPED")).toEqual([]);
  expect([states["p-9"], states["p-10"]]).toEqual(["STARTED", "STARTED"]);
});

it("leaves them at rest, though they are declared STARTED, and counts no attempt", async () => {
  for (let passes = 0; passes < 3; passes += 1) await passLater(loop, WORKSPACE, 60 * MINUTE_MS);
  expect(callsOf(loop, WORKSPACE, "startWith")).toEqual([]);
  const rows = await listStoredProcessors(loop.database.store, { project: PROJECT, workspace: WORKSPACE });
  const members = rows.filter(({ ref }) => MEMBERS.includes(ref.processor));
  expect(members.map(({ reasonCode, attempts }) => [reasonCode, attempts])).toEqual(
    MEMBERS.map(() => ["in-incident", 0]),
  );
  expect(members[0]?.reason).toBe("waits for its turn in an incident: broker upgrade");
});

it("refuses a second outage over the same set", async () => {
  await expect(beginOutage(loop.app, { refs, why: "again" })).rejects.toThrow(
    /none of them can be in an outage/,
  );
});

it("brings back those it stopped, the canary first, and tells the story", async () => {
  expect(await findOutages(loop.app, refs)).toEqual([id]);
  expect(await endOutage(loop.app, { id, why: "broker is back", isAtOnce: false })).toBe(true);
  await passUntil(async () => (await tellIncident(loop.app, id))?.incident.closedAt !== null);
  const starts = callsOf(loop, WORKSPACE, "startWith");
  expect(starts.map(({ processor }) => processor ?? "").sort()).toEqual([...MEMBERS].sort());
  const story = await tellIncident(loop.app, id);
  expect(story?.timeline.map(({ kind, actor }) => [kind, actor])).toEqual([
    ["incident.opened", "tester"],
    ["incident.resting", "headgate"],
    ["incident.ending", "tester"],
    ["incident.trying", "headgate"],
    ["incident.refilling", "headgate"],
    ["incident.refilling", "headgate"],
    ["incident.closed", "headgate"],
  ]);
  expect(story?.timeline.at(-1)?.text).toBe(`${String(MEMBERS.length)} run again`);
  const states = await readStates();
  expect(NAMES.filter((name) => states[name] !== "STARTED")).toEqual(["p-8"]);
});

it("can be closed at once: each is left to its own policy", async () => {
  const begun = await beginOutage(loop.app, { refs, why: "once more" });
  const [outage] = begun.outages;
  const end = { id: outage?.id ?? "", why: "called off", isAtOnce: true };
  expect(await endOutage(loop.app, end)).toBe(true);
  expect(await endOutage(loop.app, end)).toBe(false);
  await passUntil(async () => {
    const states = await readStates();
    return MEMBERS.every((name) => states[name] === "STARTED");
  });
});
