// What a pass tells the journal of one processor: what was not so before it. Pure. A quiet fleet has no lines, and what
// comes and goes with every change is left out.
import { CONDITION_NAMES } from "../conditions.js";
import type { JournalKind } from "../journal.js";
import type { ProcessorStatus } from "../status.js";
import type { Draft } from "./holding-back.js";
import { findDegraded } from "./proof.js";

/** A line of the journal, about something that was not so before this pass. */
export interface Transition {
  readonly processor: string;
  readonly kind: JournalKind;
  readonly text: string;
}

export function toTransitions(one: Draft, tellsReason: boolean): readonly Transition[] {
  const { processor } = one.facts;
  const { before, status, decision } = one;
  const lines: (Transition | false)[] = [
    ...toStateLines(one),
    before.suspended !== null &&
      status.suspended === null && {
        processor,
        kind: "suspension.ended",
        text: "its time was over",
      },
    ...toClimbLines(one),
    ...toLadderLines(one),
    decision.skips !== undefined && {
      processor,
      kind: "slot.skipped",
      text: `${new Date(decision.skips.slotAt).toISOString()}: ${decision.skips.why}`,
    },
    ...toParkingLines(one),
    ...toDegradedLines(one),
    tellsReason && { processor, kind: "reason.changed", text: decision.reason.text },
  ];
  const told = lines.filter((line) => line !== false);
  return told.length > 0 ? told : toConditionLines(one);
}

/** A line of the pass about the processor tells it already: states, reasons and exceptions are how conditions show. */
function toConditionLines({ facts: { processor }, before, status }: Draft): readonly Transition[] {
  const changed = CONDITION_NAMES.flatMap((name) => {
    const mark = status.conditions[name];
    return mark === undefined || mark.status === before.conditions[name]?.status
      ? []
      : [`${name} ${mark.status}`];
  });
  return changed.length === 0 ? [] : [{ processor, kind: "condition.changed", text: changed.join(", ") }];
}

function toStateLines({ facts: { processor }, before, status }: Draft): readonly Transition[] {
  const from = before.observed?.state;
  const to = status.observed?.state;
  if (from === to || to === undefined) return [];
  return [{ processor, kind: "state.changed", text: `${from ?? "not seen"} -> ${to}${toDoer(status)}` }];
}

/** One line, so that people are told once: who has to approve something need not be told that it is parked as well. */
function toParkingLines({ facts: { processor }, decision: { parks, asks } }: Draft): readonly Transition[] {
  if (parks === undefined) return [];
  return [{ processor, kind: asks === true ? "approval.needed" : "processor.parked", text: parks }];
}

/** ` by jane@example.com`; nothing where nobody is named. */
function toDoer({ stateBy }: ProcessorStatus): string {
  return stateBy === null ? "" : ` by ${stateBy}`;
}

function toDegradedLines({ facts: { processor }, before, status }: Draft): readonly Transition[] {
  const why = findDegraded(status);
  const isNews = why !== undefined && findDegraded(before) === undefined;
  return isNews ? [{ processor, kind: "processor.degraded", text: why }] : [];
}

function toClimbLines({ facts, before, status, asked }: Draft): readonly Transition[] {
  const { processor } = facts;
  const { climbed } = status;
  if (climbed !== null && climbed.at !== before.climbed?.at) {
    const text = `${asked.observation?.tier ?? "no tier"} -> ${climbed.tier}: ${status.failureClass ?? "it failed"}`;
    return [{ processor, kind: "tier.climbed", text }];
  }
  if (before.climbed === null || climbed !== null) return [];
  const isReplaced = before.climbed.version !== facts.declared?.version;
  const why = isReplaced ? "its policy was replaced" : "it was stable for the declared while";
  return [{ processor, kind: "climb.ended", text: `${before.climbed.tier}: ${why}` }];
}

function toLadderLines({ facts: { processor }, before, status }: Draft): readonly Transition[] {
  const { rung, approval } = status;
  if (rung !== null && rung.at !== before.rung?.at) {
    return [{ processor, kind: "rung.taken", text: `${rung.rung}: ${rung.why}` }];
  }
  if (before.approval === null || approval !== null) return [];
  const { rung: approved, by } = before.approval;
  return [
    {
      processor,
      kind: "approval.ended",
      text: `rung ${approved}, approved by ${by}: it ended before it was used`,
    },
  ];
}
