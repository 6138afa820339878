// What the schema cannot see because it lies between fields: checked on the effective policy of each processor. A field
// of a processor and one of the defaults may each be sound and not fit together. Such a fault stands at the processor,
// and one that the defaults have by themselves stands there.
// What passes here the loop can evaluate, if its worker knows the same time zones.
import { formatDurationMs, parseDurationMs } from "../domain/duration.js";
import type { Policy } from "../domain/policy.js";
import { findScheduleFaults, smallestIntervalMs } from "../domain/decide/schedule.js";
import type { PolicyFields } from "./schema.js";

export interface FieldFault {
  readonly path: readonly string[];
  readonly value: string;
  readonly allowed: string;
}

export interface PolicyChecks {
  /** `written`: the restart block as it stands in the file, defaults merged, to tell a block without a cron. */
  findFaults(policy: Policy, written: { readonly cron?: string | undefined }): readonly FieldFault[];
}

/**
 * Remembers what is costly to find out of a cron, because thousands of processors may inherit one: for one set of
 * files.
 */
export function createChecks(): PolicyChecks {
  const known = new Map<string, readonly FieldFault[]>();
  return {
    findFaults: (policy, written) => {
      // Also by what was written: a block without a cron and no block at all make the same policy.
      const key = JSON.stringify([policy.restart, written.cron, Object.keys(written).length > 0]);
      const inRestart = known.get(key) ?? findRestartFaults(policy, written);
      known.set(key, inRestart);
      return [...inRestart, ...findBackoffFaults(policy)];
    },
  };
}

function findRestartFaults(
  { restart }: Policy,
  written: { readonly cron?: string | undefined },
): readonly FieldFault[] {
  if (restart === undefined) {
    // An inherited block counts too: a spread in the defaults without any cron would never do anything.
    const isBare = Object.keys(written).length > 0 && written.cron === undefined;
    return isBare
      ? [{ path: ["restart"], value: "a schedule without cron", allowed: "a cron, or restart: null" }]
      : [];
  }
  const inSchedule = findFieldFaults(restart);
  if (inSchedule.length > 0) return inSchedule;
  // Without a spread there is nothing it could be too long for.
  if (restart.spreadMs === 0) return [];
  // A spread as long as the interval would let a slot fire behind the next one.
  const smallest = smallestIntervalMs(restart.cron);
  if (restart.spreadMs < smallest) return [];
  const allowed = `less than ${formatDurationMs(smallest)}, the cron's smallest interval`;
  return [{ path: ["restart", "spread"], value: formatDurationMs(restart.spreadMs), allowed }];
}

function findFieldFaults(restart: {
  readonly cron: string;
  readonly timezone: string;
}): readonly FieldFault[] {
  return findScheduleFaults(restart.cron, restart.timezone).map(({ field, allowed }) => ({
    path: ["restart", field],
    value: JSON.stringify(restart[field]),
    allowed,
  }));
}

/** Of the fields that the defaults write, also if every processor replaces them: the next one may not. */
export function findDefaultFaults({ restart, gateway }: PolicyFields): readonly FieldFault[] {
  const inGateway = findForFaults(gateway, gateway?.stop);
  if (restart === undefined || restart === null) return inGateway;
  const { cron = "0 0 * * *", timezone = "UTC" } = restart;
  return [...findFieldFaults({ cron, timezone }), ...inGateway];
}

/** Of the fields that a processor writes itself, judged by its effective policy. */
export function findOwnFaults({ gateway }: Policy, own: PolicyFields): readonly FieldFault[] {
  return findForFaults(own.gateway, gateway?.stop);
}

/** `stop`: the rule that counts beside it, which may be inherited. */
function findForFaults(written: PolicyFields["gateway"], stop: string | undefined): readonly FieldFault[] {
  if (written?.for === undefined) return [];
  const path = ["gateway", "for"];
  if (stop !== "suspend") {
    const value = `${written.for} with stop: ${stop ?? "allow"}`;
    return [{ path, value, allowed: "for beside stop: suspend, or none" }];
  }
  return parseDurationMs(written.for) === 0 ? [{ path, value: written.for, allowed: "more than 0s" }] : [];
}

function findBackoffFaults({ recovery: { backoff } }: Policy): readonly FieldFault[] {
  if (backoff.initialMs === 0) {
    return [{ path: ["recovery", "backoff", "initial"], value: "0s", allowed: "more than 0s" }];
  }
  if (backoff.maxMs >= backoff.initialMs) return [];
  const allowed = `at least initial, which is ${formatDurationMs(backoff.initialMs)}`;
  return [{ path: ["recovery", "backoff", "max"], value: formatDurationMs(backoff.maxMs), allowed }];
}

/** What is allowed and may not mean what its author thinks. */
export function findPolicyNotices({ start }: Policy): readonly string[] {
  const isBoth = start.startAtOperationTime !== undefined && start.resumeFromCheckpoint === true;
  return isBoth
    ? [
        "startAtOperationTime together with resumeFromCheckpoint: true goes on the wire as written; " +
          "which of the two wins is unknown (Atlas does not document it)",
      ]
    : [];
}
