// `changes cancel` and `changes follow`: what is under way, by its id or by its processor.
import { Command } from "commander";
import type { RunningChange } from "../../../app/act/running.js";
import type { Outcome } from "../../../domain/change/change.js";
import { isChangeId } from "../../../domain/refs.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { SELECTOR_RULE, parseSelector } from "../../../domain/tell/selector.js";
import type { Happening } from "../../../domain/tell/story.js";
import { toSelectors } from "../../typed/arguments.js";
import { carryOutAll } from "../../deeds/bulk.js";
import type { Deed } from "../../deeds/bulk.js";
import { WAITS } from "../../deeds/running.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT, UsageError } from "../../terminal/context.js";
import { readInput, readTargets, toListedLines } from "../../typed/targets.js";
import type { TargetFlags, Targets } from "../../typed/targets.js";

// A change is named in two ways. Its id is exact, but a bulk change that waits for its place has none yet, because it
// has no row: that one is found by its processor, from its run.
type Exit = (code: number) => void;

export function createChanges(context: CliContext, exit: Exit): Command {
  return new Command("changes")
    .description("running changes")
    .addCommand(createCancel(context, exit))
    .addCommand(createFollow(context, exit));
}

interface CancelFlags extends TargetFlags {
  readonly yes: boolean;
}

function createCancel(context: CliContext, exit: Exit): Command {
  return new Command("cancel")
    .description(
      "end running changes, and those that wait for a place; a restart that has stopped its processor leaves it stopped",
    )
    .argument("[change...]", `its id, as headgate get changes shows it, or ${SELECTOR_RULE}`, toSelectors)
    .option("-f, --file <file>", "ids and selectors from there too, one a line; - for standard input")
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate changes cancel 0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11" +
        '\n  $ headgate changes cancel "32b6e34b3d91647abb20e7b8/orders/*" --yes',
    )
    .action(async (words: readonly string[], flags: CancelFlags) => {
      const { cancelRunning } = await import("../../../app/act/running.js");
      const { running, isOne } = await readRunning(context, words, flags);
      const app = await context.app();
      // By identity: the refs that are acted on below are these very objects.
      const byRef = new Map(running.map((one) => [one.ref, one]));
      const detail = (ref: ProcessorRef): string => toDetail(byRef.get(ref));
      const act = async (ref: ProcessorRef): Promise<Deed> => {
        const change = byRef.get(ref);
        // It may have ended between the question and the answer: then there is nothing to cancel, which is no failure.
        const isAsked = change !== undefined && (await cancelRunning(app, change));
        return isAsked
          ? { outcome: "done", text: `its ${change.kind} was asked to end` }
          : { outcome: "skipped", text: "has ended already" };
      };
      const [first] = running;
      const targets: Targets = { refs: running.map(({ ref }) => ref), isOne };
      // Always asked about, also of one: what a restart stopped stays stopped.
      const warning = isOne ? `${toDetail(first)}.` : "What a restart still owes is released.";
      // "cancel 3 processors" would read as if they were to go.
      const phrase = isOne ? "cancel the change of" : "cancel the changes of";
      exit(await carryOutAll(context, { phrase, targets, yes: flags.yes, warning, detail, act }));
    });
}

/** As in the list before the question: by whom and why, because it may be a colleague's. */
function toDetail(change: RunningChange | undefined): string {
  if (change === undefined) return "";
  const { kind, actor, why, isWaitingForPlace } = change;
  return `${kind} by ${actor}: ${why}${isWaitingForPlace ? ` (${WAITS})` : ""}`;
}

interface Found {
  readonly running: readonly RunningChange[];
  /** One by its id, or that of one processor named in full. */
  readonly isOne: boolean;
}

/** What runs under these ids and on these processors. Throws `request.unknown` where nothing does. */
async function readRunning(
  context: CliContext,
  words: readonly string[],
  { file }: TargetFlags,
): Promise<Found> {
  const lines = file === undefined ? [] : toListedLines(await readInput(context, file));
  const all = [...words, ...lines];
  if (all.length === 0)
    throw new UsageError("name at least one change or processor, or give a list with --file");
  const ids = all.filter(isChangeId);
  const selectors = all.filter((word) => !isChangeId(word));
  // Judged here and not by readTargets, whose words know nothing of ids.
  for (const word of selectors) {
    if (parseSelector(word) === undefined)
      throw new UsageError(`"${word}" is not the id of a change, nor ${SELECTOR_RULE}`);
  }
  const { findAllRunning } = await import("../../../app/act/running.js");
  const targets = selectors.length === 0 ? NONE : await readTargets(context, selectors, {});
  const running = await findAllRunning(await context.app(), ids, targets.refs);
  return { running, isOne: all.length === 1 && (ids.length === 1 || targets.isOne) };
}

/** Without selectors nothing is looked up by name: an id alone must not list the fleet. */
const NONE: Targets = { refs: [], isOne: false };

function createFollow(context: CliContext, exit: Exit): Command {
  return new Command("follow")
    .description("show each step of a change as it happens, until it has ended; exit 0 if it succeeded")
    .argument("<id>", "as headgate get changes shows it")
    .addHelpText("after", "\nExample:\n  $ headgate changes follow 0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11")
    .action(async (id: string) => {
      const { followChange } = await import("../../../app/look/follow.js");
      const interrupted = context.interruption();
      // Stays null only if the person left before it ended.
      let outcome: Outcome | null = null;
      for await (const told of followChange(await context.app(), { id }, interrupted)) {
        for (const happening of told.happenings) context.terminal.line(toLine(happening));
        ({ outcome } = told);
      }
      if (outcome === null) context.terminal.note("Detached: the change goes on without this command.");
      // A superseded or cancelled one did not do what was asked: a script that follows it must know.
      exit(outcome === "succeeded" ? EXIT.done : EXIT.failed);
    });
}

/** The longest kind: lines are printed as they come, so no width can be reckoned from them. */
const KIND_WIDTH = "cancelled".length;

function toLine({ at, kind, text }: Happening): string {
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  return `${time}  ${kind.padEnd(KIND_WIDTH)}  ${text}`;
}
