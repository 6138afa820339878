// The Schedule that drives the loop: asserted by every worker, written only where what the server says of it differs
// from what is wanted, and never a way round somebody's pause. Asked of Temporal, as it describes it.
import { ScheduleOverlapPolicy } from "@temporalio/client";
import type { ScheduleDescription } from "@temporalio/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { toScheduleId } from "../../src/domain/run-names.js";
import { LANES } from "../../src/temporal/runs.js";
import { assertSchedule } from "../../src/temporal/schedule.js";
import type { ScheduleAssertion } from "../../src/temporal/schedule.js";
import { until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { scheduleOf } from "../support/schedules.js";
import { startOtherStack } from "../support/workers.js";

const MINUTE_MS = 60_000;

let loop: TestLoop;
beforeEach(async () => {
  loop = await startLoop({ settings: { intervalMs: DEFAULT_SETTINGS.intervalMs } });
});
afterEach(() => loop.stop());

async function listIds(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of loop.client.schedule.list()) ids.push(scheduleId);
  return ids;
}

const assertIt = (intervalMs = MINUTE_MS): Promise<ScheduleAssertion> =>
  assertSchedule({ client: loop.client, installation: loop.installation, intervalMs });

const describeIt = (): Promise<ScheduleDescription> => scheduleOf(loop).describe();

it("is created by the first worker: every minute, one tick at a time, catching up no more than one", async () => {
  await loop.startWorker();
  const { spec, policies, action, state } = await describeIt();
  expect(spec.intervals).toEqual([{ every: MINUTE_MS }]);
  expect(policies).toMatchObject({ overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: MINUTE_MS });
  expect(action).toMatchObject({
    type: "startWorkflow",
    workflowType: "reconcile",
    args: [{ workspaces: null, isLookOnly: false, lanes: LANES, installation: loop.installation.id }],
    workflowExecutionTimeout: 600_000,
  });
  expect(state).toMatchObject({ paused: false });
});

it("is one Schedule where two workers start at once, and the later one changes nothing", async () => {
  await Promise.all([loop.startWorker(), loop.startWorker()]);
  await until(async () => ((await listIds()).length > 0 ? true : undefined));
  expect(await listIds()).toEqual([toScheduleId(loop.installation.taskQueue)]);
  const { info } = await describeIt();
  expect(info.lastUpdatedAt).toBeUndefined();
  expect(await assertIt()).toMatchObject({ outcome: "unchanged", differences: [] });
  await loop.startWorker();
  const again = await describeIt();
  expect(again.info).toMatchObject({ createdAt: info.createdAt, lastUpdatedAt: undefined });
});

it("follows a changed interval, and leaves the pause that somebody set, with its note", async () => {
  await loop.startWorker();
  const { info, action } = await describeIt();
  await scheduleOf(loop).pause("ana: Atlas is in maintenance until four");
  const other = await startOtherStack({ ...loop.variables, HEADGATE_INTERVAL: "5m" });
  await other.stop();
  const updated = await describeIt();
  expect(updated.spec.intervals).toEqual([{ every: 5 * MINUTE_MS }]);
  expect(updated.policies).toMatchObject({
    overlap: ScheduleOverlapPolicy.SKIP,
    catchupWindow: 5 * MINUTE_MS,
  });
  expect(updated.state).toMatchObject({ paused: true, note: "ana: Atlas is in maintenance until four" });
  expect(updated.info.createdAt).toEqual(info.createdAt);
  expect(updated.info.lastUpdatedAt).toBeInstanceOf(Date);
  expect({ ...updated.action, memo: null }).toEqual({ ...action, memo: null });
  expect((await assertIt(5 * MINUTE_MS)).outcome).toBe("unchanged");
  expect((await assertIt()).differences).toEqual(["interval is 5m, not 1m", "catch-up window is 5m, not 1m"]);
});

it("of another installation is left alone, and no worker starts under it", async () => {
  await assertIt();
  const stranger = { ...loop.installation, id: "0000000b" };
  const asked = { client: loop.client, installation: stranger, intervalMs: MINUTE_MS };
  expect((await assertSchedule(asked)).outcome).toBe("foreign");
  expect((await assertIt()).outcome).toBe("unchanged");
  await loop.database.store.query("update installation_names set id = '0000000b'");
  await expect(loop.startWorker()).rejects.toThrow(/belongs to another installation of Headgate/);
});
