// What a verb is about, as people name it: selectors on the command line, or a list in a file or on standard input.
import { buffer as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import type { ProcessorRef } from "../../domain/refs.js";
import { SELECTOR_RULE, isExact, parseSelector } from "../../domain/tell/selector.js";
import type { Selector } from "../../domain/tell/selector.js";
import { toSelectors } from "./arguments.js";
import { decodeText } from "./encoding.js";
import type { CliContext } from "../terminal/context.js";
import { UsageError } from "../terminal/context.js";

export interface TargetFlags {
  readonly file?: string;
}

export interface Targets {
  readonly refs: readonly ProcessorRef[];
  /** Whether it was one processor, named in full: then there is nothing to be asked about. */
  readonly isOne: boolean;
}

/** The arguments of a verb that takes processors. */
export function takingTargets(command: Command): Command {
  return command
    .argument("[selector...]", SELECTOR_RULE, toSelectors)
    .option("-f, --file <file>", "selectors from there too, one a line; - for standard input");
}

/**
 * Throws UsageError where nothing was named or something is no selector, `request.unknown` where a selector means none.
 */
export async function readTargets(
  context: CliContext,
  words: readonly string[],
  flags: TargetFlags,
): Promise<Targets> {
  const lines = flags.file === undefined ? [] : toListedLines(await readInput(context, flags.file));
  const selectors = [...words, ...lines].map(toSelector);
  if (selectors.length === 0) throw new UsageError("name at least one processor, or give a list with --file");
  const { selectProcessors } = await import("../../app/select.js");
  const refs = await selectProcessors(await context.app(), selectors);
  const [first] = selectors;
  return { refs, isOne: selectors.length === 1 && first !== undefined && isExact(first) };
}

/** Throws UsageError where the file cannot be read, or is no text. */
export async function readInput({ readFile }: CliContext, name: string): Promise<string> {
  const bytes = await readBytes(readFile, name).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read ${name}: ${reason}`);
  });
  const text = decodeText(bytes);
  if ("fault" in text) throw new UsageError(`cannot read ${name}: ${text.fault}`);
  return text.text;
}

/** Not by the path /dev/stdin: that cannot be opened where standard input is a socket, as it is under many programs. */
function readBytes(readFile: CliContext["readFile"], name: string): Promise<Buffer> {
  return name === "-" ? readAll(process.stdin) : readFile(name);
}

/** Names from a list, one a line; after # comes a remark. */
export function toListedLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

/** Throws UsageError. */
export function toSelector(text: string): Selector {
  const selector = parseSelector(text);
  if (selector !== undefined) return selector;
  throw new UsageError(`"${text}" is not ${SELECTOR_RULE}`);
}
