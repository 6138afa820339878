// How long the budget makes people wait: what a 429 asks for, from Atlas's own bytes to the row; and what an activity
// does with a wait, short or long. The clock is the database's.
import { MockActivityEnvironment } from "@temporalio/testing";
import { ApplicationFailure, ApplicationFailureCategory } from "@temporalio/common";
import { expect, it } from "vitest";
import { createQuietWorkspaces } from "../../activities/quiet-workspaces.js";
import type { ActivityDeps } from "../../activities/deps.js";
import { toFailure } from "../../activities/failures.js";
import { admitCalls } from "../../src/calls/admission.js";
import type { AtlasClient, RateLimitReading } from "../../src/atlas/client.js";
import { AppError } from "../../src/base/errors.js";
import { createScheduler } from "../../src/domain/decide/schedule.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { createLogger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { correctBudget, listBudgets, takeCalls } from "../../src/store/pass/budgets.js";
import type { BudgetGrant } from "../../src/store/pass/budgets.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { createLoopStore } from "../../src/store/loop-store.js";
import { useDatabase } from "../support/store-rows.js";
import { WORKSPACE, anError, catchAppError, onStage, sendJson } from "../unit/atlas/scripted-server.js";
import type { Turn } from "../unit/atlas/scripted-server.js";

const { project } = WORKSPACE;
const database = useDatabase();
const take = (calls: number): Promise<BudgetGrant> =>
  takeCalls(database().store, { project, calls, callClass: "person" });

const DATE = "Sun, 22 Nov 2026 10:00:00 GMT";
const bucketError = (seconds: unknown): Record<string, unknown> => ({
  ...anError(429, "RATE_LIMITED_TOKEN_BUCKET", "Rate limit exceeded"),
  parameters: ["/api/atlas/v2/groups", seconds, 1_200, 500, 60],
});
const PLAIN = anError(429, "RATE_LIMITED", "slow down");

/** Sources: docs/atlas.md 6; the bounds are those of retry-after.ts. */
const ASKED: readonly (readonly [string, Record<string, string>, unknown, number])[] = [
  ["in seconds", { "retry-after": "7" }, PLAIN, 7_000],
  [
    "as a date, by Atlas's own clock",
    { "retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", date: DATE },
    PLAIN,
    30_000,
  ],
  ["as a date that is over", { "retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", date: DATE }, PLAIN, 1_000],
  ["0", { "retry-after": "0" }, PLAIN, 1_000],
  ["below 0", { "retry-after": "-5" }, PLAIN, 1_000],
  ["absent", {}, PLAIN, 10_000],
  ["absent, and told in the body", {}, bucketError(25), 25_000],
  ["absurdly long", { "retry-after": "99999999999" }, PLAIN, 900_000],
  ["in a far year", { "retry-after": "Sun, 22 Nov 2099 10:00:00 GMT", date: DATE }, PLAIN, 900_000],
  ["no time at all", { "retry-after": "soon" }, PLAIN, 10_000],
];

/** What the client reads of one answer, made the budget's as a worker makes it. */
async function beRefused(headers: Record<string, string>, body: unknown): Promise<void> {
  const play = ({ response }: Turn): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, 429, body);
  };
  const found: RateLimitReading[] = [];
  await onStage(play, async ({ client, readings }) => {
    const error = await catchAppError(client.listProcessors(WORKSPACE, {}));
    expect(error.code).toBe("atlas.rate_limited");
    found.push(...readings);
  });
  expect(found).toHaveLength(1);
  for (const reading of found) await correctBudget(database().store, reading);
}

it.each(ASKED)("blocks everybody for what a 429 asks: Retry-After %s", async (...row) => {
  const [, headers, body] = row;
  const blockedMs = row[3];
  const { store } = database();
  await take(1);
  const before = await readClock(store);
  await beRefused(headers, body);
  const [budget] = await listBudgets(store);
  const after = await readClock(store);
  expect(budget?.blockedUntil).toBeGreaterThanOrEqual(before + blockedMs);
  expect(budget?.blockedUntil).toBeLessThanOrEqual(after + blockedMs);
  expect(await take(1)).toMatchObject({ kind: "wait" });
  await database().advance(blockedMs);
  expect(await take(1)).toMatchObject({ kind: "granted" });
});

const noAtlas = (): never => {
  throw new Error("this test calls nobody");
};

