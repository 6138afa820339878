// A judged failure in a line for people: its class, the rule that told it, and what follows. Decides nothing.
import type { JudgedFailure } from "../decide/judged-failure.js";

/** `out-of-memory (memory: code 418): climb to SP30`. */
export function formatFailure({ class: name, rule, why, action, climbsTo, isNews }: JudgedFailure): string {
  const to = climbsTo === undefined ? "" : ` to ${climbsTo.tier}`;
  // What is to follow has not been tried since somebody may have mended it.
  const after = isNews || action !== "wait" ? "" : ", if one more attempt fails";
  const told = name === "unknown" ? why : `${rule}: ${why}`;
  return `${name} (${told}): ${action}${to}${after}`;
}
