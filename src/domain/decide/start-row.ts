// The row of the decision table for what is declared STARTED and is not. Pure.
import { because } from "../reasons.js";
import { toObservedState } from "../observation.js";
import type { Climb } from "../failure-classes.js";
import { toConsequence } from "../recover/consequence.js";
import { toStandingRung } from "../recover/taken-rung.js";
import type { TakenRung } from "../rungs.js";
import { hasPosition } from "../start-options.js";
import type { StartOptions } from "../start-options.js";
import type { ProcessorStatus } from "../status.js";
import { toGraceMs } from "./attribution.js";
import type { PolicyFacts } from "./decision.js";
import { toDifference } from "./difference.js";
import { toClimb, toRise } from "./failure-answer.js";
import { toTaken } from "./ladder-turn.js";
import type { PolicyMatch } from "./match.js";
import { toStartOptions, withoutOneOff } from "./start-to-send.js";

/**
 * From FAILED at once; from rest that somebody else brought it to, after the declared grace, because a deploy stops,
 * edits and starts. A due slot is satisfied by the start and ends a person's one-off.
 */
export const starts: PolicyMatch = (facts) => {
  const { declared, status, observation } = facts;
  const state = toObservedState(observation.state);
  if (state === "STARTED") return undefined;
  if (state !== "FAILED" && isInGrace(facts)) {
    const who = status.stateBy ?? "somebody else";
    return because("grace", `${who} brought it to ${observation.state}: waiting the declared grace`);
  }
  const { climbs, takes } = toAnswer(facts);
  const answered = withAnswer(status, { climbs, takes });
  const options = toStartOptions(declared, facts.dueSlot === undefined ? answered : withoutOneOff(answered));
  const difference = `${toDifference(declared, observation)}${toRise(facts, answered)}`;
  return {
    ...because("start", `${difference}${toBeginning(facts, answered, options)}`),
    action: {
      kind: "start",
      options,
      slotAt: facts.dueSlot?.at ?? null,
      isBrakeable: false,
    },
    ...(climbs === undefined ? {} : { climbs }),
    ...(takes === undefined ? {} : { takes }),
  };
};

interface Answer {
  readonly climbs: Climb | undefined;
  readonly takes: TakenRung | undefined;
}

const toAnswer = (facts: PolicyFacts): Answer => ({ climbs: toClimb(facts), takes: toTaken(facts) });

/** As it is to be remembered: what is decided now counts for the options of this very start. */
function withAnswer(status: ProcessorStatus, { climbs, takes }: Answer): ProcessorStatus {
  return { ...status, climbed: climbs ?? status.climbed, rung: takes ?? status.rung };
}

/** Where it begins and what that means for the data; empty where it resumes, or nobody knows where it was. */
function toBeginning({ declared, now }: PolicyFacts, status: ProcessorStatus, options: StartOptions): string {
  const rung = toStandingRung(status, declared.version);
  if (rung !== undefined) return `; ${rung.why}`;
  const { position, stateSince: stoppedAt } = status;
  if (!hasPosition(options) || position === null) return "";
  return `; ${toConsequence(options, { position, stoppedAt, now }).text}`;
}

/** Somebody else stopped it after the policy was declared, and may be about to start it again. */
function isInGrace({ declared, status, now }: PolicyFacts): boolean {
  const restsSince = status.stateSince ?? declared.declaredAt;
  const graceUntil = restsSince + toGraceMs(declared.policy.recovery, status);
  return status.stateCause === "elsewhere" && restsSince > declared.declaredAt && now < graceUntil;
}
