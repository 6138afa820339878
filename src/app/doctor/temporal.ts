// Temporal: whether it is there, whether the Schedule fires, and whether a worker takes what it starts.
// The names of the Schedule and of the task queue hold the installation's id, which is kept in Postgres. So the last
// two checks need both, and are skipped instead of wrong if only Postgres is missing. The `judge...` functions are
// pure.
import { formatDurationMs } from "../../domain/duration.js";
import { formatCount, formatSpan } from "../../domain/tell/wording.js";
import type { Installation } from "../../domain/run-names.js";
import { toScheduleId } from "../../domain/run-names.js";
import { AppError } from "../../base/errors.js";
import { readNamespace, readPollers, readServerVersion } from "../../temporal/checkup.js";
import type { Poller } from "../../temporal/checkup.js";
import type { TemporalClient } from "../../temporal/connection.js";
import { readSchedule } from "../../temporal/schedule.js";
import type { ScheduleFacts } from "../../temporal/schedule.js";
import type { Check, Found } from "./checks.js";

export interface TemporalContext {
  readonly address: string;
  readonly namespace: string;
  /** Throws `temporal.unavailable`. */
  readonly connect: () => Promise<TemporalClient>;
  /** Throws where Postgres does not tell it. */
  readonly installation: () => Promise<Installation>;
  readonly intervalMs: number;
}

export const TEMPORAL_CHECKS: readonly Check<TemporalContext>[] = [
  {
    name: "temporal",
    remedy:
      "start Temporal, or set TEMPORAL_ADDRESS (headgate config view shows where each setting comes from)",
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
    // Always well: it is here because people who set up Temporal look for it.
    name: "search attributes",
    remedy: "",
    examine: () => Promise.resolve({ found: "none to register: Headgate finds its runs by their ids" }),
  },
  {
    name: "schedule",
    remedy: "give the caller the right to read schedules of the namespace",
    examine: (context: TemporalContext): Promise<Found> =>
      ofInstallation(context, async (installation) => {
        const { client } = await context.connect();
        const facts = await readSchedule({ client, installation, intervalMs: context.intervalMs });
        return judgeSchedule(facts, toScheduleId(installation.taskQueue), Date.now());
      }),
  },
  {
    name: "worker",
    remedy: "give the caller the right to describe task queues of the namespace",
    examine: (context: TemporalContext): Promise<Found> =>
      ofInstallation(context, async (installation) => {
        const { namespace } = context;
        const { taskQueue } = installation;
        const { client } = await context.connect();
        return judgePollers(await readPollers(client, { namespace, taskQueue }), installation.id);
      }),
  },
];

/** Under which names to look stands in Postgres; what is wrong with that is told above. */
async function ofInstallation(
  { installation }: TemporalContext,
  examine: (found: Installation) => Promise<Found>,
): Promise<Found> {
  let found: Installation;
  try {
    found = await installation();
  } catch {
    return {
      verdict: "skipped",
      found: "not looked at: its name is kept in Postgres, which cannot be read",
    };
  }
  return examine(found);
}

/**
 * By this machine's clock: `now` and the times of the Schedule are told, not compared. The first that is true: absent,
 * foreign, paused, different. A Schedule of somebody else is not ours to unpause or to mend.
 */
export function judgeSchedule(facts: ScheduleFacts | undefined, scheduleId: string, now: number): Found {
  if (facts === undefined) {
    return {
      verdict: "wrong",
      found: `no schedule ${scheduleId}: nothing starts a pass`,
      remedy: "run headgate worker: it creates the schedule, and creates it again if it is deleted",
    };
  }
  const { isPaused, note, isForeign, differences, lastAt, nextAt } = facts;
  if (isForeign) {
    return {
      verdict: "wrong",
      found: `${scheduleId} belongs to another installation of Headgate`,
      remedy: "give each installation a TEMPORAL_NAMESPACE of its own",
    };
  }
  if (isPaused) {
    return {
      verdict: "wrong",
      found: `${scheduleId} is paused${note === "" ? "" : ` (${note})`}: no pass starts by itself`,
      remedy: `temporal schedule toggle --unpause --schedule-id ${scheduleId}`,
    };
  }
  if (differences.length > 0) {
    return {
      verdict: "wrong",
      found: `${scheduleId} is not as these settings want it: ${differences.join("; ")}`,
      remedy:
        "a worker with these settings mends it within a minute; if it does not, compare HEADGATE_INTERVAL and the versions of the workers",
    };
  }
  const last = lastAt === null ? "has not fired yet" : `fired ${formatSpan(now - lastAt)} ago`;
  return { found: `${scheduleId} ${last}${nextAt === null ? "" : `, next in ${formatSpan(nextAt - now)}`}` };
}

/** A poll waits a minute: somebody seen longer ago than this polls no more. */
const POLLING_MS = 90_000;

/**
 * Who asked lately, newest first. A foreign worker is worse than none: it would do this installation's work on another
 * database. A worker of an older version does not say whose it is, and counts as ours.
 */
export function judgePollers(pollers: readonly Poller[], installationId: string): Found {
  const polling = pollers.filter(({ seenMsAgo }) => seenMsAgo < POLLING_MS);
  const foreign = polling.find(
    ({ installation }) => installation !== null && installation !== installationId,
  );
  if (foreign !== undefined) {
    return {
      verdict: "wrong",
      found: `${foreign.identity} is a worker of another installation of Headgate, and asks for the work of this one`,
      remedy: "give each installation a TEMPORAL_NAMESPACE of its own",
    };
  }
  const [latest] = polling;
  if (latest !== undefined) {
    const count = formatCount(polling.length, "worker");
    return { found: `${count}; ${latest.identity} asked for work ${formatSpan(latest.seenMsAgo)} ago` };
  }
  // Temporal remembers pollers for some minutes: the last one helps to find out what became of it.
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
