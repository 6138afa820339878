// The Schedule that drives the loop, asserted again and again: it is made if it is missing, and mended if what
// the server says of it is not what we want. A pause that somebody set stays.
import type { Client, ScheduleDescription, ScheduleOptions } from "@temporalio/client";
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from "@temporalio/client";
import { formatDurationMs } from "../domain/duration.js";
import { toScheduleId } from "../domain/run-names.js";
import type { Installation } from "../domain/run-names.js";
import { TIMES } from "../domain/times.js";
import { toPassRequest } from "./runs.js";

export interface ScheduleTarget {
  readonly client: Client;
  readonly installation: Installation;
  readonly intervalMs: number;
}

export interface ScheduleAssertion {
  /** `foreign`: it belongs to another installation and was left alone. */
  readonly outcome: "created" | "mended" | "unchanged" | "foreign";
  /** What was not as it should be, in words. */
  readonly differences: readonly string[];
  readonly isPaused: boolean;
  /** Why it is paused, as whoever paused it wrote. */
  readonly note: string;
}

/** Of one assertion or reading, all its calls together. */
const PATIENCE_MS = 10_000;

/**
 * Idempotent. Several workers may call it at once: they want the same, and the SDK sends no conflict token, so the last
 * one wins. Throws what the SDK throws, within ten seconds if the server does not answer.
 */
export function assertSchedule(target: ScheduleTarget): Promise<ScheduleAssertion> {
  return target.client.withDeadline(Date.now() + PATIENCE_MS, () => assertOnce(target));
}

async function assertOnce(target: ScheduleTarget): Promise<ScheduleAssertion> {
  const { schedule } = target.client;
  const wanted = toWanted(target);
  const found = await describe(target);
  if (found === undefined) {
    try {
      await schedule.create(wanted);
    } catch (error) {
      // Another worker was quicker, or the answer to an earlier attempt was lost.
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
    return { outcome: "created", differences: [], isPaused: false, note: "" };
  }
  const differences = compare(found, target);
  const { paused: isPaused, note = "" } = found.state;
  if (isForeign(found, target)) return { outcome: "foreign", differences, isPaused, note };
  if (differences.length === 0) return { outcome: "unchanged", differences, isPaused, note };
  const { spec, action, policies } = wanted;
  // The server replaces everything with what an update holds: without the pause in it, it would unpause.
  await schedule
    .getHandle(wanted.scheduleId)
    .update(({ state }) => ({ spec, action, policies, state: { paused: state.paused, note: state.note } }));
  return { outcome: "mended", differences, isPaused, note };
}

async function describe({ client, installation }: ScheduleTarget): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(toScheduleId(installation.taskQueue)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

export interface ScheduleFacts {
  readonly scheduleId: string;
  readonly isPaused: boolean;
  readonly note: string;
  /** What is not as these settings and this version want it, in words. */
  readonly differences: readonly string[];
  readonly isForeign: boolean;
  /** Epoch ms. */
  readonly lastAt: number | null;
  readonly nextAt: number | null;
}

/** Undefined if no worker has made it yet. */
export async function readSchedule(target: ScheduleTarget): Promise<ScheduleFacts | undefined> {
  const found = await target.client.withDeadline(Date.now() + PATIENCE_MS, () => describe(target));
  if (found === undefined) return undefined;
  const { scheduleId, state, info } = found;
  return {
    scheduleId,
    isPaused: state.paused,
    note: state.note ?? "",
    differences: compare(found, target),
    isForeign: isForeign(found, target),
    lastAt: info.recentActions.at(-1)?.takenAt.getTime() ?? null,
    nextAt: info.nextActionTimes[0]?.getTime() ?? null,
  };
}

/** The server's least catch-up window. */
const LEAST_WINDOW_MS = 10_000;

/** All that we set; what it leaves out is compared as the server's default. */
function toWanted({ installation, intervalMs }: ScheduleTarget) {
  const { taskQueue } = installation;
  const scheduleId = toScheduleId(taskQueue);
  return {
    scheduleId,
    spec: { intervals: [{ every: intervalMs }] },
    // A reconciler looks at the present: what was missed is not caught up.
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: Math.max(LEAST_WINDOW_MS, intervalMs),
      pauseOnFailure: false,
    },
    action: {
      type: "startWorkflow",
      workflowType: "reconcile",
      workflowId: scheduleId,
      taskQueue,
      workflowExecutionTimeout: TIMES.tickMs,
      args: [toPassRequest(installation, { workspaces: null, isLookOnly: false })],
    },
    state: {},
  } satisfies ScheduleOptions;
}

/** What a Schedule as we want it and one as the server describes it have in common. */
interface ToldSchedule {
  readonly spec: Partial<Omit<ScheduleDescription["spec"], "intervals">> & {
    readonly intervals?: readonly { readonly every: unknown; readonly offset?: unknown }[];
  };
  readonly policies: ScheduleDescription["policies"];
  readonly action: Partial<Omit<ScheduleDescription["action"], "workflowType">> & {
    readonly workflowType: string;
  };
  readonly state: { readonly remainingActions?: number };
}

/**
 * As texts, so that two of them can be compared and a difference can be told. The server hands cron expressions back as
 * calendars.
 */
function tell({ spec, policies, action, state }: ToldSchedule): Readonly<Record<string, string>> {
  const { intervals = [], calendars = [], skip = [], startAt, endAt } = spec;
  return {
    interval: intervals.map(tellInterval).join(" and "),
    "number of calendars": String(calendars.length + skip.length),
    jitter: tellMs(spec.jitter),
    start: startAt?.toISOString() ?? "none",
    end: endAt?.toISOString() ?? "none",
    overlap: policies.overlap ?? "",
    "catch-up window": tellMs(policies.catchupWindow),
    "pause on failure": String(policies.pauseOnFailure),
    "actions left": state.remainingActions === undefined ? "unlimited" : String(state.remainingActions),
    workflow: action.workflowType,
    "task queue": action.taskQueue ?? "",
    "run id": action.workflowId ?? "",
    arguments: JSON.stringify(action.args),
    "execution time-out": tellMs(action.workflowExecutionTimeout),
    "run time-out": tellMs(action.workflowRunTimeout),
  };
}

function tellInterval({ every, offset }: { readonly every: unknown; readonly offset?: unknown }): string {
  const shift = tellMs(offset);
  return shift === "none" ? tellMs(every) : `${tellMs(every)} shifted by ${shift}`;
}

function tellMs(ms: unknown): string {
  return typeof ms !== "number" || ms === 0 ? "none" : formatDurationMs(ms);
}

/** Only what the server says counts. */
function compare(found: ScheduleDescription, target: ScheduleTarget): readonly string[] {
  const is = tell(found);
  return Object.entries(tell(toWanted(target)))
    .filter(([name, wanted]) => is[name] !== wanted)
    .map(([name, wanted]) => `${name} is ${is[name] ?? "missing"}, not ${wanted}`);
}

/** Made by another installation; one that an older version made says nothing of whose it is. */
function isForeign({ action }: ScheduleDescription, { installation }: ScheduleTarget): boolean {
  const [request] = (action.args ?? []) as readonly { readonly installation?: unknown }[];
  const theirs = request?.installation;
  return typeof theirs === "string" && theirs !== installation.id;
}
