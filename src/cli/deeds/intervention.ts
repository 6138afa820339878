// A verb that says one word about each processor, which takes effect when it is written: nothing is waited for.
import { Command } from "commander";
import type { AppDeps } from "../../app/deps.js";
import type * as Interventions from "../../app/act/interventions.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { CliContext } from "../terminal/context.js";
import { readTargets, takingTargets } from "../typed/targets.js";
import type { TargetFlags } from "../typed/targets.js";
import { carryOutAll } from "./bulk.js";
import type { Deed } from "./bulk.js";

/**
 * What one such verb says. Two texts for the end, because saying it twice is no failure: the second time there was
 * nothing to do, and a script that repeats itself ends with 0.
 */
export interface InterventionVerb {
  readonly name: string;
  readonly description: string;
  /** Taken from the module when the verb runs: its parts are loaded then. False: there was nothing to do. */
  readonly pick: (from: typeof Interventions) => (app: AppDeps, ref: ProcessorRef) => Promise<boolean>;
  readonly done: string;
  readonly nothing: string;
  /** Asked first, because a checkpoint is discarded by it. */
  readonly warning?: string;
}

export function createIntervention(
  context: CliContext,
  exit: (code: number) => void,
  { name, description, pick, done, nothing, warning }: InterventionVerb,
): Command {
  return takingTargets(new Command(name))
    .description(description)
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      `\nExamples:\n  $ headgate ${name} 32b6e34b3d91647abb20e7b8/orders/clicks` +
        `\n  $ headgate ${name} "32b6e34b3d91647abb20e7b8/*" --yes`,
    )
    .action(async (words: readonly string[], flags: TargetFlags & { readonly yes: boolean }) => {
      const intervene = pick(await import("../../app/act/interventions.js"));
      const targets = await readTargets(context, words, flags);
      const app = await context.app();
      const act = async (ref: ProcessorRef): Promise<Deed> =>
        (await intervene(app, ref)) ? { outcome: "done", text: done } : { outcome: "skipped", text: nothing };
      const asked = warning === undefined ? {} : { warning };
      exit(await carryOutAll(context, { phrase: name, targets, yes: flags.yes, ...asked, act }));
    });
}
