// Which rung of the ladder is next where a position is lost, from what loses nothing to what loses most. Pure. A rung
// is only taken by itself where its policy allows it and what it would replay or skip is within the declared budget;
// otherwise a person says so first. It never goes back to a rung below one that did not help.
import { formatDurationMs } from "../duration.js";
import { RUNGS } from "../rungs.js";
import type { Approval, LadderRule, Rung } from "../rungs.js";
import type { StartOptions } from "../start-options.js";
import { toConsequence, toSecondText } from "./consequence.js";
import type { Consequence, LastRead } from "./consequence.js";

export interface LadderFacts extends LastRead {
  readonly rule: LadderRule;
  /** Of the policy. */
  readonly version: number;
  /** The checkpoint is known to be of no use. */
  readonly isCheckpointGone: boolean;
  /** How far back the source's oplog reaches; undefined: nobody says. */
  readonly oplogWindowMs: number | undefined;
  /** The last one that did not help. */
  readonly taken: Rung | null;
  readonly approval: Approval | null;
}

/** A rung, and what follows from it. */
interface Step extends Consequence {
  readonly rung: Rung;
  readonly start: StartOptions;
}

export type LadderVerdict =
  /** `approval`: whose word it goes by; null: its policy allows it. */
  | { readonly kind: "take"; readonly step: Step; readonly approval: Approval | null }
  /** `why`: what stands in the way of taking it without being asked. */
  | { readonly kind: "ask"; readonly step: Step; readonly why: string }
  /** Nothing is left that can help and is not denied. */
  | { readonly kind: "end"; readonly denied: readonly Rung[] };

/** What is done next: what a person has approved, else the lowest rung that can help and is not denied. */
export function chooseRung(facts: LadderFacts): LadderVerdict {
  const { rule, taken, approval } = facts;
  const above = RUNGS.slice(taken === null ? 0 : RUNGS.indexOf(taken) + 1);
  const steps = above.map((rung) => toStep(rung, facts)).filter((step) => step !== undefined);
  const open = steps.filter(({ rung }) => rule[rung] !== "deny");
  const approved = open.find(({ rung }) => isApproved(facts, rung));
  if (approved !== undefined) return { kind: "take", step: approved, approval };
  const [step] = open;
  if (step === undefined) return { kind: "end", denied: steps.map(({ rung }) => rung) };
  const why = findObjection(rule, step);
  return why === undefined ? { kind: "take", step, approval: null } : { kind: "ask", step, why };
}

function isApproved({ approval, version, now }: LadderFacts, rung: Rung): boolean {
  return approval?.rung === rung && approval.version === version && now < approval.until;
}

/** Undefined: nobody need be asked. */
function findObjection(rule: LadderRule, { rung, replayMs, gapMs }: Step): string | undefined {
  if (rule[rung] === "approve") return "its policy wants to be asked";
  if (replayMs > rule.maxReplayMs) return `that is above maxReplay ${formatDurationMs(rule.maxReplayMs)}`;
  if (gapMs > rule.maxGapMs) return `that is above maxGap ${formatDurationMs(rule.maxGapMs)}`;
  return undefined;
}

/** Undefined where it cannot help. */
function toStep(rung: Rung, facts: LadderFacts): Step | undefined {
  if (rung === "resume") {
    const text = "resumes from its checkpoint";
    return facts.isCheckpointGone ? undefined : { rung, start: {}, replayMs: 0, gapMs: 0, text };
  }
  const startsAt = findStartTime(facts);
  if (rung === "time" && startsAt === undefined) return undefined;
  const start: StartOptions = {
    // Beside a time, so that a checkpoint that survived cannot win: which of both would is not known (docs/atlas.md
    // 2b).
    resumeFromCheckpoint: false,
    ...(rung === "time" && startsAt !== undefined ? { startAtOperationTime: toSecondText(startsAt) } : {}),
  };
  return { rung, start, ...toConsequence(start, facts) };
}

/** A share of the declared window that may be gone by the time that the start has taken effect. */
const ROLLING = 0.1;

/** Where it was, less the margin, but inside the oplog; undefined where nobody knows where it was. */
function findStartTime({ position, rule, oplogWindowMs, now }: LadderFacts): number | undefined {
  if (position === null) return undefined;
  const wanted = position.at - rule.marginMs;
  return oplogWindowMs === undefined ? wanted : Math.max(wanted, now - oplogWindowMs * (1 - ROLLING));
}
