// A person's start, stop or restart, of one processor or of many. One named in full needs no place under the caps; many
// wait for theirs, each by itself, whether or not this command goes on.
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import type { PersonRequest, RequestedChange } from "../../app/act/change.js";
import type { Ending } from "../../domain/change/change.js";
import type { ChangeKind } from "../../domain/decide/decision.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { hasPosition, isToCome } from "../../domain/start-options.js";
import type { CliContext } from "../terminal/context.js";
import { EXIT, UsageError } from "../terminal/context.js";
import { formatStateText } from "../terminal/state-text.js";
import { toDurationMs, toReason } from "../typed/arguments.js";
import { takingStartOptions, toAskedOptions } from "../typed/start-flags.js";
import type { StartFlags } from "../typed/start-flags.js";
import { readTargets, takingTargets } from "../typed/targets.js";
import type { TargetFlags } from "../typed/targets.js";
import { carryOutAll, isConfirmed } from "./bulk.js";
import type { Confirmation, Deed, Underway } from "./bulk.js";
import { WAITS } from "./running.js";

type Exit = (code: number) => void;

export interface ChangeFlags extends TargetFlags {
  readonly reason: string;
  /** Absent where neither --wait nor --no-wait was given. */
  readonly wait?: boolean;
  readonly yes: boolean;
}

/**
 * What all three verbs take. Commander knows three answers here, because both --wait and --no-wait are declared: true,
 * false and not typed. The last means "wait for several, detach from one".
 */
export function aChangeOf(kind: ChangeKind): Command {
  return takingTargets(new Command(kind))
    .option("--reason <text>", "kept with the change", toReason, "asked for by a person")
    .option("--wait", "wait until it has ended (the default for several)")
    .option("--no-wait", "do not wait, not even for several")
    .option("-y, --yes", "do not ask", false);
}

interface StartingFlags extends ChangeFlags, SuspensionFlags, StartFlags {
  readonly allowFuture: boolean;
}

/** `start` and `restart` but for their words. */
export function aStartOf(context: CliContext, kind: "start" | "restart", exit: Exit): Command {
  return takingStartOptions(takingSuspension(aChangeOf(kind)))
    .option("--allow-future", "take an --at that is still to come", false)
    .action(async (words: readonly string[], flags: StartingFlags) => {
      // Null and not {} if nothing was chosen: only then is a start of what runs already a success.
      const options = toAskedOptions(flags);
      // This machine's clock, as lint has it.
      if (options !== null && !flags.allowFuture && isToCome(options, Date.now())) {
        throw new UsageError(
          `--at ${options.startAtOperationTime ?? ""} is still to come, and Atlas starts from what has passed: ` +
            "give a time that has passed, or add --allow-future",
        );
      }
      const discards = options !== null && hasPosition(options);
      const warning = discards ? { warning: "This discards the checkpoint." } : {};
      const asked: AskedChange = { kind, why: flags.reason, options, ...toSuspension(flags) };
      exit(await carryOut(context, { words, flags }, { asked, ...warning }));
    });
}

/** Of a change against the declaration, which a pass would undo. */
export interface SuspensionFlags {
  readonly suspend?: number;
}

export function takingSuspension(command: Command): Command {
  return command.option(
    "--suspend <duration>",
    "also leave them alone for this long, for example 4h",
    toDurationMs,
  );
}

export function toSuspension({ suspend }: SuspensionFlags): Pick<AskedChange, "suspendForMs"> {
  return suspend === undefined ? {} : { suspendForMs: suspend };
}

/** What is asked of each processor alike. */
export type AskedChange = Omit<PersonRequest, "ref" | "isBulk">;

/** One command line: the same for every processor that it names. */
interface Order {
  readonly asked: AskedChange;
  readonly question: Confirmation;
  readonly wait: boolean | undefined;
}

/** One named in full is started at once and shown as it goes; several are begun side by side, each with its own end. */
export async function carryOut(
  context: CliContext,
  line: { readonly words: readonly string[]; readonly flags: ChangeFlags },
  what: { readonly asked: AskedChange; readonly warning?: string },
): Promise<number> {
  const { asked, ...warning } = what;
  const { yes, wait } = line.flags;
  const targets = await readTargets(context, line.words, line.flags);
  const [ref] = targets.refs;
  const order = { asked, wait, question: { phrase: asked.kind, targets, yes, ...warning } };
  return targets.isOne && ref !== undefined ? carryOutOne(context, ref, order) : carryOutMany(context, order);
}

