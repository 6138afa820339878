// The command line as a whole: every verb, one way to fail, the same exit codes everywhere. An error is one line; its
// stack is shown with --debug.
import { Command, CommanderError } from "commander";
import { AppError } from "../base/errors.js";
import { toOneLine } from "../base/text.js";
import { createApply } from "./verbs/declare/apply.js";
import { createApprove } from "./verbs/act/approve.js";
import { createArm } from "./verbs/act/arm.js";
import { createChanges } from "./verbs/look/changes.js";
import { createClassify } from "./verbs/look/classify.js";
import { createComplete, createCompletion } from "./verbs/operate/completion.js";
import { createConfig } from "./verbs/operate/config.js";
import type { CliContext } from "./terminal/context.js";
import { EXIT, UsageError } from "./terminal/context.js";
import { createDelete } from "./verbs/declare/delete.js";
import { createDev } from "./verbs/operate/dev.js";
import { createDiff } from "./verbs/declare/diff.js";
import { createDoctor } from "./verbs/look/doctor.js";
import { createExplain } from "./verbs/look/explain.js";
import { createExport } from "./verbs/declare/export.js";
import { createGet } from "./verbs/look/get.js";
import { createHistory } from "./verbs/declare/history.js";
import { createKeys } from "./verbs/operate/keys.js";
import { createLint } from "./verbs/declare/lint.js";
import { createMigrate } from "./verbs/operate/migrate.js";
import { createNotify } from "./verbs/operate/notify.js";
import { createPlan } from "./verbs/look/plan.js";
import { createReconcile } from "./verbs/act/reconcile.js";
import { createReleaseBrake } from "./verbs/act/release-brake.js";
import { createReplay } from "./verbs/look/replay.js";
import { createRestart } from "./verbs/act/restart.js";
import { createRollback } from "./verbs/declare/rollback.js";
import { createServe } from "./verbs/operate/serve.js";
import { createSim } from "./verbs/operate/sim.js";
import { createStart } from "./verbs/act/start.js";
import { createStop } from "./verbs/act/stop.js";
import { createOutage } from "./verbs/act/outage.js";
import { createSuspend } from "./verbs/act/suspend.js";
import { createTemporal } from "./verbs/operate/temporal.js";
import { createUnapprove } from "./verbs/act/unapprove.js";
import { createUnpark } from "./verbs/act/unpark.js";
import { createUnsuspend } from "./verbs/act/unsuspend.js";
import { createVersion } from "./verbs/operate/version.js";
import { createWorkerVerb } from "./verbs/operate/worker.js";

/**
 * Every verb, in the order of --help. `exit` is told the code a verb ends with; the last word counts. Verbs load what
 * they need when they run. Building the tree must stay cheap and must reach nothing, because help, completion and the
 * generated reference build it too.
 */
export function createProgram(context: CliContext, exit: (code: number) => void): Command {
  const program = new Command("headgate")
    .description("Keeps every MongoDB Atlas Stream Processing processor at its declared state.")
    .version(context.version)
    .option("--debug", "show the stack of an error")
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 usage, 3 drift found.\nREF is PROJECT/WORKSPACE/PROCESSOR.",
    );
  for (const verb of createVerbs(context, exit)) program.addCommand(verb);
  // Hidden because it is typed by the scripts of shells only. It walks the finished tree, so it is handed a function.
  program.addCommand(
    createComplete(context, () => program),
    { hidden: true },
  );
  // Commander would print and exit by itself. Every text has to pass the terminal, which shows no foreign control
  // character, and the exit code is decided in one place.
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        context.terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        context.terminal.note(...toLines(text));
      },
      outputError: (text, write) => {
        write(`headgate: ${toOneLine(toOwnWords(text))}\n${toUsageLine(command)}`);
      },
    });
  });
  return program;
}

/** In the order of --help. */
function createVerbs(context: CliContext, exit: (code: number) => void): readonly Command[] {
  return [
    createApply(context, exit),
    createDiff(context, exit),
    createPlan(context, exit),
    createReplay(context, exit),
    createLint(context, exit),
    createExport(context),
    createGet(context),
    createExplain(context),
    createClassify(context, exit),
    createHistory(context),
    createRollback(context, exit),
    createDelete(context, exit),
    createStart(context, exit),
    createStop(context, exit),
    createRestart(context, exit),
    createChanges(context, exit),
    createReconcile(context, exit),
    createSuspend(context, exit),
    createUnsuspend(context, exit),
    createUnpark(context, exit),
    createApprove(context, exit),
    createUnapprove(context, exit),
    createArm(context, exit),
    createReleaseBrake(context),
    createOutage(context, exit),
    createDoctor(context, exit),
    createConfig(context, exit),
    createKeys(context),
    createNotify(context, exit),
    createDev(context, exit),
    createMigrate(context),
    createWorkerVerb(context, exit),
    createServe(context, exit),
    createSim(context, exit),
    createTemporal(context),
    createCompletion(context),
    createVersion(context),
  ];
}

/** Commander's own words, as every other error reads. */
function toOwnWords(text: string): string {
  return text
    .replace(/^error: /, "")
    .replace(/command-argument value '.*?' is invalid for argument '(\w+)'\. /s, "$1: ")
    .replace(/option '(?:-\w, )?(--[\w-]+)[^']*' argument '.*?' is invalid\. /s, "$1: ")
    .trim();
}

/**
 * The one line that tells how it is typed. Options that must be given stand in it: Commander's own usage has
 * "[options]" for all of them.
 */
function toUsageLine(command: Command): string {
  const names = [command.name()];
  for (let above = command.parent; above !== null; above = above.parent) names.unshift(above.name());
  const needed = command.options.filter(({ mandatory }) => mandatory);
  const flags = needed.map(({ flags: text }) => text.replace(/^-\w, /, ""));
  return `usage: ${[...names, ...flags, command.usage()].join(" ")}`;
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

/** Runs one command line; the exit code. Never throws. */
export async function runProgram(context: CliContext, args: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram(context, (told) => {
    code = told;
  });
  let running = program;
  program.hook("preAction", (_program, command) => {
    running = command;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return reportError(context, error, { running, withStack: args.includes("--debug") });
  }
}

interface Circumstances {
  readonly running: Command;
  readonly withStack: boolean;
}

function reportError(
  { terminal }: CliContext,
  error: unknown,
  { running, withStack }: Circumstances,
): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  // Those that hold the end of a log have several lines.
  terminal.note(...toLines(`headgate: ${message}`));
  if (error instanceof UsageError) terminal.note(toUsageLine(running));
  if (withStack && error instanceof Error) terminal.note(...toLines(toStack(error)));
  return isUsage(error) ? EXIT.usage : EXIT.failed;
}

function toLines(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

/** With what caused it, and what caused that. */
function toStack(error: Error): string {
  const stacks: string[] = [];
  for (let one: unknown = error; one instanceof Error && stacks.length < CAUSES_MAX; one = one.cause) {
    stacks.push(one.stack ?? one.message);
  }
  return stacks.join("\ncaused by: ");
}

/** No sane chain is longer; a circle would be. */
const CAUSES_MAX = 10;

/** What only the command line or a setting can mend is exit code 2: to try again is no use. */
function isUsage(error: unknown): boolean {
  if (error instanceof AppError) return error.code === "config.invalid";
  // The simulator's own is known by its name: no other verb loads the simulator.
  return error instanceof UsageError || (error instanceof Error && error.name === "SimOptionError");
}
