// What is valid and probably not meant: one rule per function, each on one effective policy or one document. Rules on
// schedules are in lint-schedules.ts. A rule must stay silent unless its facts are known: no `--oplog`, no `--live`, no
// finding. Levels and names of the rules are in `domain/tell/lint.ts`.
import { formatDurationMs } from "../domain/duration.js";
import type { Finding } from "../domain/tell/lint.js";
import type { WorkspaceLimits } from "../domain/observation.js";
import { isLargerTier, isTier, isToCome } from "../domain/start-options.js";
import { formatWorkspaceRef } from "../domain/refs.js";
import { toFinding, toWrittenPath } from "./lint-input.js";
import type { LintDocument, LintProcessor, Remark } from "./lint-input.js";
import type { PolicyDocument, PolicyFields } from "./schema.js";

export interface LintFacts {
  /** Epoch ms. */
  readonly now: number;
  /** How long the sources keep their oplog; absent: not known. */
  readonly oplogMs?: number | undefined;
  /** What Atlas allows, by `project/workspace`; undefined for one it does not have. Absent: Atlas was not asked. */
  readonly live?: ReadonlyMap<string, WorkspaceLimits | undefined> | undefined;
}

interface FieldRemark extends Remark {
  readonly field: readonly string[];
}

type ProcessorRule = (one: LintProcessor, facts: LintFacts) => FieldRemark | undefined;

const TIME = ["start", "startAtOperationTime"];
const RESUME = ["start", "resumeFromCheckpoint"];

/** A time, or a start that discards the checkpoint. `true` is no position: it is the default. */
function isPosition(start: PolicyFields["start"]): boolean {
  return start?.startAtOperationTime !== undefined || start?.resumeFromCheckpoint === false;
}

const positionInFuture: ProcessorRule = ({ policy }, { now }) => {
  if (!isToCome(policy.start, now)) return undefined;
  const { startAtOperationTime: time = "" } = policy.start;
  const remedy = "a time that has passed, or none: a start resumes from its checkpoint";
  return { rule: "position-in-future", field: TIME, what: `${time} is still to come`, remedy };
};

const positionOlderThanOplog: ProcessorRule = ({ policy }, { now, oplogMs }) => {
  const { startAtOperationTime: time } = policy.start;
  // What the owner of one source declares goes over what was said of all.
  const windowMs = policy.recovery.oplogWindowMs ?? oplogMs;
  if (time === undefined || windowMs === undefined || Date.parse(time) >= now - windowMs) return undefined;
  const what = `${time} is longer ago than the oplog of ${formatDurationMs(windowMs)}: a start from it fails`;
  const remedy = "use a time inside the oplog, or remove it if it was spent";
  return { rule: "position-older-than-oplog", field: TIME, what, remedy };
};

const resumeWithTime: ProcessorRule = ({ policy: { start } }) => {
  if (start.startAtOperationTime === undefined || start.resumeFromCheckpoint !== true) return undefined;
  const what = "with startAtOperationTime, and which of the two wins is unknown (Atlas does not document it)";
  const remedy = "resumeFromCheckpoint: false with the time, or no time";
  return { rule: "resume-with-time", field: RESUME, what, remedy };
};

const tierAboveLargest: ProcessorRule = ({ ref, policy }, { live }) => {
  const { tier } = policy.start;
  // Not known, not set, or a tier of a newer Atlas: then there is nothing to compare with.
  const largest = live?.get(formatWorkspaceRef(ref))?.maxTier;
  if (tier === undefined || largest === undefined || !isTier(largest) || !isLargerTier(tier, largest)) {
    return undefined;
  }
  const what = `${tier} is larger than ${largest}, the largest tier of the workspace`;
  const remedy = `${largest} at most, or raise the workspace's largest tier in Atlas`;
  return { rule: "tier-above-largest", field: ["start", "tier"], what, remedy };
};

// Its own only: defaults may carry a schedule for the others.
const scheduleWhileStopped: ProcessorRule = ({ policy, own }) => {
  if (policy.state !== "STOPPED" || own.restart === undefined || own.restart === null) return undefined;
  const what = "a restart schedule on a processor declared STOPPED";
  return { rule: "no-effect", field: ["restart"], what, remedy: "remove it, or declare STARTED" };
};