async function carryOutOne(
  context: CliContext,
  ref: ProcessorRef,
  { asked, question, wait }: Order,
): Promise<number> {
  const { terminal } = context;
  if (!(await isConfirmed(terminal, question))) return EXIT.failed;
  const { requestChange } = await import("../../app/act/change.js");
  // Only a command that waits takes Ctrl-C for itself: until then it may end the program as it always does.
  const interrupted = wait === true ? context.interruption() : undefined;
  const change = await requestChange(await context.app(), { ref, ...asked });
  const name = formatProcessorRef(ref);
  const verb = change.kind === "joined" ? "joined the running" : "began the";
  terminal.note(`${verb} ${asked.kind} of ${name} (run ${change.runId})`);
  if (change.isWaitingForPlace) terminal.note(`It ${WAITS}; to end it: headgate changes cancel ${name}`);
  if (interrupted === undefined) {
    terminal.note("It goes on without you; headgate get changes shows how it ends.");
    return EXIT.done;
  }
  // After Ctrl-C there is no ending to print; any other error is one.
  const ended = change.result(interrupted).catch((error: unknown) => {
    if (interrupted.aborted) return undefined;
    throw error;
  });
  const ending = await showingProgress(context, ref, ended);
  if (ending === undefined) {
    terminal.note(`Detached: the ${asked.kind} goes on without this command. ${SEE_RUNNING}`);
    return EXIT.failed;
  }
  // The outcome is data and everything before it is not: a script reads one line.
  terminal.line(`${ending.outcome}: ${ending.text}`);
  return ending.outcome === "succeeded" ? EXIT.done : EXIT.failed;
}

const SEE_RUNNING = "To see it: headgate get changes --condition running";

/** How often the stored state is read while a person watches. It costs no call to Atlas. */
const LOOK_MS = 500;

/** Tells every state the processor goes through until the change has ended. */
async function showingProgress<Result>(
  { app, terminal }: CliContext,
  ref: ProcessorRef,
  ended: Promise<Result>,
): Promise<Result> {
  const watching = new AbortController();
  const watch = async (): Promise<void> => {
    const { getProcessors } = await import("../../app/look/get.js");
    const deps = await app();
    let shown = "";
    while (!watching.signal.aborted) {
      const [row] = await getProcessors(deps, { ...ref, limit: 1 });
      const text = formatStateText(row?.state, row?.tier);
      if (text !== shown) terminal.note(`  ${text}`);
      shown = text;
      await delay(LOOK_MS);
    }
  };
  // Both ends are awaited: a look that is still under way would print below the last line.
  const watched = watch();
  try {
    return await ended;
  } finally {
    watching.abort();
    await watched;
  }
}

/** Each is a run of its own that waits for its place: ending this command ends none of them. */
async function carryOutMany(context: CliContext, { asked, question, wait }: Order): Promise<number> {
  const { requestChange, toDeedResult } = await import("../../app/act/change.js");
  const app = await context.app();
  const toDeed = (change: RequestedChange, ending: Ending): Deed => {
    const result = toDeedResult(ending);
    const outcome = result === "done" && change.kind === "joined" ? "joined" : result;
    return { outcome, text: ending.text };
  };
  const act = async (ref: ProcessorRef): Promise<Deed | Underway> => {
    const change = await requestChange(app, { ref, ...asked, isBulk: true });
    if (wait !== false)
      return { outcome: "underway", end: async (leaveOff) => toDeed(change, await change.result(leaveOff)) };
    return change.kind === "joined"
      ? { outcome: "joined", text: `the running ${asked.kind}` }
      : { outcome: "done", text: `its ${asked.kind} has begun` };
  };
  // A run that waits for its place has no row yet, so that listing does not show it.
  const goesOn = `${SEE_RUNNING}; those that wait for a place come up there later`;
  const code = await carryOutAll(context, { ...question, act, goesOn });
  if (wait === false) context.terminal.note(`What has begun goes on without you. ${goesOn}`);
  return code;
}
