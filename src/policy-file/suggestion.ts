// What to say of a field that does not exist: the fields that do, and the nearest of them. The lists repeat those of
// schema.ts; a test compares them.
import { OWN_CLASSES } from "../domain/failure-classes.js";
import { START_OPTION_NAMES } from "../domain/start-options.js";
import { findNearest } from "../domain/nearest.js";

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "": ["project", "workspace", "defaults", "processors"],
  policy: ["state", "mode", "start", "restart", "recovery", "gateway", "concurrencyKey"],
  start: START_OPTION_NAMES,
  restart: ["cron", "timezone", "spread", "catchUp", "train"],
  recovery: [
    "backoff",
    "maxAttempts",
    "stableAfter",
    "stoppedGrace",
    "rules",
    "classes",
    "respectManualStop",
    "proof",
    "oplogWindow",
    "ladder",
  ],
  rule: ["code", "pattern", "class"],
  classes: OWN_CLASSES,
  class: ["action", "ceiling", "stepBackAfter"],
  gateway: ["stop", "for"],
  proof: ["within", "deadLetterRatio", "maxLag"],
  ladder: ["resume", "time", "fresh", "margin", "maxReplay", "maxGap"],
  backoff: ["initial", "factor", "max"],
};

/** A merge key is no part of YAML 1.2, and readers differ in what it does to the maps below. */
export const MERGE_KEY = "<<";
export const ALIASES = "aliases of whole values, such as `start: *small`, and `defaults` for what all share";

/** The fields allowed beside it, the nearest one first in words where there is one. */
export function suggestKey(key: string, path: readonly string[]): string {
  if (key === MERGE_KEY) return ALIASES;
  const fields = FIELDS[toPlace(path)] ?? [];
  const nearest = findNearest(key, fields);
  const list = fields.join(", ");
  return nearest === undefined ? list : `${list}; did you mean ${nearest}?`;
}

/** What stands in a block of many under a name, or a place, of its own. */
const MEMBERS: Readonly<Record<string, string>> = { rules: "rule", classes: "class" };

/** `defaults` is a policy, `processors.NAME` another; deeper down the last name of the path is the block. */
function toPlace(path: readonly string[]): string {
  if (path.length === 0) return "";
  const isPolicy = path[0] === "defaults" ? path.length === 1 : path.length === 2;
  if (isPolicy) return "policy";
  return MEMBERS[path.at(-2) ?? ""] ?? path.at(-1) ?? "";
}
