// Owners' patterns over texts of Atlas, in RE2 syntax: matching takes time in proportion to the text, whatever the
// pattern is, so that no policy can keep a worker busy. Used for nothing that Headgate itself has written.
import { RE2JS } from "re2js";
import { createMemory } from "../domain/decide/memory.js";
import type { FindsPattern } from "../domain/recover/classify.js";

const PATTERN_MAX = 200;
/** Steps of the compiled pattern: repetitions make a short one as long as a book. */
const PROGRAM_MAX = 2_000;
/** Policies of a fleet share their patterns. */
const KEPT_MAX = 500;

/** What is wrong with a pattern, as a noun; undefined if nothing is. */
export function findPatternFault(pattern: string): string | undefined {
  const read = readPattern(pattern);
  return typeof read === "string" ? read : undefined;
}

/** Remembers what it has read. A pattern that cannot be read is found nowhere: another version may have stored it. */
export function createPatterns(): FindsPattern {
  const memory = createMemory<string, RE2JS | string>(KEPT_MAX);
  return (pattern, text) => {
    const read = memory.get(pattern, () => readPattern(pattern));
    return typeof read !== "string" && read.matcher(text).find();
  };
}

function readPattern(pattern: string): RE2JS | string {
  if (pattern.length > PATTERN_MAX) return `${String(PATTERN_MAX)} characters at most`;
  try {
    const read = RE2JS.compile(pattern);
    return read.programSize() > PROGRAM_MAX ? "a pattern with fewer repetitions" : read;
  } catch (error) {
    return `RE2 syntax (${error instanceof Error ? error.message : String(error)})`;
  }
}
