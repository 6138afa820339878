// What comes after the decision table and may hold a decided change back: the single trial of a held project, the
// mutation brake, the caps on open changes. The table sees one processor at a time; these see the workspace. Pure. What
// is held back keeps its place and is decided anew by the next pass: nothing here is remembered but the reason.
import type { Facts, Ruling } from "./decision.js";
import { decide } from "./decision-table.js";
import type { Decision } from "./decision-table.js";
import { findFullCap } from "./caps.js";
import type { Places } from "./caps.js";
import { because } from "../reasons.js";
import type { ProcessorStatus } from "../status.js";
import type { ProcessorFacts, WorkspaceFacts } from "./workspace-facts.js";

/** One processor, decided and not yet admitted. */
export interface Draft {
  readonly facts: ProcessorFacts;
  readonly before: ProcessorStatus;
  /** What the table was asked, as if the project were not held. */
  readonly asked: Facts;
  readonly status: ProcessorStatus;
  readonly decision: Decision;
}

/**
 * Where a POST was denied, one change is tried alone once the re-check is due: the oldest wanted start, else the
 * oldest.
 */
export function findTrial(facts: WorkspaceFacts, drafts: readonly Draft[]): Draft | undefined {
  if (facts.hold?.by !== "post" || facts.now < facts.hold.recheckAt) return undefined;
  return drafts.filter(({ decision }) => decision.action !== undefined).sort(byUrgency)[0];
}

/**
 * Decided again, as held: what the first decision would have parked, skipped or reset waits for the end of the hold.
 */
export function holding(one: Draft): Draft {
  return {
    ...one,
    status: one.asked.status,
    decision: decide({ ...one.asked, isHeld: true }),
  };
}

/** The same decision without its action; a slot it skips stays skipped. */
export function putOff({ row, skips }: Decision, why: Pick<Ruling, "reason">): Decision {
  return { row, ...why, ...(skips === undefined ? {} : { skips }) };
}

/** By version: a release is for the mistake that a person has looked at, not for the next one. */
export function isReleased(facts: WorkspaceFacts, one: Draft): boolean {
  return facts.brakeReleased[one.facts.processor] === one.facts.declared?.version;
}

/**
 * Holds every unscheduled stop and restart back once there are more than `brakeCount` of them and more than
 * `brakeShare` of the workspace, together with those opened lately. Starts are never held: they end an outage, they
 * cannot make one.
 */
export function applyBrake(
  facts: WorkspaceFacts,
  drafts: readonly Draft[],
): { readonly drafts: readonly Draft[]; readonly isBraked: boolean } {
  const { brakeCount, brakeShare } = facts.settings;
  const mutations = drafts.filter(
    (one) => one.decision.action?.isBrakeable === true && !isReleased(facts, one),
  );
  const count = mutations.length + facts.recentMutations;
  const size = facts.observations?.length ?? 0;
  if (mutations.length === 0 || count <= brakeCount || count <= brakeShare * size)
    return { drafts, isBraked: false };
  const why = because(
    "braked",
    "held by the mutation brake until release-brake: too many unscheduled stops and restarts at once",
  );
  const heldBack = new Set(mutations);
  return {
    drafts: drafts.map((one) => (heldBack.has(one) ? { ...one, decision: putOff(one.decision, why) } : one)),
    isBraked: true,
  };
}

/** Starts before restarts and stops, then the longest in drift: whoever is down waits least. */
function byUrgency(one: Draft, other: Draft): number {
  const rank = ({ decision }: Draft): number => (decision.action?.kind === "start" ? 0 : 1);
  const since = ({ status }: Draft): number => status.driftSince ?? Number.MAX_SAFE_INTEGER;
  return rank(one) - rank(other) || since(one) - since(other);
}

/**
 * Admits as many as there are places; the rest say what they wait for. The caps are counted again, under locks, when a
 * change opens: other workspaces and projects share them.
 */
export function applyCaps(
  facts: WorkspaceFacts,
  drafts: readonly Draft[],
): { readonly drafts: readonly Draft[]; readonly admitted: readonly Draft[] } {
  const taken: Taken = { changes: 0, starts: 0, ofKey: new Map() };
  const admitted: Draft[] = [];
  const waiting = new Map<Draft, string>();
  const wanted = drafts.filter(({ decision }) => decision.action !== undefined).sort(byUrgency);
  for (const one of wanted) {
    const text = findFullCap(toPlaces(facts, taken, one), facts.settings);
    if (text !== undefined) waiting.set(one, text);
    else {
      take(taken, one);
      admitted.push(one);
    }
  }
  return {
    drafts: drafts.map((one) => {
      const text = waiting.get(one);
      return text === undefined
        ? one
        : { ...one, decision: putOff(one.decision, because("waiting-for-place", text)) };
    }),
    admitted,
  };
}

/** What a pass has admitted so far. */
interface Taken {
  changes: number;
  starts: number;
  readonly ofKey: Map<string, number>;
}

function take(taken: Taken, one: Draft): void {
  const key = toKey(one);
  taken.changes += 1;
  if (startsSomething(one)) taken.starts += 1;
  if (key !== undefined) taken.ofKey.set(key, (taken.ofKey.get(key) ?? 0) + 1);
}

/** What is open where this one would open, with what the pass opens before it. */
function toPlaces(facts: WorkspaceFacts, taken: Taken, one: Draft): Places {
  const key = toKey(one);
  const inTurn = startsSomething(one) ? facts.openStartsInTurn : null;
  return {
    inWorkspace: facts.openInWorkspace + taken.changes,
    inProject: facts.openInProject + taken.changes,
    key,
    ofKey: key === undefined ? 0 : (facts.openByKey[key] ?? 0) + (taken.ofKey.get(key) ?? 0),
    startsInTurn: inTurn === null ? 0 : inTurn + taken.starts,
  };
}

const toKey = ({ facts }: Draft): string | undefined => facts.declared?.policy.concurrencyKey;

const startsSomething = ({ decision }: Draft): boolean => decision.action?.kind !== "stop";

/** A release lasts until its processor is in agreement or its version is replaced: it is no switch. */
export function keepReleases(
  facts: WorkspaceFacts,
  drafts: readonly Draft[],
): Readonly<Record<string, number>> {
  const kept = drafts.filter((one) => isReleased(facts, one) && one.status.driftSince !== null);
  return Object.fromEntries(kept.map((one) => [one.facts.processor, one.facts.declared?.version ?? 0]));
}
