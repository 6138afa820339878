// The row of the decision table for what has rested for longer than it can resume after. Pure.
import { because } from "../reasons.js";
import { hasPosition } from "../start-options.js";
import { findCheckpointEnd } from "./checkpoint-age.js";
import type { CheckpointEnd } from "./checkpoint-age.js";
import { skipping } from "./match.js";
import type { PolicyMatch } from "./match.js";
import { toStartOptions } from "./start-to-send.js";

const WHY: Readonly<Record<CheckpointEnd["by"], string>> = {
  atlas: "at rest for longer than Atlas keeps a checkpoint, so a start would begin fresh",
  oplog: "its position is older than the oplog of its source reaches, so a start would find it gone",
};

/**
 * Atlas would begin as if it had never run, or fail, and nobody would know of the gap. So somebody has to say where it
 * begins: by a position in its policy, or by a start with one.
 */
export const forgotten: PolicyMatch = (facts) => {
  const { declared, status, observation, now } = facts;
  const end = findCheckpointEnd({ declared, status, observation });
  if (declared.policy.state !== "STARTED" || end === undefined || now < end.at) return undefined;
  if (hasPosition(toStartOptions(declared, status))) return undefined;
  const why = `${WHY[end.by]}: start it with --at TIME or --no-resume`;
  return { ...because("parked", why), ...skipping(facts, "parked"), parks: why };
};