// Its own only, like the schedule above.
const positionWhileStopped: ProcessorRule = ({ policy, own }) => {
  if (policy.state !== "STOPPED" || !isPosition(own.start)) return undefined;
  const field = own.start?.startAtOperationTime === undefined ? RESUME : TIME;
  const what = "a position on a processor declared STOPPED: nothing starts from it";
  return { rule: "no-effect", field, what, remedy: "remove it, or declare STARTED" };
};

// By the defaults as written: `restart: null` there has nothing to switch off either.
const nothingSwitchedOff: ProcessorRule = ({ own, defaults }) => {
  if (own.restart !== null || (defaults.restart ?? null) !== null) return undefined;
  const what = "restart: null, but the defaults have no schedule to switch off";
  return { rule: "no-effect", field: ["restart"], what, remedy: "remove it" };
};

/** In the order in which findings of one line are shown. */
const RULES: readonly ProcessorRule[] = [
  positionInFuture,
  positionOlderThanOplog,
  resumeWithTime,
  tierAboveLargest,
  scheduleWhileStopped,
  positionWhileStopped,
  nothingSwitchedOff,
];

export function findInProcessor(one: LintProcessor, facts: LintFacts): readonly Finding[] {
  return RULES.map((rule) => rule(one, facts))
    .filter((remark) => remark !== undefined)
    .map((remark) => toFinding(one.source, toWrittenPath(one, remark.field), remark));
}

export function findInDocument(document: LintDocument, { live }: LintFacts): readonly Finding[] {
  const { source, workspace, content } = document;
  const isUnknown = workspace !== undefined && live !== undefined && isMissing(live, workspace);
  return [
    ...(isUnknown
      ? [toFinding(source, ["workspace"], toUnknownWorkspace(formatWorkspaceRef(workspace)))]
      : []),
    ...findDefaultPositions(content?.defaults ?? {}).map((path) =>
      toFinding(source, path, POSITION_IN_DEFAULTS),
    ),
    ...(content === undefined ? [] : findRedundantResumes(content)).map((path) =>
      toFinding(source, path, REDUNDANT_RESUME),
    ),
  ];
}

function isMissing(
  live: NonNullable<LintFacts["live"]>,
  workspace: NonNullable<LintDocument["workspace"]>,
): boolean {
  const key = formatWorkspaceRef(workspace);
  // Asked and answered with nothing: one that was not asked about is not missing.
  return live.has(key) && live.get(key) === undefined;
}

function toUnknownWorkspace(name: string): Remark {
  const what = `Atlas has no workspace ${name}`;
  return { rule: "workspace-not-in-atlas", what, remedy: "correct its name, or make it in Atlas first" };
}

const POSITION_IN_DEFAULTS: Remark = {
  rule: "position-in-defaults",
  what: "every processor that inherits this position discards its checkpoint at its next start from rest",
  remedy: "declare it at the processors that are meant",
};

function findDefaultPositions({ start }: PolicyFields): readonly (readonly string[])[] {
  if (!isPosition(start)) return [];
  return [["defaults", ...(start?.startAtOperationTime === undefined ? RESUME : TIME)]];
}

const REDUNDANT_RESUME: Remark = {
  rule: "redundant-resume",
  what: "resumeFromCheckpoint: true is the default",
  remedy: "remove it (--fix does)",
};

/**
 * Paths of those that change nothing: neither a time nor a default of false stands beside them. `--fix` cuts them, so a
 * path too many would change what a file declares.
 */
export function findRedundantResumes(content: PolicyDocument): readonly (readonly string[])[] {
  const { defaults = {}, processors } = content;
  const hasTime = (fields: PolicyFields | null): boolean => fields?.start?.startAtOperationTime !== undefined;
  const resumes = (fields: PolicyFields | null): boolean => fields?.start?.resumeFromCheckpoint === true;
  const all = Object.entries(processors);
  // Beside a time it says which of the two is wanted, so there it is not redundant, whatever Atlas makes of it.
  const isDefaultRedundant = resumes(defaults) && !hasTime(defaults) && !all.some(([, own]) => hasTime(own));
  const isOwnRedundant = (own: PolicyFields | null): boolean =>
    resumes(own) && !hasTime(own) && !hasTime(defaults) && defaults.start?.resumeFromCheckpoint !== false;
  return [
    ...(isDefaultRedundant ? [["defaults", ...RESUME]] : []),
    ...all.filter(([, own]) => isOwnRedundant(own)).map(([name]) => ["processors", name, ...RESUME]),
  ];
}
