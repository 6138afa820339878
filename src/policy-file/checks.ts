// What the schema cannot see because it lies between fields: checked on the effective policy of each processor. A field
// of a processor and one of the defaults may each be sound and not fit together. Such a fault stands at the processor,
// and one that the defaults have by themselves stands there.
// What passes here the loop can evaluate, if its worker knows the same time zones.
import { formatDurationMs, parseDurationMs } from "../domain/duration.js";
import { OWN_CLASSES } from "../domain/failure-classes.js";
import type { Policy } from "../domain/policy.js";
import { findScheduleFaults, smallestIntervalMs } from "../domain/decide/schedule.js";
import { toPolicy } from "./merge.js";
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
      return [
        ...inRestart,
        ...findBackoffFaults(policy),
        ...findProofFaults(policy),
        ...findLadderFaults(policy),
      ];
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
export function findDefaultFaults(defaults: PolicyFields): readonly FieldFault[] {
  const { restart, gateway } = defaults;
  const others = [
    ...findForFaults(gateway, gateway?.stop),
    ...findClassFaults(toPolicy(defaults, {}), defaults.recovery),
  ];
  if (restart === undefined || restart === null) return others;
  const { cron = "0 0 * * *", timezone = "UTC" } = restart;
  return [...findFieldFaults({ cron, timezone }), ...others];
}

/** Of the fields that a processor writes itself, judged by its effective policy. */
export function findOwnFaults(policy: Policy, own: PolicyFields): readonly FieldFault[] {
  return [...findForFaults(own.gateway, policy.gateway?.stop), ...findClassFaults(policy, own.recovery)];
}

/** A climb has a ceiling, and only a climb has what belongs to one. */
function findClassFaults({ recovery }: Policy, written: PolicyFields["recovery"]): readonly FieldFault[] {
  return OWN_CLASSES.flatMap((name): readonly FieldFault[] => {
    const rule = written?.classes?.[name] ?? {};
    const path = ["recovery", "classes", name];
    if (recovery.classes?.[name]?.action === "climb") {
      const { stepBackAfter } = rule;
      const isAtOnce = stepBackAfter !== undefined && parseDurationMs(stepBackAfter) === 0;
      return isAtOnce
        ? [{ path: [...path, "stepBackAfter"], value: stepBackAfter, allowed: "more than 0s" }]
        : [];
    }
    return findBareActionFaults(rule, { path, hasLadder: recovery.ladder !== undefined });
  });
}

type WrittenRule = NonNullable<
  NonNullable<NonNullable<PolicyFields["recovery"]>["classes"]>[(typeof OWN_CLASSES)[number]]
>;

/** Of a class that does not climb. */
function findBareActionFaults(
  { action, ceiling, stepBackAfter }: WrittenRule,
  { path, hasLadder }: { readonly path: readonly string[]; readonly hasLadder: boolean },
): readonly FieldFault[] {
  const atAction = [...path, "action"];
  if (action === "climb") {
    return [{ path: atAction, value: "climb without a ceiling", allowed: "a ceiling beside it" }];
  }
  if (action === "ladder" && !hasLadder) {
    return [{ path: atAction, value: "ladder without one", allowed: "recovery.ladder beside it" }];
  }
  const [field, value] = ceiling === undefined ? ["stepBackAfter", stepBackAfter] : ["ceiling", ceiling];
  const allowed = "beside action: climb and a ceiling, or none";
  return value === undefined ? [] : [{ path: [...path, field], value, allowed: `${field} ${allowed}` }];
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

function findProofFaults({ recovery: { proof } }: Policy): readonly FieldFault[] {
  if (proof === undefined) return [];
  const spans = [
    ["within", proof.withinMs],
    ["maxLag", proof.maxLagMs],
  ] as const;
  return spans
    .filter(([, ms]) => ms === 0)
    .map(([field]) => ({ path: ["recovery", "proof", field], value: "0s", allowed: "more than 0s" }));
}

/** A rung that is allowed and that its own budget never lets pass would look like one that is. */
function findLadderFaults({ recovery: { ladder } }: Policy): readonly FieldFault[] {
  if (ladder === undefined) return [];
  const { time, fresh, marginMs, maxReplayMs, maxGapMs } = ladder;
  const path = ["recovery", "ladder"];
  const faults: FieldFault[] = [];
  if (time === "allow" && maxReplayMs < marginMs) {
    const allowed = `${formatDurationMs(marginMs)} or more, because the margin is read twice`;
    faults.push({ path: [...path, "maxReplay"], value: formatDurationMs(maxReplayMs), allowed });
  }
  if (fresh === "allow" && maxGapMs === 0) {
    faults.push({ path: [...path, "maxGap"], value: "0s", allowed: "more than 0s beside fresh: allow" });
  }
  return faults;
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
