// One verb over many processors: what it would touch, a question, progress per processor, a summary. Bounded in how many it
// has under way; Ctrl-C detaches, and says what goes on without it.
import type { ProcessorRef } from "../domain/refs.js";
import { formatProcessorRef } from "../domain/refs.js";
import { AppError } from "../errors.js";
import type { CliContext, Terminal } from "./context.js";
import { EXIT } from "./context.js";
import { formatCount } from "./output.js";
import type { Targets } from "./targets.js";

type Outcome = "done" | "joined" | "skipped" | "failed";

export interface Deed {
  readonly outcome: Outcome;
  /** What happened, without the name. */
  readonly text: string;
}

export interface BulkVerb {
  /** As in "start 300 processors". */
  readonly phrase: string;
  readonly targets: Targets;
  readonly yes: boolean;
  /** Asked even of one processor: what is discarded or deleted by it. */
  readonly warning?: string;
  /** Of one processor; what it throws counts as failed, and ends the verb where it is the only one. Must settle soon after the signal is aborted. */
  readonly act: (ref: ProcessorRef, detach: AbortSignal) => Promise<Deed>;
  /** Said after Ctrl-C of what had begun. */
  readonly goesOn: string;
}

const AT_ONCE = 200;
const NAMED_MAX = 40;
const ORDER: readonly Outcome[] = ["done", "joined", "skipped", "failed"];

/** Carries it out; the exit code. */
export async function carryOutAll(context: CliContext, verb: BulkVerb): Promise<number> {
  const { terminal } = context;
  const { refs } = verb.targets;
  if (!(await isWanted(terminal, verb))) {
    terminal.note("Nothing was done. Use --yes to go on without being asked.");
    return EXIT.failed;
  }
  const detach = context.interruption();
  const deeds = new Map<ProcessorRef, Deed>();
  let begun = 0;
  const work = async (): Promise<void> => {
    for (let ref = refs[begun]; ref !== undefined && !detach.aborted; ref = refs[begun]) {
      begun += 1;
      const deed = await toDeed(verb, ref, detach);
      if (deed === undefined) continue;
      deeds.set(ref, deed);
      const how = deed.outcome === "done" ? "" : `${deed.outcome}: `;
      terminal.note(`${formatProcessorRef(ref)}: ${how}${deed.text}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, refs.length) }, work));
  if (detach.aborted && deeds.size < refs.length) tellDetached(terminal, verb, { begun, ended: deeds.size });
  return summarize(terminal, verb, [...deeds.values()]);
}

/** Undefined where it was left to go on by itself. */
async function toDeed(verb: BulkVerb, ref: ProcessorRef, detach: AbortSignal): Promise<Deed | undefined> {
  try {
    return await verb.act(ref, detach);
  } catch (error) {
    if (detach.aborted) return undefined;
    if (verb.targets.isOne || !(error instanceof AppError)) throw error;
    return { outcome: "failed", text: error.message };
  }
}

async function isWanted(terminal: Terminal, verb: BulkVerb): Promise<boolean> {
  const { refs, isOne } = verb.targets;
  if (isOne && verb.warning === undefined) return true;
  const [first] = refs;
  const what =
    isOne && first !== undefined ? formatProcessorRef(first) : formatCount(refs.length, "processor");
  if (!isOne) {
    for (const ref of refs.slice(0, NAMED_MAX)) terminal.note(`  ${formatProcessorRef(ref)}`);
    if (refs.length > NAMED_MAX) terminal.note(`  and ${String(refs.length - NAMED_MAX)} more`);
  }
  if (verb.yes) return true;
  const warning = verb.warning === undefined ? "" : ` ${verb.warning}`;
  return terminal.confirm(`${verb.phrase} ${what}?${warning}`);
}

function tellDetached(
  terminal: Terminal,
  verb: BulkVerb,
  { begun, ended }: { readonly begun: number; readonly ended: number },
): void {
  const left = verb.targets.refs.length - begun;
  if (begun > ended)
    terminal.note(`Detached: ${String(begun - ended)} go on without this command. ${verb.goesOn}`);
  if (left > 0)
    terminal.note(
      `${formatCount(left, "processor was", "processors were")} not begun: run the command again.`,
    );
}

function summarize(terminal: Terminal, verb: BulkVerb, deeds: readonly Deed[]): number {
  const counts = ORDER.map((outcome) => [outcome, deeds.filter((deed) => deed.outcome === outcome)] as const);
  if (!verb.targets.isOne) {
    const parts = counts
      .filter(([, of]) => of.length > 0)
      .map(([outcome, of]) => `${String(of.length)} ${outcome}`);
    terminal.note(`${verb.phrase}: ${parts.length === 0 ? "nothing ended" : parts.join(", ")}`);
  }
  return deeds.some(({ outcome }) => outcome === "failed") ? EXIT.failed : EXIT.done;
}
