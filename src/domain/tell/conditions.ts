// The conditions of a processor as people read them: all eight, as the last write of its status found them. Pure. They
// say how it stands, and `explain` says what is decided: between two passes the second may be newer.
import { CONDITION_NAMES, UNMARKED } from "../conditions.js";
import type { ConditionMarks, ConditionName, ConditionStatus } from "../conditions.js";
import type { ReasonCode } from "../reasons.js";

export interface ProcessorCondition {
  readonly name: ConditionName;
  readonly status: ConditionStatus;
  /** A code of src/domain/reasons.ts. */
  readonly reason: string;
  /** Null: it has been so since before Headgate kept it, or always. */
  readonly since: number | null;
}

/** As stored. */
export interface ConditionFacts {
  readonly marks: ConditionMarks;
  /** Something was seen of it, if only that it is not there. */
  readonly isSeen: boolean;
  readonly isDeclared: boolean;
  /** Of the last decision; null: nothing was decided yet. */
  readonly reasonCode: string | null;
}

/** Those that are a reason by themselves while they hold. */
const OWN_REASONS: Readonly<Partial<Record<ConditionName, ReasonCode>>> = {
  Suspended: "suspended",
  Parked: "parked",
  Stuck: "stuck",
  Degraded: "degraded",
  Missing: "missing",
};

/** In the order of their names' list. */
export function toConditions(facts: ConditionFacts): readonly ProcessorCondition[] {
  const { marks, reasonCode } = facts;
  return CONDITION_NAMES.map((name) => {
    const status = marks[name]?.status ?? toUnmarked(name, facts);
    const own = status === "true" ? OWN_REASONS[name] : undefined;
    return { name, status, reason: own ?? reasonCode ?? "not-observed", since: marks[name]?.since ?? null };
  });
}

function toUnmarked(name: ConditionName, { isSeen, isDeclared }: ConditionFacts): ConditionStatus {
  const isAboutPolicy = name === "Synced";
  return !isSeen || (isAboutPolicy && !isDeclared) ? "unknown" : UNMARKED[name];
}
