// One verb over many processors: what it would touch, a question, progress per processor, a summary. All of them are
// begun first, bounded in how many at once; what goes on by itself is then waited for. Ctrl-C detaches, and says what
// goes on.
import type { ProcessorRef } from "../../domain/refs.js";
import { formatProcessorRef } from "../../domain/refs.js";
import { AppError } from "../../base/errors.js";
import { formatCount } from "../../domain/tell/wording.js";
import type { CliContext, Terminal } from "../terminal/context.js";
import { EXIT } from "../terminal/context.js";
import type { Targets } from "../typed/targets.js";

type Outcome = "done" | "joined" | "skipped" | "failed";

export interface Deed {
  readonly outcome: Outcome;
  /** What happened, without the name. */
  readonly text: string;
}

/** It has begun and goes on by itself. */
export interface Underway {
  readonly outcome: "underway";
  /** Said at once, without the name. */
  readonly text?: string;
  /** How it ended; rejects soon after it is told to leave off. */
  readonly end: (leaveOff: AbortSignal) => Promise<Deed>;
}

export interface Confirmation {
  /** As in "start 300 processors". */
  readonly phrase: string;
  readonly targets: Targets;
  readonly yes: boolean;
  /** Asked even of one processor: what is discarded, deleted or ended by it. */
  readonly warning?: string;
  /** Said beside a name in the list of what would be touched. */
  readonly detail?: (ref: ProcessorRef) => string;
}

export interface BulkVerb extends Confirmation {
  /** Of one processor; what it throws about that one counts as failed, and ends the verb where it is the only one. */
  readonly act: (ref: ProcessorRef) => Promise<Deed | Underway>;
  /** Said of what goes on by itself when nobody waits any more. */
  readonly goesOn?: string;
}

/**
 * Begun or waited for at once: a bound, so that a fleet of thousands is not thousands of open calls to Temporal. Those
 * that wait for a place wait in their own runs, and not here.
 */
const AT_ONCE = 200;
/** Names that fit a screen: whoever says yes should have seen what they say yes to. */
const NAMED_MAX = 40;
/** As the summary counts them: the bad end last, next to the prompt. */
const ORDER: readonly Outcome[] = ["done", "joined", "skipped", "failed"];

interface Work {
  readonly terminal: Terminal;
  readonly verb: BulkVerb;
  readonly interrupted: AbortSignal;
  readonly deeds: Deed[];
  readonly underway: Map<ProcessorRef, Underway>;
}

/** Carries it out; the exit code: 1 where something failed, was not begun or is not known to have ended. */
export async function carryOutAll(context: CliContext, verb: BulkVerb): Promise<number> {
  const { terminal } = context;
  if (!(await isConfirmed(terminal, verb))) return EXIT.failed;
  const work: Work = {
    terminal,
    verb,
    interrupted: context.interruption(),
    deeds: [],
    underway: new Map(),
  };
  // Also after an error: by then some have begun, and nobody else says so.
  try {
    await beginAll(work);
    await awaitAll(work);
  } finally {
    tellRest(work);
  }
  return summarize(work);
}

/** Whether the person wants it, having seen what it would touch; says what to do where not. */
export async function isConfirmed(terminal: Terminal, question: Confirmation): Promise<boolean> {
  const { phrase, warning, yes, targets } = question;
  const [first] = targets.refs;
  if (targets.isOne && warning === undefined) return true;
  if (!targets.isOne) listTargets(terminal, question);
  if (yes) return true;
  const what =
    targets.isOne && first !== undefined
      ? formatProcessorRef(first)
      : formatCount(targets.refs.length, "processor");
  if (await terminal.confirm(`${phrase} ${what}?${warning === undefined ? "" : ` ${warning}`}`)) return true;
  terminal.note("Nothing was done. Use --yes to go on without being asked.");
  return false;
}

