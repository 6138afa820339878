// The Schedule as it is wanted and as it is found: what differs is named and mended, a pause stays, a stranger's stays.
import type { Client } from "@temporalio/client";
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from "@temporalio/client";
import { expect, it } from "vitest";
import { LANES, toPassRequest } from "../../../src/temporal/runs.js";
import { assertSchedule, readSchedule } from "../../../src/temporal/schedule.js";
import { INSTALLATION, SCHEDULE_ID, aClient, grpc } from "./answering-client.js";

const MINUTE_MS = 60_000;

interface Found {
  readonly [part: string]: unknown;
  readonly state: object;
}

/** As the server would describe what we want, every minute. */
const AS_WANTED: Found = {
  scheduleId: SCHEDULE_ID,
  spec: { intervals: [{ every: MINUTE_MS, offset: 0 }], calendars: [], skip: [], jitter: 0 },
  policies: { overlap: "SKIP", catchupWindow: MINUTE_MS, pauseOnFailure: false },
  action: {
    type: "startWorkflow",
    workflowType: "reconcile",
    workflowId: SCHEDULE_ID,
    taskQueue: INSTALLATION.taskQueue,
    workflowExecutionTimeout: undefined,
    args: [toPassRequest(INSTALLATION, { workspaces: null, isLookOnly: false })],
  },
  state: { paused: false, note: "" },
  info: { recentActions: [], nextActionTimes: [] },
};

interface Server {
  readonly client: Client;
  readonly created: object[];
  readonly updated: object[];
}

/** A server with this Schedule, or with none. */
function aScheduler(found: Found | undefined, onCreate?: Error): Server {
  const created: object[] = [];
  const updated: object[] = [];
  const getHandle = () => ({
    describe: () =>
      found === undefined
        ? Promise.reject(new ScheduleNotFoundError("none", SCHEDULE_ID))
        : Promise.resolve(found),
    update: (change: (before: object) => object) => {
      updated.push(change(found ?? {}));
      return Promise.resolve();
    },
  });
  const create = (wanted: object): Promise<void> => {
    created.push(wanted);
    return onCreate === undefined ? Promise.resolve() : Promise.reject(onCreate);
  };
  return { client: aClient({ schedule: { getHandle, create } }), created, updated };
}

const asserted = ({ client }: Server, intervalMs = MINUTE_MS) =>
  assertSchedule({ client, installation: INSTALLATION, intervalMs });

/** What the first assertion would create, handed back as found: the server's words for it are tested with a server. */
async function wanted(): Promise<Found> {
  const server = aScheduler(undefined);
  await asserted(server);
  const [made] = server.created;
  return { ...AS_WANTED, ...(made as object), state: AS_WANTED.state };
}

it("the Schedule is made if there is none, also if another worker is quicker", async () => {
  for (const error of [undefined, new ScheduleAlreadyRunning("there", SCHEDULE_ID)]) {
    const server = aScheduler(undefined, error);
    expect(await asserted(server)).toMatchObject({ outcome: "created", isPaused: false });
    expect(server.created).toMatchObject([
      {
        scheduleId: SCHEDULE_ID,
        spec: { intervals: [{ every: MINUTE_MS }] },
        policies: { overlap: "SKIP", catchupWindow: MINUTE_MS, pauseOnFailure: false },
        action: {
          workflowId: SCHEDULE_ID,
          taskQueue: INSTALLATION.taskQueue,
          args: [{ workspaces: null, isLookOnly: false, lanes: LANES, installation: INSTALLATION.id }],
        },
      },
    ]);
  }
});

it("hands on every other error of making it", async () => {
  const error = grpc(7);
  await expect(asserted(aScheduler(undefined, error))).rejects.toBe(error);
});

it.each([
  { intervalMs: 1_000, windowMs: 10_000 },
  { intervalMs: 10_000, windowMs: 10_000 },
  { intervalMs: 90_000, windowMs: 90_000 },
])(
  "the Schedule catches up over $windowMs ms at every $intervalMs ms: the server takes no less than 10 s",
  async (row) => {
    const server = aScheduler(undefined);
    await asserted(server, row.intervalMs);
    expect(server.created).toMatchObject([{ policies: { catchupWindow: row.windowMs } }]);
  },
);

