// Restart schedules over the nights, with two workers and a Schedule that ticks every second while passes are asked for
// beside it: each slot is one restart, whoever gets to it first. The database's clock is moved from night to night.
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { listStoredWorkspaces } from "../../src/store/people/listings/listings.js";
import type { ChangeListing } from "../../src/store/people/listings/listings.js";
import { declareIn, effectsOf, postsOf, untilClosedIn } from "../support/changes.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WORKSPACE = "orders";

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ [WORKSPACE]: { p: "STARTED" } }) },
    settings: { ...PATIENT, intervalMs: 1_000 },
  });
  await Promise.all([loop.startWorker(), loop.startWorker()]);
});
afterAll(() => loop.stop());

/** The next 03:00 UTC of the database's clock. */
async function findNight(): Promise<number> {
  const now = await readClock(loop.database.store);
  const three = Math.floor(now / DAY_MS) * DAY_MS + 180 * MINUTE_MS;
  return three > now ? three : three + DAY_MS;
}

async function moveClockTo(at: number): Promise<void> {
  await loop.database.advance(at - (await readClock(loop.database.store)));
}

/** Four passes asked for at once, and then one more of the Schedule's. */
async function passOften(): Promise<void> {
  const { store } = loop.database;
  const only = { project: PROJECT, workspace: WORKSPACE };
  await Promise.all(
    Array.from({ length: 4 }, () => requestPass(loop.app, { only: [only], isLookOnly: false })),
  );
  const asked = await readClock(store);
  await until(async () => {
    const [found] = await listStoredWorkspaces(store, only);
    return (found?.observedAt ?? 0) > asked ? true : undefined;
  });
}

/** Many passes before the slot, while its restart runs, and after it. */
async function passThrough(night: number, closed: number): Promise<readonly ChangeListing[]> {
  await moveClockTo(night - 10 * MINUTE_MS);
  await passOften();
  expect(await untilClosedIn(loop, WORKSPACE, closed - 1)).toHaveLength(closed - 1);
  await moveClockTo(night);
  await passOften();
  await untilClosedIn(loop, WORKSPACE, closed);
  await passOften();
  await moveClockTo(night + 10 * MINUTE_MS);
  await passOften();
  return untilClosedIn(loop, WORKSPACE, closed);
}

const A_RESTART = ["stop", "startWith"];

it("restarts once a night, however many passes and workers see the slot", async () => {
  await declareIn(loop, WORKSPACE, '{ state: STARTED, restart: { cron: "0 3 * * *", timezone: UTC } }');
  const night = await findNight();
  const [change, ...others] = await passThrough(night, 1);
  expect(others).toEqual([]);
  expect(change).toMatchObject({ kind: "restart", slotAt: night, outcome: "succeeded", posts: 2 });
  expect(effectsOf(loop, WORKSPACE)).toEqual(A_RESTART);
});

it("restarts once in the next night too", async () => {
  const night = await findNight();
  const changes = await passThrough(night, 2);
  expect(changes.map(({ slotAt, outcome }) => ({ slotAt, outcome }))).toEqual([
    { slotAt: night, outcome: "succeeded" },
    { slotAt: night - DAY_MS, outcome: "succeeded" },
  ]);
  expect(effectsOf(loop, WORKSPACE)).toEqual([...A_RESTART, ...A_RESTART]);
  expect(postsOf(loop, WORKSPACE)).toHaveLength(4);
});
