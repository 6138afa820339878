// The Schedule that drives the loop, created and updated declaratively: one hash of what we want, kept in the action's
// memo, tells whether anything has to be written. A pause that somebody set stays.
import { createHash } from "node:crypto";
import type { Client, ScheduleOptions } from "@temporalio/client";
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";
import { TIMES } from "../domain/times.js";
import { LANES, TASK_QUEUE } from "./runs.js";

export const SCHEDULE_ID = "headgate-reconcile";
const HASH_KEY = "headgateHash";

export type ScheduleOutcome = "created" | "updated" | "unchanged";

/** Idempotent; single-writer by being called under the worker's start only (the SDK sends no conflict token). */
export async function upsertSchedule(client: Client, intervalMs: number): Promise<ScheduleOutcome> {
  const wanted = toSchedule(intervalMs);
  try {
    await client.schedule.create(wanted);
    return "created";
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(SCHEDULE_ID);
  const { action } = await handle.describe();
  if (action.memo?.[HASH_KEY] === wanted.action.memo?.[HASH_KEY]) return "unchanged";
  await handle.update(({ state }) => ({ ...wanted, state }));
  return "updated";
}

export interface ScheduleFacts {
  readonly isPaused: boolean;
  /** Why, as whoever paused it wrote. */
  readonly note: string;
  /** Made for these settings, by this version. */
  readonly isAsWanted: boolean;
  /** Epoch ms. */
  readonly lastAt: number | null;
  readonly nextAt: number | null;
}

/** Undefined where no worker has made it yet. */
export async function readSchedule(client: Client, intervalMs: number): Promise<ScheduleFacts | undefined> {
  try {
    const { action, state, info } = await client.schedule.getHandle(SCHEDULE_ID).describe();
    return {
      isPaused: state.paused,
      note: state.note ?? "",
      isAsWanted: action.memo?.[HASH_KEY] === toSchedule(intervalMs).action.memo?.[HASH_KEY],
      lastAt: info.recentActions.at(-1)?.takenAt.getTime() ?? null,
      nextAt: info.nextActionTimes[0]?.getTime() ?? null,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

type WantedSchedule = ScheduleOptions & { readonly spec: object; readonly policies: object };

function toSchedule(intervalMs: number): WantedSchedule {
  const spec = { intervals: [{ every: intervalMs }] };
  // A reconciler looks at the present: what was missed is not caught up. The server's least window is 10 s.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: Math.max(10_000, intervalMs) };
  const action = {
    type: "startWorkflow",
    workflowType: "reconcile",
    workflowId: SCHEDULE_ID,
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: TIMES.tickMs,
    args: [{ workspaces: null, isLookOnly: false, lanes: LANES }],
  } as const;
  const hash = createHash("sha256").update(JSON.stringify({ spec, policies, action })).digest("hex");
  return { scheduleId: SCHEDULE_ID, spec, policies, action: { ...action, memo: { [HASH_KEY]: hash } } };
}