it("the Schedule is left alone if it is as it should be, its pause and note told", async () => {
  const server = aScheduler({ ...(await wanted()), state: { paused: true, note: "by ann" } });
  expect(await asserted(server)).toEqual({
    outcome: "unchanged",
    differences: [],
    isPaused: true,
    note: "by ann",
  });
  expect([server.created, server.updated]).toEqual([[], []]);
});

it.each([
  { part: "spec", value: { intervals: [{ every: 3_600_000 }] }, difference: "interval is 1h, not 1m" },
  {
    part: "spec",
    value: { intervals: [{ every: MINUTE_MS, offset: 5_000 }] },
    difference: "interval is 1m shifted by 5s, not 1m",
  },
  {
    part: "spec",
    value: { intervals: [{ every: MINUTE_MS }, { every: 1_000 }] },
    difference: "interval is 1m and 1s, not 1m",
  },
  {
    part: "spec",
    value: { intervals: [{ every: MINUTE_MS }], jitter: 500 },
    difference: "jitter is 500ms, not none",
  },
  {
    part: "spec",
    value: { intervals: [{ every: MINUTE_MS }], calendars: [{}], skip: [{}] },
    difference: "number of calendars is 2, not 0",
  },
  {
    part: "spec",
    value: { intervals: [{ every: MINUTE_MS }], endAt: new Date(0) },
    difference: "end is 1970-01-01T00:00:00.000Z, not none",
  },
  {
    part: "policies",
    value: { overlap: "ALLOW_ALL", catchupWindow: MINUTE_MS, pauseOnFailure: false },
    difference: "overlap is ALLOW_ALL, not SKIP",
  },
  {
    part: "state",
    value: { paused: false, remainingActions: 3 },
    difference: "actions left is 3, not unlimited",
  },
])("the Schedule is mended, and named: $difference", async ({ part, value, difference }) => {
  const found = { ...(await wanted()), [part]: value };
  const server = aScheduler(found);
  expect(await asserted(server)).toMatchObject({ outcome: "mended", differences: [difference] });
  expect(server.updated).toMatchObject([
    { spec: { intervals: [{ every: MINUTE_MS }] }, state: { paused: false } },
  ]);
});

it("keeps a pause through a mending: the server takes what is not sent for not paused", async () => {
  const state = { paused: true, note: "by ann" };
  const server = aScheduler({ ...(await wanted()), spec: { intervals: [{ every: 1 }] }, state });
  await asserted(server);
  expect(server.updated).toMatchObject([{ state }]);
});

it.each([
  { reason: "of another installation", args: [{ installation: "1b1b1b1b" }], outcome: "foreign" },
  { reason: "of an older version, which says nothing of whose it is", args: [{}], outcome: "mended" },
  { reason: "without arguments", args: undefined, outcome: "mended" },
])("$reason: $outcome", async ({ args, outcome }) => {
  const found = await wanted();
  const server = aScheduler({ ...found, action: { ...(found["action"] as object), args } });
  expect((await asserted(server)).outcome).toBe(outcome);
  expect(server.updated).toHaveLength(outcome === "foreign" ? 0 : 1);
});

it("tells when it fired last and fires next, or that it never did", async () => {
  const target = { installation: INSTALLATION, intervalMs: MINUTE_MS };
  expect(await readSchedule({ ...target, client: aScheduler(undefined).client })).toBeUndefined();
  const info = {
    recentActions: [{ takenAt: new Date(1_000) }, { takenAt: new Date(2_000) }],
    nextActionTimes: [new Date(3_000), new Date(4_000)],
  };
  const fired = aScheduler({ ...(await wanted()), info });
  expect(await readSchedule({ ...target, client: fired.client })).toMatchObject({
    lastAt: 2_000,
    nextAt: 3_000,
  });
  const fresh = aScheduler(await wanted());
  expect(await readSchedule({ ...target, client: fresh.client })).toMatchObject({
    lastAt: null,
    nextAt: null,
  });
});
