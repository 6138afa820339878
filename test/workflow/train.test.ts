// A restart train of sixty over the real loop: its second wave fails, whoever is left runs on, and the next night goes
// on with those. The simulator's log is the judge of who was stopped, and when.
import { afterAll, beforeAll, expect, it } from "vitest";
import { readClock } from "../../src/store/postgres/clock.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import { postsOf } from "../support/changes.js";
import { PROJECT, aFleet, many, toNames, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const WORKSPACE = "orders";
const COUNT = 60;
/** Nobody was restarted before, so the first night goes by name. */
const ORDER = [...toNames(COUNT)].sort();
/** Four follow the canary and the first wave of two. */
const SECOND_WAVE = ORDER.slice(3, 7);
/** 1, 2, 4, 8 and 16: what goes before the last wave. */
const WHOLE_WAVES = 31;

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: { populate: aFleet({ [WORKSPACE]: many(COUNT, "STARTED") }) },
    settings: { ...PATIENT, intervalMs: 1_000, trainHoldMs: 1_000 },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

async function moveToNight(): Promise<void> {
  const now = await readClock(loop.database.store);
  const three = Math.floor(now / DAY_MS) * DAY_MS + 3 * HOUR_MS;
  await loop.database.advance((three > now ? three : three + DAY_MS) - now);
}

const findStopped = (): readonly string[] =>
  postsOf(loop, WORKSPACE)
    .filter(({ operation, effective }) => operation === "stop" && effective)
    .map(({ processor }) => processor ?? "");

async function readLines(kind: string): Promise<readonly string[]> {
  const rows = await loop.database.store.query<{ text: string }>("select text from journal where kind = $1", [
    kind,
  ]);
  return rows.map(({ text }) => text);
}

const readProcessors = (): ReturnType<typeof listStoredProcessors> =>
  listStoredProcessors(loop.database.store, { project: PROJECT, workspace: WORKSPACE });

const allRun = async (): Promise<true | undefined> => {
  const rest = (await readProcessors()).filter(
    ({ state, openChange }) => state !== "STARTED" || openChange !== null,
  );
  return rest.length === 0 ? true : undefined;
};

/** Nothing moves any more: the next attempt is an hour away. */
const allBackOff = async (): Promise<true | undefined> => {
  const found = await readProcessors();
  const waiting = found.filter(({ reasonCode }) => reasonCode === "backing-off");
  return waiting.length === SECOND_WAVE.length ? true : undefined;
};

/** A crash after a millisecond, or (null) none any more. */
function crashSecondWave(crashAfterMs: number | null): void {
  for (const processor of SECOND_WAVE)
    loop.simulator.mutate({ op: "set", project: PROJECT, workspace: WORKSPACE, processor, crashAfterMs });
}

function declareTrain(backoff: string): Promise<unknown> {
  const members = ORDER.map((name) => `${name}: {}`).join(", ");
  return applyText(
    loop.app,
    `{ project: ${PROJECT}, workspace: ${WORKSPACE}, processors: { ${members} },
       defaults: { restart: { cron: "0 3 * * *", timezone: UTC, train: nightly },
         recovery: { backoff: { initial: ${backoff}, max: ${backoff} } } } }`,
  );
}

it("aborts at its second wave, and leaves everybody else running", async () => {
  crashSecondWave(1);
  await declareTrain("1h");
  await moveToNight();
  const [line, ...others] = await until(async () => {
    const lines = await readLines("train.aborted");
    return lines.length > 0 ? lines : undefined;
  });
  expect(others).toEqual([]);
  expect(line).toMatch(/^train nightly of \S+: [234] of 7 restarted do not run .* 53 are left as they are/);
  expect(await readLines("slot.skipped")).toHaveLength(COUNT - 7);
  await until(allBackOff);
  expect(new Set(findStopped())).toEqual(new Set(ORDER.slice(0, 7)));
});

it("goes on the next night where it stopped, and restarts each once", async () => {
  crashSecondWave(null);
  // A new version counts attempts anew, so nobody waits for the hour.
  await declareTrain("1s");
  await until(allRun);
  const before = findStopped().length;
  await moveToNight();
  const stopped = await until(() => {
    const tonight = findStopped().slice(before);
    return Promise.resolve(tonight.length >= COUNT ? tonight : undefined);
  });
  await until(allRun);
  expect(stopped[0]).toBe(ORDER[7]);
  // Whole waves of those alone; the last one has them and the seven, in any order.
  expect(stopped.slice(0, WHOLE_WAVES).filter((name) => ORDER.indexOf(name) < 7)).toEqual([]);
  expect([...stopped].sort()).toEqual(ORDER);
  expect(await readLines("train.aborted")).toHaveLength(1);
});
