// Effective policies for people: as a flat list of fields, and what differs between two of them. Two policies without a
// difference here must be equal for the store as well, and the other way round: what `apply` writes, it shows.
import { formatDurationMs } from "../domain/duration.js";
import { OWN_CLASSES } from "../domain/failure-classes.js";
import type { FailureRule } from "../domain/failure-classes.js";
import type { Policy } from "../domain/policy.js";
import { START_OPTION_NAMES } from "../domain/start-options.js";

export interface PolicyFieldChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A policy that comes from the database has its fields in another order. `restart` stands for an absent schedule. */
const ORDER = [
  "state",
  "mode",
  ...START_OPTION_NAMES.map((name) => `start.${name}`),
  "restart",
  "restart.cron",
  "restart.timezone",
  "restart.spread",
  "restart.catchUp",
  "restart.train",
  "recovery.backoff.initial",
  "recovery.backoff.factor",
  "recovery.backoff.max",
  "recovery.maxAttempts",
  "recovery.stableAfter",
  "recovery.stoppedGrace",
  "recovery.rules",
  ...OWN_CLASSES.flatMap((name) =>
    ["action", "ceiling", "stepBackAfter"].map((field) => `recovery.classes.${name}.${field}`),
  ),
  "recovery.respectManualStop",
  "recovery.proof.within",
  "recovery.proof.deadLetterRatio",
  "recovery.proof.maxLag",
  "recovery.oplogWindow",
  ...["resume", "time", "fresh", "margin", "maxReplay", "maxGap"].map((field) => `recovery.ladder.${field}`),
  "gateway.stop",
  "gateway.for",
  "concurrencyKey",
];

/** Shown for a field that is not there. */
export const ABSENT = "(absent)";

/** Field by field in the order of the file; what is equal is left out. */
export function policyChanges(
  before: Policy | undefined,
  after: Policy | undefined,
): readonly PolicyFieldChange[] {
  const [old, young] = [policyFields(before), policyFields(after)];
  return inFileOrder([...new Set([...old.keys(), ...young.keys()])])
    .map((path) => ({ path, before: old.get(path) ?? ABSENT, after: young.get(path) ?? ABSENT }))
    .filter((change) => change.before !== change.after);
}

export function inFileOrder(paths: readonly string[]): readonly string[] {
  return [...paths].sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other));
}

/** What a policy without a rule says in a file. */
const NO_RULE = { stop: "allow" };

/** Path -> value, both as in a file; what is absent is left out. */
export function policyFields(policy: Policy | undefined): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (policy === undefined) return fields;
  const { gateway = NO_RULE, recovery } = policy;
  const { rules, ...others } = recovery;
  const listed = rules === undefined ? others : { ...others, rules: formatRules(rules) };
  collect(fields, "", { ...policy, gateway, recovery: listed });
  return fields;
}

/** One value: the order of the rules counts. Fields in one order, which those of the database have not. */
function formatRules(rules: readonly FailureRule[]): string {
  const texts = rules.map((rule) =>
    JSON.stringify(
      "code" in rule ? { code: rule.code, class: rule.class } : { pattern: rule.pattern, class: rule.class },
    ),
  );
  return texts.join(", ");
}

function collect(fields: Map<string, string>, prefix: string, value: object): void {
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    // A file says `spread: 30m` for what is `spreadMs: 1800000` inside.
    const name = key.endsWith("Ms") ? key.slice(0, -2) : key;
    const path = prefix === "" ? name : `${prefix}.${name}`;
    if (field !== null && typeof field === "object") collect(fields, path, field);
    else if (typeof field === "number" && key.endsWith("Ms")) fields.set(path, formatDurationMs(field));
    else if (typeof field === "string" || typeof field === "number" || typeof field === "boolean") {
      fields.set(path, String(field));
    }
  }
}
