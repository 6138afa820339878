// What may come next on a command line, from the tree of commands itself: verbs, nouns, options, fixed choices, and of
// which kind of name a word is. One function for all shells; their scripts only ask and show.
import type { Argument, Command, Option } from "commander";
import type { NameKind } from "./completing.js";
import { toCompletes } from "./completing.js";

export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** To be looked up, in so far as they begin as the word does. */
  | { readonly kind: "names"; readonly of: NameKind }
  | { readonly kind: "files" };

const NOTHING: Candidates = { kind: "words", words: [] };

/** Of the last word, given those before it; it may be empty. The name of the program is not among them. */
export function findCandidates(program: Command, words: readonly string[]): Candidates {
  const word = words.at(-1) ?? "";
  const { command, taking, count } = walk(program, words.slice(0, -1));
  const candidates = toCandidates({ command, taking, count }, word);
  return candidates.kind === "words"
    ? { kind: "words", words: candidates.words.filter((one) => one.startsWith(word)) }
    : candidates;
}

function toCandidates({ command, taking, count }: Place, word: string): Candidates {
  // What a variadic option takes ends at the next option.
  if (taking !== undefined && !(taking.variadic && word.startsWith("-"))) return toValues(taking);
  if (word.startsWith("-")) return { kind: "words", words: listFlags(command) };
  if (command.commands.length > 0) return count > 0 ? NOTHING : { kind: "words", words: listVerbs(command) };
  const argument = command.registeredArguments[count] ?? command.registeredArguments.at(-1);
  const isTaken = count >= command.registeredArguments.length && argument?.variadic !== true;
  return argument === undefined || isTaken ? NOTHING : toValues(argument);
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly taking: Option | undefined;
  /** Arguments before it. */
  readonly count: number;
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, taking: undefined, count: 0 };
  for (const word of words) place = step(place, word);
  return place;
}

function step({ command, taking, count }: Place, word: string): Place {
  if (word.startsWith("-")) {
    const option = command.options.find(({ long, short }) => long === word || short === word);
    return { command, taking: option?.required === true ? option : undefined, count };
  }
  // A value; a variadic option goes on taking.
  if (taking !== undefined) return { command, taking: taking.variadic ? taking : undefined, count };
  const child = command.commands.find((one) => one.name() === word);
  return child === undefined
    ? { command, taking: undefined, count: count + 1 }
    : { command: child, taking: undefined, count: 0 };
}

function toValues(taken: Option | Argument): Candidates {
  const completes = toCompletes(taken.parseArg);
  if (completes !== undefined) {
    return typeof completes === "string"
      ? { kind: "names", of: completes }
      : { kind: "words", words: completes };
  }
  return "flags" in taken && /<file(\.\.\.)?>/.test(taken.flags) ? { kind: "files" } : NOTHING;
}

function listFlags(command: Command): readonly string[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.flatMap(({ long }) => (long === undefined ? [] : [long]));
}

function listVerbs(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
}

const WORD = /(?:\\.?|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s\\"'])+/g;
const QUOTED = /\\(.?)|"((?:\\.|[^"\\])*)"?|'([^']*)'?/g;

/**
 * A line as bash splits it into words, from after the program's name, the last as far as it was typed. Of bash's
 * expansions quotes and backslashes only.
 */
export function splitLine(line: string): readonly string[] {
  const found = [...line.matchAll(WORD)];
  const end = found.at(-1);
  const isOpen = end !== undefined && end.index + end[0].length === line.length;
  const words = found.map(([word]) => word.replace(QUOTED, unquote));
  const program = words.findIndex((word) => !/^\w+=/.test(word));
  return [...words.slice(program + 1), ...(isOpen ? [] : [""])];
}

function unquote(...[, escaped, double, single]: readonly (string | undefined)[]): string {
  return escaped ?? double?.replace(/\\(.)/g, "$1") ?? single ?? "";
}
