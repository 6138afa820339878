// A processor on its way to what was declared: where it was, where it is, what was done and why, and whether anything
// is left to do. Pure. Whoever waits for a fleet ends when no row is pending. So a row must not stay pending for what
// Headgate will not do by itself, and must not be settled while a pass would still change something.
import { toReasonProperties } from "../../domain/reasons.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { LEFT_STOPPED } from "../../domain/change/steps.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import type { PlannedProcessor } from "./plan.js";

/** `settled`: nothing is left to do. `refused`: Atlas says no to what was declared. */
type Standing = "settled" | "refused" | "pending";

export interface FleetRow {
  readonly ref: ProcessorRef;
  /** Before the first change of this watch; where there was none, as first seen. */
  readonly was: string;
  readonly declared: string;
  readonly now: string;
  /** The changes so far, with their outcomes. */
  readonly did: string;
  readonly why: string;
  readonly standing: Standing;
}

/** Codes of changes that Atlas refused for good. */
const REFUSED: ReadonlySet<string> = new Set(["atlas.rejected", LEFT_STOPPED]);
const ABSENT = "not in Atlas";
/** `past.changes`: this watch's, newest first. */
export function toRow(
  processor: PlannedProcessor,
  past: { readonly changes: readonly ChangeListing[]; readonly firstSeen: string },
): FleetRow {
  const [newest] = past.changes;
  const oldest = past.changes.at(-1);
  const { declared, decision } = processor;
  const standing = toStanding(processor, newest);
  return {
    ref: processor.ref,
    was: oldest === undefined ? past.firstSeen : toText(oldest.stateBefore, oldest.tierBefore),
    declared: declared === undefined ? "-" : toText(declared.policy.state, declared.policy.start.tier),
    now: toNow(processor),
    did: toDeeds(past.changes),
    // Once all is well the interesting reason is that of the last change, not "as declared".
    why: standing === "settled" && newest !== undefined ? newest.why : toWhy(decision.reason.text, newest),
    standing,
  };
}

function toStanding({ decision }: PlannedProcessor, newest: ChangeListing | undefined): Standing {
  if (toReasonProperties(decision.reason.code).isSettled === true) return "settled";
  return newest?.outcome === "failed" && REFUSED.has(newest.outcomeCode ?? "") ? "refused" : "pending";
}

/** Where it is, in words. */
export function toNow({ state, tier, decision }: PlannedProcessor): string {
  if (decision.reason.code === "missing") return ABSENT;
  return toText(state, tier);
}

function toText(state: string | null, tier: string | null | undefined): string {
  return [state ?? "-", tier].filter((part) => part !== undefined && part !== null).join(" ");
}

/** Oldest first: `start failed, start succeeded (3 POSTs)`. */
function toDeeds(changes: readonly ChangeListing[]): string {
  return [...changes]
    .reverse()
    .map(({ kind, outcome, posts }) => {
      // A restart is a stop and a start. More POSTs than that were repeated, which is worth a remark.
      const expected = kind === "restart" ? 2 : 1;
      const count = posts > expected ? ` (${String(posts)} POSTs)` : "";
      return `${kind} ${outcome ?? "running"}${count}`;
    })
    .join(", ");
}

function toWhy(reason: string, newest: ChangeListing | undefined): string {
  if (newest?.outcome !== "failed") return reason;
  return newest.outcomeText === null ? newest.why : `${newest.why}; ${newest.outcomeText}`;
}
