// The worker's watch over itself: what was asserted once is asserted again, and a loop that observes nothing is told
// of.
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { watchWorker } from "../../src/app/watch.js";
import type { LogFields, Logger } from "../../src/base/logger.js";
import { NO_METRICS } from "../../src/base/metrics.js";
import { assertSchedule } from "../../src/temporal/schedule.js";
import type { ScheduleTarget } from "../../src/temporal/schedule.js";
import { PROJECT, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";
import { scheduleOf } from "../support/schedules.js";

const HOUR_MS = 3_600_000;
const TIMES = { lookMs: 100, refusedMs: 30_000, careMs: 100 };

interface Line {
  readonly event: string;
  readonly fields: LogFields;
}

let loop: TestLoop;
let target: ScheduleTarget;
let lines: Line[];
let ending: AbortController;
let watching: Promise<void> | undefined;

beforeAll(async () => {
  loop = await startLoop();
  target = { client: loop.client, installation: loop.installation, intervalMs: HOUR_MS };
});
afterEach(async () => {
  ending.abort();
  await watching;
  await scheduleOf(loop).delete();
});
afterAll(() => loop.stop());

/** On a Schedule as it should be. */
async function startWatch(): Promise<void> {
  await assertSchedule(target);
  lines = [];
  const note = (event: string, fields: LogFields = {}): void => void lines.push({ event, fields });
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  ending = new AbortController();
  const deps = { target, store: loop.database.store, log, metrics: NO_METRICS, times: TIMES };
  watching = watchWorker(deps, ending.signal);
}

const of = (event: string): readonly LogFields[] =>
  lines.filter((line) => line.event === event).map(({ fields }) => fields);

function untilTold(event: string): Promise<LogFields> {
  return until(() => Promise.resolve(of(event)[0]));
}

it("a deleted Schedule is made again, and it says so", async () => {
  await startWatch();
  await scheduleOf(loop).delete();
  expect(await untilTold("schedule.mended")).toMatchObject({ differed: "it was missing" });
  expect((await scheduleOf(loop).describe()).spec.intervals).toMatchObject([{ every: HOUR_MS }]);
});

it("a Schedule set to a day by hand is set right, and it says what differed", async () => {
  await startWatch();
  await scheduleOf(loop).update((found) => ({ ...found, spec: { intervals: [{ every: 24 * HOUR_MS }] } }));
  expect(await untilTold("schedule.mended")).toMatchObject({ differed: "interval is 1d, not 1h" });
});

it("a paused Schedule is left paused and named once, until it is unpaused", async () => {
  await startWatch();
  await scheduleOf(loop).pause("ana: wait");
  expect(await untilTold("schedule.paused")).toMatchObject({ note: "ana: wait" });
  expect((await scheduleOf(loop).describe()).state.paused).toBe(true);
  await scheduleOf(loop).unpause();
  await untilTold("schedule.unpaused");
  expect(of("schedule.paused")).toHaveLength(1);
  expect(of("schedule.mended")).toEqual([]);
});

it("a loop that observes nothing for two intervals is told of once, and once more when it observes again", async () => {
  await applyText(loop.app, `project: ${PROJECT}\nworkspace: orders\nprocessors: { clicks }`);
  const { store } = loop.database;
  const observe = (ago: string): Promise<unknown> =>
    store.query(
      "update workspaces set observed_at = headgate_now() - $1::interval, due_at = headgate_now()",
      [ago],
    );
  await observe("3 hours");
  await startWatch();
  expect(await untilTold("observations.stale")).toMatchObject({ workspaces: 1, failing: 0 });
  await observe("0 hours");
  await untilTold("observations.fresh");
  expect(of("observations.stale")).toHaveLength(1);
});
