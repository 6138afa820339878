// `arm`: a spent position is used once more.
import type { Command } from "commander";
import { createIntervention } from "../../deeds/intervention.js";
import type { CliContext } from "../../terminal/context.js";

export function createArm(context: CliContext, exit: (code: number) => void): Command {
  return createIntervention(context, exit, {
    name: "arm",
    description: "use the declared position again at the next start from rest",
    pick: ({ arm }) => arm,
    done: "starts at its declared position next time",
    nothing: "was armed already",
    warning: "The next start will discard the checkpoint.",
  });
}
