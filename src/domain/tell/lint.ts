// What `lint` says of policy files: its rules, and how one finding is told. Data only; what finds them is in
// src/policy-file.

type Level = "error" | "warning";

interface LintRule {
  readonly level: Level;
  /** As in "finds ...". */
  readonly about: string;
}

/** In the order of --help. An error is wrong whatever its author meant; a warning may be meant. */
export const LINT_RULES = {
  invalid: { level: "error", about: "what apply refuses" },
  "duplicate-processor": { level: "error", about: "a processor declared twice, in one file or in several" },
  "duplicate-field": { level: "error", about: "a field written twice" },
  "position-in-future": { level: "error", about: "a startAtOperationTime that is still to come" },
  "position-older-than-oplog": {
    level: "warning",
    about: "a startAtOperationTime the source no longer holds (recovery.oplogWindow or --oplog)",
  },
  "position-in-defaults": { level: "warning", about: "a position that every processor inherits" },
  "resume-with-time": {
    level: "warning",
    about: "startAtOperationTime together with resumeFromCheckpoint: true",
  },
  "redundant-resume": { level: "warning", about: "resumeFromCheckpoint: true, which is the default (--fix)" },
  "tier-above-largest": { level: "error", about: "a tier its workspace does not allow (with --live)" },
  "workspace-not-in-atlas": { level: "warning", about: "a workspace Atlas does not have (with --live)" },
  "cron-both-day-fields": { level: "warning", about: "a cron with both day fields set: either fires it" },
  "slot-in-dst-gap": {
    level: "warning",
    about: "a slot within a year at a time that daylight saving skips",
  },
  "cron-fires-often": { level: "warning", about: "a cron that restarts more than four times a day" },
  "cron-uneven-step": { level: "warning", about: "a step that does not divide its field, such as */45" },
  "cron-rare-day": { level: "warning", about: "a day that some months do not have, such as 29 February" },
  "cron-meets-clock-change": {
    level: "warning",
    about: "slots an hour apart or less that a clock skips or shows twice within a year",
  },
  "restarts-in-one-minute": {
    level: "warning",
    about: "more than ten restarts of one project in one minute; a train counts once",
  },
  "more-restarts-than-places": {
    level: "warning",
    about: "a slot with more restarts than the caps can begin within catchUp",
  },
  "train-with-different-schedules": {
    level: "warning",
    about: "a train whose members have different crons or zones",
  },
  "catch-up-too-short": { level: "warning", about: "a catchUp shorter than the time between passes" },
  "timezone-alias": {
    level: "warning",
    about: "a time zone by an old name, another spelling or a misleading one",
  },
  "no-effect": { level: "warning", about: "a field that has no effect" },
} as const satisfies Readonly<Record<string, LintRule>>;

export type RuleId = keyof typeof LINT_RULES;

export interface Finding {
  readonly rule: RuleId;
  readonly level: Level;
  readonly file: string;
  readonly line: number;
  /** Of the field; empty where it is about the file. */
  readonly path: string;
  readonly what: string;
  readonly remedy: string;
}
