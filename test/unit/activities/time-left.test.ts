// What an activity may still spend on waiting. Only differences on one clock count: the server's own times, and this
// machine's monotonic clock since the attempt began. A worker whose clock is wrong must not retry every wait at once.
import { setTimeout as delay } from "node:timers/promises";
import { MockActivityEnvironment } from "@temporalio/testing";
import { ApplicationFailure } from "@temporalio/common";
import { afterEach, expect, it } from "vitest";
import { notYet, reckonTimeLeft } from "../../../activities/failures.js";

const HOUR_MS = 3_600_000;
const SCHEDULED = Date.UTC(2026, 4, 4);

it.each([
  { reason: "the first attempt has it all, less a second", sinceMs: 0, ranMs: 0, leftMs: HOUR_MS - 1_000 },
  { reason: "earlier attempts have used some", sinceMs: 60_000, ranMs: 0, leftMs: HOUR_MS - 61_000 },
  { reason: "so has this one", sinceMs: 60_000, ranMs: 5_000, leftMs: HOUR_MS - 66_000 },
  { reason: "past the end nothing is left", sinceMs: HOUR_MS, ranMs: 500, leftMs: -1_500 },
])("time left: $reason", ({ sinceMs, ranMs, leftMs }) => {
  const info = {
    scheduledTimestampMs: SCHEDULED,
    currentAttemptScheduledTimestampMs: SCHEDULED + sinceMs,
    scheduleToCloseTimeoutMs: HOUR_MS,
  };
  expect(reckonTimeLeft(info, ranMs)).toBe(leftMs);
});

it("time left: without an end there is always more than any wait", () => {
  const info = {
    scheduledTimestampMs: SCHEDULED,
    currentAttemptScheduledTimestampMs: SCHEDULED,
    scheduleToCloseTimeoutMs: 0,
  };
  expect(reckonTimeLeft(info, 1e9)).toBe(Number.MAX_SAFE_INTEGER);
});

const { now } = Date;
afterEach(() => {
  Date.now = now;
});

it.each([-2, 0, 2])(
  "a worker whose clock is %s days off waits as long as any other: it does not retry every wait at once",
  async (days) => {
    const serverNow = Date.now();
    Date.now = () => now() + days * 86_400_000;
    const environment = new MockActivityEnvironment({
      scheduledTimestampMs: serverNow - 60_000,
      currentAttemptScheduledTimestampMs: serverNow,
      scheduleToCloseTimeoutMs: 2 * HOUR_MS,
    });
    const failure: unknown = await environment
      .run(async () => {
        await delay(1);
        throw notYet({ why: "waiting for its state", delayMs: 5_000 });
      })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ nextRetryDelay: 5_000 });
  },
);
