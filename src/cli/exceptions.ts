// `suspend`, `unsuspend`, `unpark`, `arm` and `release-brake`: what people say beside the policies.
import { Command } from "commander";
import type { AppDeps } from "../app/deps.js";
import { arm, release, suspend, unpark, unsuspend } from "../app/exceptions.js";
import { formatProcessorRef, formatWorkspaceRef } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { toDurationMs, toRef, toWorkspaceRef } from "./arguments.js";
import type { CliContext } from "./context.js";
import { EXIT } from "./context.js";
import { formatCount } from "./output.js";

interface SuspendFlags {
  readonly for: number;
  readonly reason: string;
}

export function createSuspend(context: CliContext): Command {
  return new Command("suspend")
    .description("leave one processor alone for some time; in force when this returns")
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .requiredOption("--for <duration>", "how long, for example 4h", toDurationMs)
    .requiredOption("--reason <text>", "why, for those who find it")
    .addHelpText(
      "after",
      '\nExample:\n  $ headgate suspend 32b6e34b3d91647abb20e7b8/orders/clicks --for 4h --reason "schema change"',
    )
    .action(async (ref: ProcessorRef, flags: SuspendFlags) => {
      const { running } = await suspend(await context.app(), { ref, forMs: flags.for, why: flags.reason });
      context.terminal.note(`${formatProcessorRef(ref)} is suspended`);
      if (running === undefined) return;
      context.terminal.note(
        `a ${running.kind} is running on it; to end it: headgate changes cancel ${running.id}`,
      );
    });
}

interface Exception {
  readonly name: string;
  readonly description: string;
  readonly apply: (app: AppDeps, ref: ProcessorRef) => Promise<boolean>;
  readonly done: string;
  readonly nothing: string;
  /** Asked first, because a checkpoint is discarded by it. */
  readonly asks?: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    name: "unsuspend",
    description: "end a suspension before its time",
    apply: unsuspend,
    done: "is no longer suspended",
    nothing: "was not suspended",
  },
  {
    name: "unpark",
    description: "forget the counted attempts, so that the next pass tries again",
    apply: unpark,
    done: "is tried again",
    nothing: "was not parked",
  },
  {
    name: "arm",
    description: "use the declared position again at the next start from rest",
    apply: arm,
    done: "starts at its declared position next time",
    nothing: "was armed already",
    asks: "Its next start will discard its checkpoint. Go on?",
  },
];

export function createExceptions(context: CliContext, exit: (code: number) => void): readonly Command[] {
  return EXCEPTIONS.map(({ name, description, apply, done, nothing, asks }) => {
    const command = new Command(name)
      .description(description)
      .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
      .addHelpText("after", `\nExample:\n  $ headgate ${name} 32b6e34b3d91647abb20e7b8/orders/clicks`)
      .action(async (ref: ProcessorRef, flags: { readonly yes?: boolean }) => {
        const { terminal } = context;
        if (asks !== undefined && flags.yes !== true && !(await terminal.confirm(asks))) {
          terminal.note("Nothing was done. Use --yes to go on without being asked.");
          exit(EXIT.failed);
          return;
        }
        const isDone = await apply(await context.app(), ref);
        terminal.note(`${formatProcessorRef(ref)} ${isDone ? done : nothing}`);
      });
    return asks === undefined ? command : command.option("-y, --yes", "do not ask", false);
  });
}

export function createReleaseBrake(context: CliContext): Command {
  return new Command("release-brake")
    .description("let the stops and restarts go on that the mutation brake holds now; it is no switch")
    .argument("<ref>", "PROJECT/WORKSPACE", toWorkspaceRef)
    .addHelpText("after", "\nExample:\n  $ headgate release-brake 32b6e34b3d91647abb20e7b8/orders")
    .action(async (ref: WorkspaceRef) => {
      const released = await release(await context.app(), ref);
      const text =
        released === 0 ? "the brake held nothing" : `released ${formatCount(released, "processor")}`;
      context.terminal.note(`${formatWorkspaceRef(ref)}: ${text}`);
    });
}
