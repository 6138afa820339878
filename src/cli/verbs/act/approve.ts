// `approve`: one rung of the ladder may be taken, once, although it reads twice or skips what its policy wants to be
// asked about.
import { Command, Option } from "commander";
import { formatDurationMs } from "../../../domain/duration.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import type { Rung } from "../../../domain/rungs.js";
import { carryOutAll } from "../../deeds/bulk.js";
import type { Deed } from "../../deeds/bulk.js";
import type { CliContext } from "../../terminal/context.js";
import { toDurationMs, toReason, toRung } from "../../typed/arguments.js";
import { readTargets, takingTargets } from "../../typed/targets.js";
import type { TargetFlags } from "../../typed/targets.js";

interface ApproveFlags extends TargetFlags {
  readonly rung: Rung;
  readonly for: number;
  readonly reason: string;
  readonly yes: boolean;
}

const DEFAULT_FOR_MS = 4 * 3_600_000;

/** What each discards, asked before it is allowed. */
const WARNINGS: Readonly<Record<Rung, string | undefined>> = {
  resume: undefined,
  time: "The next start may discard the checkpoint and read again from an earlier time.",
  fresh: "The next start may discard the checkpoint, and what happened since is never read.",
};

export function createApprove(context: CliContext, exit: (code: number) => void): Command {
  return takingTargets(new Command("approve"))
    .description("allow one rung of the ladder, once, where a position is lost")
    .requiredOption(
      "--rung <rung>",
      "resume, time or fresh, as the reason of the parked processor names it",
      toRung,
    )
    .requiredOption("--reason <text>", "why, for whoever reads the journal", toReason)
    .addOption(
      new Option("--for <duration>", "how long it may be used")
        .argParser(toDurationMs)
        .default(DEFAULT_FOR_MS, formatDurationMs(DEFAULT_FOR_MS)),
    )
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nUnused by then, it ends: the processor is parked again." +
        "\n\nExamples:" +
        '\n  $ headgate approve 32b6e34b3d91647abb20e7b8/orders/clicks --rung time --reason "the sink is idempotent"' +
        '\n  $ headgate approve "32b6e34b3d91647abb20e7b8/orders/*" --rung fresh --for 1h --reason drill --yes',
    )
    .action(async (words: readonly string[], flags: ApproveFlags) => {
      const { approve } = await import("../../../app/act/approvals.js");
      const targets = await readTargets(context, words, flags);
      const app = await context.app();
      const { rung, for: forMs, reason: why } = flags;
      const act = async (ref: ProcessorRef): Promise<Deed> => {
        await approve(app, { ref, rung, forMs, why });
        return { outcome: "done", text: `may take rung ${rung} once within ${formatDurationMs(forMs)}` };
      };
      const warning = WARNINGS[rung];
      const asked = warning === undefined ? {} : { warning };
      exit(
        await carryOutAll(context, {
          phrase: `approve rung ${rung} of`,
          targets,
          yes: flags.yes,
          ...asked,
          act,
        }),
      );
    });
}
