// What the ladder of a policy says of a processor that has lost its position: the rung that its next start begins with,
// or why it is parked instead. Pure. It is asked where a failure has that answer, and where a checkpoint is forgotten.
import { chooseRung } from "../recover/ladder.js";
import type { LadderVerdict } from "../recover/ladder.js";
import { toStandingRung } from "../recover/taken-rung.js";
import type { TakenRung } from "../rungs.js";
import { toObservedState } from "../observation.js";
import { formatProcessorRef } from "../refs.js";
import type { ProcessorRef } from "../refs.js";
import { findForgotten } from "./checkpoint-age.js";
import type { PolicyFacts } from "./decision.js";

/** Undefined where nothing is lost, no ladder is declared, or what it said has still to be carried out. */
function toLadderVerdict(facts: PolicyFacts): LadderVerdict | undefined {
  const { declared, status, observation, failure, now } = facts;
  const { version } = declared;
  const { ladder: rule, oplogWindowMs } = declared.policy.recovery;
  if (rule === undefined || toStandingRung(status, version) !== undefined) return undefined;
  const isForgotten = findForgotten(facts) !== undefined;
  const isFailed = failure?.action === "ladder" && failure.isNews;
  if (!isForgotten && !isFailed) return undefined;
  return chooseRung({
    rule,
    version,
    isCheckpointGone: isForgotten || failure?.class === "checkpoint-lost",
    position: status.position,
    stoppedAt: toObservedState(observation.state) === "STARTED" ? null : status.stateSince,
    oplogWindowMs,
    taken: status.rung?.version === version ? status.rung.rung : null,
    approval: status.approval,
    now,
  });
}

/** The rung that this start, and those after it until one is answered, begin with. */
export function toTaken(facts: PolicyFacts): TakenRung | undefined {
  const verdict = toLadderVerdict(facts);
  if (verdict?.kind !== "take") return undefined;
  const { step, approval } = verdict;
  const leave = approval === null ? "its policy allows it" : `approved by ${approval.by}: ${approval.why}`;
  return {
    rung: step.rung,
    start: step.start,
    why: `${step.text}; ${leave}`,
    version: facts.declared.version,
    at: facts.now,
    isUsed: false,
  };
}

/** Why it is parked instead, with the command that takes it out; undefined: it is not. */
export function toLadderObstacle(
  facts: PolicyFacts,
): { readonly why: string; readonly asks: boolean } | undefined {
  const verdict = toLadderVerdict(facts);
  if (verdict === undefined || verdict.kind === "take") return undefined;
  const name = formatProcessorRef(facts.ref);
  if (verdict.kind === "ask") {
    const { rung, text } = verdict.step;
    const command = toApproveCommand(facts.ref, rung);
    return { why: `rung ${rung} ${text}; ${verdict.why}: ${command}`, asks: true };
  }
  const denied = verdict.denied.length === 0 ? "" : ` that is not denied (${verdict.denied.join(", ")})`;
  const why = `no rung of its ladder is left${denied}: headgate start "${name}" --at TIME, or --no-resume`;
  return { why, asks: false };
}

const toApproveCommand = (ref: ProcessorRef, rung: string): string =>
  `headgate approve "${formatProcessorRef(ref)}" --rung ${rung} --reason WHY`;
