// `suspend`, `unsuspend`, `unpark`, `arm` and `release-brake`: what people say beside the policies.
import { Command } from "commander";
import type { AppDeps } from "../../app/deps.js";
import type * as Exceptions from "../../app/act/interventions.js";
import { formatDurationMs } from "../../domain/duration.js";
import { formatWorkspaceRef } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import { formatCount } from "../../domain/tell/wording.js";
import { toDurationMs, toReason, toWorkspaceRef } from "../typed/arguments.js";
import { carryOutAll } from "./bulk.js";
import type { Deed, Underway } from "./bulk.js";
import { toRunningNote } from "./changes.js";
import type { CliContext } from "../terminal/context.js";
import { readTargets, takingTargets } from "../typed/targets.js";
import type { TargetFlags } from "../typed/targets.js";

type Exit = (code: number) => void;

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
      const { suspend } = await import("../../app/act/interventions.js");
      const { awaitRunning, findRunningIfKnown } = await import("../../app/act/running.js");
      const targets = await readTargets(context, words, flags);
      const app = await context.app();
      const act = async (ref: ProcessorRef): Promise<Deed | Underway> => {
        await suspend(app, { ref, forMs: flags.for, why: flags.reason });
        const { running, unknown } = await findRunningIfKnown(app, ref);
        const text = `suspended for ${formatDurationMs(flags.for)}`;
        if (unknown !== undefined) {
          const told = `${text}; whether a change is about to begin is not known: ${unknown}`;
          return { outcome: flags.wait ? "failed" : "done", text: told };
        }
        if (running === undefined) return { outcome: "done", text };
        const told = `${text}; ${toRunningNote(running)}`;
        if (!flags.wait) return { outcome: "done", text: told };
        const end = async (leaveOff: AbortSignal): Promise<Deed> => {
          const ending = await awaitRunning(app, running, leaveOff);
          return {
            outcome: "done",
            text: `its ${running.kind} has ended: ${ending.outcome}: ${ending.text}`,
          };
        };
        return { outcome: "underway", text: told, end };
      };
      const goesOn = "The suspensions are in force";
      exit(await carryOutAll(context, { phrase: "suspend", targets, yes: flags.yes, act, goesOn }));
    });
}

interface Exception {
  readonly name: string;
  readonly description: string;
  readonly apply: (exceptions: typeof Exceptions) => (app: AppDeps, ref: ProcessorRef) => Promise<boolean>;
  readonly done: string;
  readonly nothing: string;
  /** Asked first, because a checkpoint is discarded by it. */
  readonly warning?: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    name: "unsuspend",
    description: "end suspensions before their time",
    apply: ({ unsuspend }) => unsuspend,
    done: "no longer suspended",
    nothing: "was not suspended",
  },
  {
    name: "unpark",
    description: "forget the counted attempts, so that the next pass tries again",
    apply: ({ unpark }) => unpark,
    done: "is tried again by the next pass",
    nothing: "was not parked",
  },
  {
    name: "arm",
    description: "use the declared position again at the next start from rest",
    apply: ({ arm }) => arm,
    done: "starts at its declared position next time",
    nothing: "was armed already",
    warning: "The next start will discard the checkpoint.",
  },
];

export function createExceptions(context: CliContext, exit: Exit): readonly Command[] {
  return EXCEPTIONS.map(({ name, description, apply, done, nothing, warning }) =>
    takingTargets(new Command(name))
      .description(description)
      .option("-y, --yes", "do not ask", false)
      .addHelpText(
        "after",
        `\nExamples:\n  $ headgate ${name} 32b6e34b3d91647abb20e7b8/orders/clicks` +
          `\n  $ headgate ${name} "32b6e34b3d91647abb20e7b8/*" --yes`,
      )
      .action(async (words: readonly string[], flags: TargetFlags & { readonly yes: boolean }) => {
        const carryOut = apply(await import("../../app/act/interventions.js"));
        const targets = await readTargets(context, words, flags);
        const app = await context.app();
        const act = async (ref: ProcessorRef): Promise<Deed> =>
          (await carryOut(app, ref))
            ? { outcome: "done", text: done }
            : { outcome: "skipped", text: nothing };
        const asked = warning === undefined ? {} : { warning };
        exit(await carryOutAll(context, { phrase: name, targets, yes: flags.yes, ...asked, act }));
      }),
  );
}

export function createReleaseBrake(context: CliContext): Command {
  return new Command("release-brake")
    .description(
      "let the stops and restarts proceed that the mutation brake holds now; later ones are held again",
    )
    .argument("<ref>", "PROJECT/WORKSPACE", toWorkspaceRef)
    .addHelpText("after", "\nExample:\n  $ headgate release-brake 32b6e34b3d91647abb20e7b8/orders")
    .action(async (ref: WorkspaceRef) => {
      const { release } = await import("../../app/act/interventions.js");
      const released = await release(await context.app(), ref);
      const text =
        released === 0 ? "the brake held nothing" : `released ${formatCount(released, "processor")}`;
      context.terminal.note(`${formatWorkspaceRef(ref)}: ${text}`);
    });
}
