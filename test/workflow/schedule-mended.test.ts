// The Schedule mended: whatever somebody changed by hand is found in what the server says of it, named and set right.
import type { ScheduleDescription, ScheduleUpdateOptions } from "@temporalio/client";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { assertSchedule } from "../../src/temporal/schedule.js";
import type { ScheduleAssertion } from "../../src/temporal/schedule.js";
import { openCliInside } from "../support/cli-inside.js";
import { until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { scheduleOf } from "../support/schedules.js";

const MINUTE_MS = 60_000;

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({ settings: { intervalMs: DEFAULT_SETTINGS.intervalMs } });
});
afterEach(() => scheduleOf(loop).delete());
afterAll(() => loop.stop());

const assertIt = (intervalMs = MINUTE_MS): Promise<ScheduleAssertion> =>
  assertSchedule({ client: loop.client, installation: loop.installation, intervalMs });

const describeIt = (): Promise<ScheduleDescription> => scheduleOf(loop).describe();

/** An update is accepted before it is applied. */
async function untilInterval(intervalMs: number): Promise<void> {
  await until(async () =>
    (await describeIt()).spec.intervals?.some(({ every }) => every === intervalMs) === true
      ? true
      : undefined,
  );
}

it.each([1_000, 1_500, 90_000, 3_600_000])(
  "is unchanged right after it was created for every %i ms: the server's words are compared, not ours",
  async (intervalMs) => {
    expect((await assertIt(intervalMs)).outcome).toBe("created");
    expect(await assertIt(intervalMs)).toMatchObject({ outcome: "unchanged", differences: [] });
  },
);

it("set to an hour by hand, with the memo kept, is mended and named: no hash in a memo says that all is well", async () => {
  await assertIt();
  const cli = openCliInside(loop.variables);
  onTestFinished(() => {
    cli.remove();
  });
  await scheduleOf(loop).update((found) => ({ ...found, spec: { intervals: [{ every: 60 * MINUTE_MS }] } }));
  await untilInterval(60 * MINUTE_MS);
  const { code, stdout } = await cli.run(["doctor"]);
  expect({ code, stdout }).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^wrong +schedule: .*: interval is 1h, not 1m$/m) as string,
  });
  expect(await assertIt()).toMatchObject({ outcome: "mended", differences: ["interval is 1h, not 1m"] });
  await untilInterval(MINUTE_MS);
  expect((await assertIt()).outcome).toBe("unchanged");
});

type Edit = (found: ScheduleDescription) => Partial<ScheduleUpdateOptions>;
const EDITS: readonly (readonly [string, Edit])[] = [
  ["number of calendars is 1, not 0", ({ spec }) => ({ spec: { ...spec, calendars: [{ hour: 3 }] } })],
  ["jitter is 30s, not none", ({ spec }) => ({ spec: { ...spec, jitter: 30_000 } })],
  [
    "end is 2020-01-01T00:00:00.000Z, not none",
    ({ spec }) => ({ spec: { ...spec, endAt: new Date("2020-01-01") } }),
  ],
  ["overlap is ALLOW_ALL, not SKIP", ({ policies }) => ({ policies: { ...policies, overlap: "ALLOW_ALL" } })],
  [
    "pause on failure is true, not false",
    ({ policies }) => ({ policies: { ...policies, pauseOnFailure: true } }),
  ],
  ["actions left is 0, not unlimited", ({ state }) => ({ state: { ...state, remainingActions: 0 } })],
  ["task queue is other, not ", ({ action }) => ({ action: { ...action, taskQueue: "other" } })],
  ["workflow is other, not reconcile", ({ action }) => ({ action: { ...action, workflowType: "other" } })],
  [
    "execution time-out is none, not 10m",
    ({ action }) => ({ action: { ...action, workflowExecutionTimeout: 0 } }),
  ],
];

it.each(EDITS)("is mended where %s, with its pause kept", async (difference, edit) => {
  await assertIt();
  await scheduleOf(loop).pause("ana: wait");
  await scheduleOf(loop).update((found) => ({ ...found, ...edit(found) }));
  const { differences } = await until(async () => {
    const mended = await assertIt();
    return mended.outcome === "mended" ? mended : undefined;
  });
  expect(differences).toEqual([expect.stringContaining(difference)]);
  await until(async () => ((await assertIt()).outcome === "unchanged" ? true : undefined));
  expect((await describeIt()).state).toMatchObject({ paused: true, note: "ana: wait" });
});
