// The fleet on its way to what was declared: per processor where it was, where it is, what was done and why, and
// whether anything is left to do. Reads what is stored; no call to Atlas. Whoever waits for a fleet ends when no row is
// pending. So a row must not stay pending for what Headgate will not do by itself, and must not be settled while a pass
// would still change something.
import { formatProcessorRef } from "../../domain/refs.js";
import { toReasonProperties } from "../../domain/reasons.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { LEFT_STOPPED } from "../../domain/change/steps.js";
import { listChanges } from "../../store/people/listings/listings.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import type { AppDeps } from "../deps.js";
import { planFleet } from "./plan.js";
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

export interface FleetWatch {
  /** Everything there is at this moment, by name. */
  look(): Promise<readonly FleetRow[]>;
}

/** Codes of changes that Atlas refused for good. */
const REFUSED: ReadonlySet<string> = new Set(["atlas.rejected", LEFT_STOPPED]);
const ABSENT = "not in Atlas";
/** In one statement, newest first: what a watch does not see of a larger fleet are its oldest changes. */
const CHANGES_MAX = 10_000;

/**
 * Changes opened before `since` (database time) are none of this watch's. Each look costs two statements and one per
 * workspace. It remembers where each processor was seen first, for those that no change touches.
 */
export function watchFleet(deps: Pick<AppDeps, "store" | "settings">, since: number): FleetWatch {
  const firstSeen = new Map<string, string>();
  return {
    look: async () => {
      const changes = groupByProcessor(await listChanges(deps.store, { limit: CHANGES_MAX }), since);
      const workspaces = await planFleet(deps);
      return workspaces.flatMap(({ processors }) =>
        processors.map((processor) => {
          const name = formatProcessorRef(processor.ref);
          const now = toNow(processor);
          if (now !== "-" && !firstSeen.has(name)) firstSeen.set(name, now);
          return toRow(processor, {
            changes: changes.get(name) ?? [],
            firstSeen: firstSeen.get(name) ?? now,
          });
        }),
      );
    },
  };
}

/** Exported for its test. `past.changes`: this watch's, newest first. */
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

function toNow({ state, tier, decision }: PlannedProcessor): string {
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

/** Newest first, as they come. */
function groupByProcessor(
  changes: readonly ChangeListing[],
  since: number,
): ReadonlyMap<string, readonly ChangeListing[]> {
  const groups = new Map<string, ChangeListing[]>();
  for (const change of changes.filter(({ openedAt }) => openedAt >= since)) {
    const name = formatProcessorRef(change.ref);
    groups.set(name, [...(groups.get(name) ?? []), change]);
  }
  return groups;
}