function aDeps(readRateLimits: AtlasClient["readRateLimits"] = noAtlas): ActivityDeps {
  const atlas = { readRateLimits } as AtlasClient;
  return {
    store: createLoopStore(database().store, DEFAULT_SETTINGS),
    atlas,
    metrics: NO_METRICS,
    installation: { id: "0000000a", taskQueue: "headgate" },
    runs: { isOpen: noAtlas, startChange: noAtlas, requestPass: noAtlas },
    settings: DEFAULT_SETTINGS,
    scheduler: createScheduler(),
    finds: () => false,
    quiet: createQuietWorkspaces(),
    log: createLogger("silent"),
  };
}

/** Runs as an activity of an hour does, its errors translated. */
function admit(): Promise<number> {
  const info = { attempt: 1, scheduleToCloseTimeoutMs: 3_600_000 };
  const activity = async (): Promise<number> => {
    try {
      return await admitCalls(aDeps(), { project, calls: 1, callClass: "person" });
    } catch (error) {
      throw toFailure(error);
    }
  };
  return new MockActivityEnvironment(info).run<[], number, typeof activity>(activity);
}

async function block(ms: number): Promise<void> {
  await take(1);
  await correctBudget(database().store, { project, retryAfterMs: ms });
}

it("waits in place for what is due within two seconds", async () => {
  await block(1_200);
  const askedAt = await readClock(database().store);
  const grantedAt = await admit();
  expect(grantedAt - askedAt).toBeGreaterThan(900);
  expect(grantedAt - askedAt).toBeLessThan(2_000);
});

it("gives the slot back at once where it is longer: a benign failure, retried when the time has come", async () => {
  await block(40_000);
  const askedAt = performance.now();
  const failure: unknown = await admit().catch((error: unknown) => error);
  expect(performance.now() - askedAt).toBeLessThan(1_000);
  if (!(failure instanceof ApplicationFailure)) throw new Error("a failure of Temporal's was expected");
  expect(failure).toMatchObject({
    type: "atlas.rate_limited",
    nonRetryable: false,
    category: ApplicationFailureCategory.BENIGN,
  });
  const delayMs = Number(failure.nextRetryDelay);
  // Some jitter, so that those who waited do not come back all at once.
  expect(delayMs).toBeGreaterThan(39_000);
  expect(delayMs).toBeLessThanOrEqual(50_000);
});

it("asks for the limits with the first call of a day, once among all who ask, and believes them", async () => {
  const { store } = database();
  let asked = 0;
  const deps = aDeps(() => {
    asked += 1;
    return Promise.resolve({ capacity: 90, refillPerMinute: 300, refillStep: 10 });
  });
  const call = (): Promise<number> => admitCalls(deps, { project, calls: 1, callClass: "person" });
  await Promise.all(Array.from({ length: 20 }, call));
  expect(asked).toBe(1);
  expect(await listBudgets(store)).toMatchObject([{ capacity: 90, refillPerMinute: 300 }]);
  await database().advance(23 * 3_600_000);
  await call();
  expect(asked).toBe(1);
  await database().advance(2 * 3_600_000);
  await Promise.all(Array.from({ length: 20 }, call));
  expect(asked).toBe(2);
});

it("goes by the documented limits where Atlas tells none, or will not", async () => {
  const { store } = database();

  const refusing = aDeps(() => Promise.reject(new AppError("atlas.denied", "403")));
  await admitCalls(refusing, { project, calls: 1, callClass: "person" });
  await database().advance(25 * 3_600_000);
  const silent = aDeps(() => Promise.resolve(undefined));
  await admitCalls(silent, { project, calls: 1, callClass: "person" });
  expect(await listBudgets(store)).toMatchObject([{ capacity: 1_200, refillPerMinute: 500 }]);
});

it.each([
  ["short steps", { capacity: 60, refillPerMinute: 600, refillStep: 20 }, 40],
  ["long steps", { capacity: 9_000, refillPerMinute: 500, refillStep: 5_000 }, 4_000],
  ["a step that fills it", { capacity: 100, refillPerMinute: 100, refillStep: 100 }, 1],
])("lets go at once the capacity less one refill, with %s too", async (_what, limits, burst) => {
  const { store } = database();
  await take(1);
  await createLoopStore(store, DEFAULT_SETTINGS).writeLimits({ project, ...limits });
  await database().advance(86_400_000);
  const [budget] = await listBudgets(store);
  expect(budget?.left).toBe(burst);
});
