// Temporal: whether it is there, whether the Schedule fires, and whether a worker takes what it starts.
import { formatDurationMs } from "../../domain/duration.js";
import { formatCount, formatSpan } from "../../domain/wording.js";
import { AppError } from "../../errors.js";
import { readNamespace, readPollers, readServerVersion } from "../../temporal/checkup.js";
import type { Poller } from "../../temporal/checkup.js";
import type { TemporalClient } from "../../temporal/connection.js";
import { SCHEDULE_ID, readSchedule } from "../../temporal/schedule.js";
import type { ScheduleFacts } from "../../temporal/schedule.js";
import type { Check, Found } from "./checks.js";

export interface TemporalContext {
  readonly address: string;
  readonly namespace: string;
  /** Throws `temporal.unavailable`. */
  readonly connect: () => Promise<TemporalClient>;
  readonly intervalMs: number;
}

export const TEMPORAL_CHECKS: readonly Check<TemporalContext>[] = [
  {
    name: "temporal",
    remedy:
      "start Temporal, or set TEMPORAL_ADDRESS (headgate config view tells where each setting comes from)",
    examine: async ({ connect, address }: TemporalContext): Promise<Found> => {
      const { client } = await connect();
      return { found: `Temporal ${await readServerVersion(client)} at ${address}` };
    },
  },
  {
    name: "namespace",
    remedy: "create the namespace, set TEMPORAL_NAMESPACE, or give the caller the right to read it",
    examine: async ({ connect, namespace }: TemporalContext): Promise<Found> => {
      const facts = await readNamespace((await connect()).client, namespace);
      if (facts === undefined) {
        throw new AppError("config.invalid", `Temporal has no namespace ${namespace}`);
      }
      return { found: `${namespace}; ended runs are kept for ${formatDurationMs(facts.retentionMs)}` };
    },
  },
  {
    name: "search attributes",
    remedy: "",
    examine: () => Promise.resolve({ found: "none to register: Headgate finds its runs by their ids" }),
  },
  {
    name: "schedule",
    remedy: "give the caller the right to read schedules of the namespace",
    examine: async ({ connect, intervalMs }: TemporalContext): Promise<Found> =>
      judgeSchedule(await readSchedule((await connect()).client, intervalMs), Date.now()),
  },
  {
    name: "worker",
    remedy: "give the caller the right to describe task queues of the namespace",
    examine: async ({ connect, namespace }: TemporalContext): Promise<Found> =>
      judgePollers(await readPollers((await connect()).client, namespace)),
  },
];

/** By this machine's clock: `now` and the times of the Schedule are told, not compared. */
export function judgeSchedule(facts: ScheduleFacts | undefined, now: number): Found {
  if (facts === undefined) {
    return {
      verdict: "wrong",
      found: `no schedule ${SCHEDULE_ID}: nothing starts a pass`,
      remedy: "run headgate worker: it makes the schedule at its start",
    };
  }
  const { isPaused, note, isAsWanted, lastAt, nextAt } = facts;
  if (isPaused) {
    return {
      verdict: "wrong",
      found: `${SCHEDULE_ID} is paused${note === "" ? "" : ` (${note})`}: no pass starts by itself`,
      remedy: `temporal schedule toggle --unpause --schedule-id ${SCHEDULE_ID}`,
    };
  }
  if (!isAsWanted) {
    return {
      verdict: "warning",
      found: `${SCHEDULE_ID} was made by another version or for another HEADGATE_INTERVAL`,
      remedy: "restart a worker with these settings: it brings the schedule up to date",
    };
  }
  const last = lastAt === null ? "has not fired yet" : `fired ${formatSpan(now - lastAt)} ago`;
  return { found: `${SCHEDULE_ID} ${last}${nextAt === null ? "" : `, next in ${formatSpan(nextAt - now)}`}` };
}

/** A poll waits a minute: somebody seen longer ago than this polls no more. */
const POLLING_MS = 90_000;

export function judgePollers(pollers: readonly Poller[]): Found {
  const polling = pollers.filter(({ seenMsAgo }) => seenMsAgo < POLLING_MS);
  const [latest] = polling;
  if (latest !== undefined) {
    const count = formatCount(polling.length, "worker");
    return { found: `${count}; ${latest.identity} asked for work ${formatSpan(latest.seenMsAgo)} ago` };
  }
  const [gone] = pollers;
  return {
    verdict: "wrong",
    found:
      gone === undefined
        ? "nobody asks for work: no pass and no change goes on"
        : `nobody asks for work since ${gone.identity}, ${formatSpan(gone.seenMsAgo)} ago`,
    remedy: "run headgate worker; npm start runs one in this folder",
  };
}