function listTargets(terminal: Terminal, { targets: { refs }, detail }: Confirmation): void {
  for (const ref of refs.slice(0, NAMED_MAX)) {
    const beside = detail === undefined ? "" : `  ${detail(ref)}`;
    terminal.note(`  ${formatProcessorRef(ref)}${beside}`);
  }
  if (refs.length > NAMED_MAX) terminal.note(`  and ${String(refs.length - NAMED_MAX)} more`);
}

async function beginAll(work: Work): Promise<void> {
  const { terminal, verb, interrupted, underway } = work;
  await sideBySide(verb.targets.refs, interrupted, async (ref) => {
    const begun = await failing(verb, () => verb.act(ref));
    if (begun.outcome !== "underway") {
      settleDeed(work, ref, begun);
      return;
    }
    underway.set(ref, begun);
    if (begun.text !== undefined) terminal.note(`${formatProcessorRef(ref)}: ${begun.text}`);
  });
}

async function awaitAll(work: Work): Promise<void> {
  const { terminal, verb, interrupted, underway } = work;
  if (underway.size === 0 || interrupted.aborted) return;
  terminal.note(`Waiting for ${formatCount(underway.size, "change")} to end; Ctrl-C leaves them to go on.`);
  await sideBySide([...underway], interrupted, async ([ref, { end }]) => {
    // Ctrl-C makes every wait reject. That is no failure of the change, which goes on.
    const deed = await failing(verb, () => end(interrupted)).catch((error: unknown) => {
      if (interrupted.aborted) return undefined;
      throw error;
    });
    if (deed === undefined) return;
    underway.delete(ref);
    settleDeed(work, ref, deed);
  });
}

/**
 * What went wrong with one of many is told as its outcome; where nothing can be reached the others need not be tried.
 */
async function failing<Result>(verb: BulkVerb, act: () => Promise<Result>): Promise<Result | Deed> {
  try {
    return await act();
  } catch (error) {
    const isAboutIt = error instanceof AppError && !error.code.endsWith(".unavailable");
    if (verb.targets.isOne || !isAboutIt) throw error;
    return { outcome: "failed", text: error.message };
  }
}

/** Bounded in how many at once; begins no more once it is interrupted or one of them has thrown. */
async function sideBySide<Item>(
  items: readonly Item[],
  interrupted: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next]; item !== undefined && !interrupted.aborted; item = items[next]) {
      next += 1;
      try {
        await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
}

function settleDeed({ terminal, deeds }: Work, ref: ProcessorRef, deed: Deed): void {
  deeds.push(deed);
  const how = deed.outcome === "done" ? "" : `${deed.outcome}: `;
  terminal.note(`${formatProcessorRef(ref)}: ${how}${deed.text}`);
}

/** What goes on without this command, and what was not begun. */
function tellRest({ terminal, verb, deeds, underway }: Work): void {
  const { isOne, refs } = verb.targets;
  const left = refs.length - deeds.length - underway.size;
  if (underway.size > 0) {
    const goes = underway.size === 1 ? "goes" : "go";
    terminal.note(
      `Detached: ${String(underway.size)} ${goes} on without this command. ${verb.goesOn ?? ""}`.trimEnd(),
    );
  }
  if (left > 0 && !isOne) {
    terminal.note(
      `${formatCount(left, "processor was", "processors were")} not begun: run the command again.`,
    );
  }
}

function summarize({ terminal, verb, deeds }: Work): number {
  const { isOne, refs } = verb.targets;
  const counts = ORDER.map(
    (outcome) => [deeds.filter((deed) => deed.outcome === outcome).length, outcome] as const,
  );
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${String(count)} ${outcome}`);
  if (!isOne) {
    const told = parts.length === 0 ? "none has ended" : parts.join(", ");
    terminal.note(`${formatCount(refs.length, "processor")}: ${told}`);
  }
  // What was detached or not begun is not known to be done: a script must not go on as if it were.
  const isAllDone = deeds.length === refs.length && deeds.every(({ outcome }) => outcome !== "failed");
  return isAllDone ? EXIT.done : EXIT.failed;
}
