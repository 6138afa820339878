// `suspend`: leave processors alone for some time.
import { Command } from "commander";
import { formatDurationMs } from "../../../domain/duration.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { carryOutAll } from "../../deeds/bulk.js";
import type { Deed, Underway } from "../../deeds/bulk.js";
import { toRunningNote } from "../../deeds/running.js";
import type { CliContext } from "../../terminal/context.js";
import { toDurationMs, toReason } from "../../typed/arguments.js";
import { readTargets, takingTargets } from "../../typed/targets.js";
import type { TargetFlags } from "../../typed/targets.js";

type Exit = (code: number) => void;

// A suspension is in force when this returns: from then on no pass touches the processor. What runs already is not
// ended by it, because a restart that has stopped must still start. So it is named, and can be waited for.
interface SuspendFlags extends TargetFlags {
  readonly for: number;
  readonly reason: string;
  readonly wait: boolean;
  readonly yes: boolean;
}

export function createSuspend(context: CliContext, exit: Exit): Command {
  return takingTargets(new Command("suspend"))
    .description("leave processors alone for some time, from when this returns")
    .requiredOption("--for <duration>", "how long, for example 4h", toDurationMs)
    .requiredOption("--reason <text>", "why, for whoever finds it suspended", toReason)
    .option("--wait", "wait until the changes that run on them have ended", false)
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      '\nExamples:\n  $ headgate suspend 32b6e34b3d91647abb20e7b8/orders/clicks --for 4h --reason "schema change" --wait' +
        '\n  $ headgate suspend "32b6e34b3d91647abb20e7b8/orders/*" --for 2d --reason migration --yes',
    )
    .action(async (words: readonly string[], flags: SuspendFlags) => {
      const { suspend } = await import("../../../app/act/interventions.js");
      const { awaitRunning, findRunningIfKnown } = await import("../../../app/act/running.js");
      const targets = await readTargets(context, words, flags);
      const app = await context.app();
      // First in force, then asked what runs: the other way round a change could begin between the two.
      const act = async (ref: ProcessorRef): Promise<Deed | Underway> => {
        await suspend(app, { ref, forMs: flags.for, why: flags.reason });
        const { running, unknown } = await findRunningIfKnown(app, ref);
        const text = `suspended for ${formatDurationMs(flags.for)}`;
        // Only Temporal knows of a run that has no row yet. The suspension holds all the same.
        if (unknown !== undefined) {
          const told = `${text}; whether a change is about to begin is not known: ${unknown}`;
          // Who asked to wait wants to know that nothing runs any more, and that is not known.
          return { outcome: flags.wait ? "failed" : "done", text: told };
        }
        if (running === undefined) return { outcome: "done", text };
        const told = `${text}; ${toRunningNote(running)}`;
        if (!flags.wait) return { outcome: "done", text: told };
        // However the change ended, the suspension is what was asked for: so this deed is done.
        const end = async (leaveOff: AbortSignal): Promise<Deed> => {
          const ending = await awaitRunning(app, running, leaveOff);
          return {
            outcome: "done",
            text: `its ${running.kind} has ended: ${ending.outcome}: ${ending.text}`,
          };
        };
        return { outcome: "underway", text: told, end };
      };
      // For whoever leaves while it waits: leaving does not end a suspension.
      const goesOn = "The suspensions are in force";
      exit(await carryOutAll(context, { phrase: "suspend", targets, yes: flags.yes, act, goesOn }));
    });
}
