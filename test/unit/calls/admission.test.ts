// The gate before every call: what it takes, how long it waits in place, and who asks for a project's limits. The
// budget is scripted grant by grant; how Postgres grants is tested in test/integration/store-budgets.test.ts.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { createLogger } from "../../../src/base/logger.js";
import { admitCalls } from "../../../src/calls/admission.js";
import type { AdmissionDeps } from "../../../src/calls/admission.js";
import { TIMES } from "../../../src/domain/times.js";
import type { BudgetGrant, BudgetLimits, BudgetRequest } from "../../../src/store/pass/budgets.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const REQUEST: BudgetRequest = { project: PROJECT, calls: 2, callClass: "change" };
const AT = 1_780_000_000_000;
const GRANTED: BudgetGrant = { kind: "granted", at: AT, areLimitsDue: false };
const wait = (waitMs: number): BudgetGrant => ({ kind: "wait", waitMs });

type RateLimits = NonNullable<Awaited<ReturnType<AdmissionDeps["atlas"]["readRateLimits"]>>>;

interface Scene {
  readonly deps: AdmissionDeps;
  readonly asked: BudgetRequest[];
  readonly written: BudgetLimits[];
}

function aScene(
  grants: readonly BudgetGrant[],
  readLimits: () => Promise<RateLimits | undefined> = () => Promise.resolve(undefined),
): Scene {
  const asked: BudgetRequest[] = [];
  const written: BudgetLimits[] = [];
  const deps: AdmissionDeps = {
    store: {
      takeCalls: (request) => {
        const grant = grants[asked.length];
        asked.push(request);
        return grant === undefined ? Promise.reject(new Error("asked too often")) : Promise.resolve(grant);
      },
      writeLimits: (limits) => {
        written.push(limits);
        return Promise.resolve();
      },
    },
    atlas: { readRateLimits: readLimits },
    settings: { readTimeoutMs: 1_000 },
    log: createLogger("silent"),
  };
  return { deps, asked, written };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LIMIT = TIMES.budgetWaitMs;

it.each([
  { reason: "at once", grants: [GRANTED], waitedMs: 0 },
  { reason: "after one wait", grants: [wait(250), GRANTED], waitedMs: 250 },
  { reason: "after several", grants: [wait(250), wait(100), wait(1), GRANTED], waitedMs: 351 },
  { reason: "after the longest wait there is", grants: [wait(LIMIT), GRANTED], waitedMs: LIMIT },
  { reason: "after the longest in two parts", grants: [wait(LIMIT - 1), wait(1), GRANTED], waitedMs: LIMIT },
])("admits $reason, and asks for the same each time", async ({ grants, waitedMs }) => {
  const { deps, asked } = aScene(grants);
  const began = Date.now();
  const admitted = admitCalls(deps, REQUEST);
  await vi.runAllTimersAsync();
  expect(await admitted).toBe(AT);
  expect(Date.now() - began).toBe(waitedMs);
  expect(asked).toEqual(grants.map(() => REQUEST));
});

it.each([
  { reason: "one wait that is too long", grants: [wait(LIMIT + 1)], waitedMs: 0, retryAfterMs: LIMIT + 1 },
  { reason: "a sum that is too long", grants: [wait(LIMIT), wait(1)], waitedMs: LIMIT, retryAfterMs: 1 },
])("refuses after $reason, without waiting for it", async ({ grants, waitedMs, retryAfterMs }) => {
  const { deps, asked } = aScene(grants);
  const began = Date.now();
  const refused = admitCalls(deps, REQUEST).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  expect(await refused).toMatchObject({
    code: "atlas.rate_limited",
    retryAfterMs,
    context: { project: PROJECT },
  });
  expect(Date.now() - began).toBe(waitedMs);
  expect(asked).toHaveLength(grants.length);
});

const DUE: BudgetGrant = { ...GRANTED, areLimitsDue: true };

it("asks for the limits of a project if they are due, and writes them down", async () => {
  const limits: RateLimits = { capacity: 1_000, refillPerMinute: 400, refillStep: 200 };
  const { deps, written } = aScene([DUE], () => Promise.resolve(limits));
  await admitCalls(deps, REQUEST);
  expect(written).toEqual([{ project: PROJECT, ...limits }]);
});

it.each([
  { reason: "Atlas tells none", read: () => Promise.resolve(undefined) },
  { reason: "the credentials may not", read: () => Promise.reject(new AppError("atlas.denied", "no")) },
  { reason: "Atlas is away", read: () => Promise.reject(new AppError("atlas.unavailable", "no")) },
])("admits all the same if $reason, and writes nothing", async ({ read }) => {
  const { deps, written } = aScene([DUE], read);
  expect(await admitCalls(deps, REQUEST)).toBe(AT);
  expect(written).toEqual([]);
});

it.each([
  { reason: "Postgres is away", error: new AppError("store.unavailable", "gone") },
  { reason: "there is a bug", error: new TypeError("a bug") },
])("does not hide that $reason", async ({ error }) => {
  const { deps } = aScene([DUE], () => Promise.reject(error));
  await expect(admitCalls(deps, REQUEST)).rejects.toBe(error);
});
