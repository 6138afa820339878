// The row of the decision table for what has rested for longer than it can resume after. Pure.
import { because } from "../reasons.js";
import { findForgotten } from "./checkpoint-age.js";
import type { CheckpointEnd } from "./checkpoint-age.js";
import { toLadderObstacle, toTaken } from "./ladder-turn.js";
import { skipping } from "./match.js";
import type { PolicyMatch } from "./match.js";

const WHY: Readonly<Record<CheckpointEnd["by"], string>> = {
  atlas: "at rest for longer than Atlas keeps a checkpoint, so a start would begin fresh",
  oplog: "its position is older than the oplog of its source reaches, so a start would find it gone",
};

/**
 * Atlas would begin as if it had never run, or fail, and nobody would know of the gap. So somebody has to say where it
 * begins: by a position in its policy, by its ladder, or by a start with one.
 */
export const forgotten: PolicyMatch = (facts) => {
  const by = findForgotten(facts);
  if (by === undefined || toTaken(facts) !== undefined) return undefined;
  const obstacle = toLadderObstacle(facts);
  const why = `${WHY[by]}: ${obstacle?.why ?? "start it with --at TIME or --no-resume"}`;
  const asks = obstacle?.asks === true ? { asks: true } : {};
  return { ...because("parked", why), ...skipping(facts, "parked"), parks: why, ...asks };
};
