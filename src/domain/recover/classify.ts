// Which class a failure has, and which rule says so: an owner's own rules in their order, then the shipped table, then
// `unknown`. Pure and total. Patterns are tried by a function that is passed in, because the library for them is none
// of the domain's; what it cannot try matches nothing.
import type { FailureClass, FailureFacts, FailureRule } from "../failure-classes.js";
import { FAILURE_TABLE } from "./failure-table.js";
import type { FailureRow } from "./failure-table.js";

/** Whether an RE2 pattern is found in a text. Never throws: a pattern that cannot be read is found nowhere. */
export type FindsPattern = (pattern: string, text: string) => boolean;

export interface Classified {
  readonly class: FailureClass;
  /** Which rule matched, for people. */
  readonly rule: string;
  /** What it found. */
  readonly why: string;
  /** Of a shipped rule: where its claim comes from. */
  readonly source: string | null;
}

export interface OwnRules {
  readonly rules: readonly FailureRule[];
  readonly finds: FindsPattern;
}

/** Longer than any text that is kept; what is typed may be of any length. */
const MAX_TEXT = 4_000;

export function classify(failure: FailureFacts, own: OwnRules): Classified {
  const text = toInnerText(failure.text).slice(0, MAX_TEXT);
  return findOwn(text, own) ?? findShipped({ ...failure, text }) ?? UNKNOWN;
}

const UNKNOWN: Classified = { class: "unknown", rule: "none", why: "no rule matches", source: null };

/** Atlas's generic error names the processor first, and a name may be made of any words. */
function toInnerText(text: string): string {
  const opening = ") had a problem occur: ";
  const at = text.indexOf(opening);
  return at < 0 ? text : text.slice(at + opening.length);
}

function findOwn(text: string, { rules, finds }: OwnRules): Classified | undefined {
  const codes = findServerCodes(text);
  const at = rules.findIndex((rule) => ("code" in rule ? codes.has(rule.code) : finds(rule.pattern, text)));
  const rule = rules[at];
  if (rule === undefined) return undefined;
  const why = "code" in rule ? `code ${String(rule.code)}` : `pattern ${rule.pattern}`;
  return { class: rule.class, rule: `recovery.rules ${String(at + 1)}`, why, source: null };
}

function findShipped(failure: FailureFacts): Classified | undefined {
  const lower = failure.text.toLowerCase();
  const codes = findServerCodes(failure.text);
  for (const row of FAILURE_TABLE) {
    const why = matchRow(row, { failure, lower, codes });
    if (why !== undefined) return { class: row.class, rule: row.rule, why, source: row.source };
  }
  return undefined;
}

interface Read {
  readonly failure: FailureFacts;
  readonly lower: string;
  readonly codes: ReadonlySet<number>;
}

function matchRow(row: FailureRow, read: Read): string | undefined {
  const { preceding } = read.failure;
  if (row.afterStartAtTime === true && preceding?.startedAtTime !== true) return undefined;
  return matchSaid(row, read) ?? matchMemory(row, preceding?.memoryShare ?? 0);
}

function matchMemory({ memoryShare }: FailureRow, used: number): string | undefined {
  if (memoryShare === undefined || used < memoryShare) return undefined;
  return `${String(Math.round(used * 100))}% of its tier's memory was in use`;
}

function matchSaid(row: FailureRow, { failure, lower, codes }: Read): string | undefined {
  const status = row.statuses?.find((one) => one === failure.status);
  if (status !== undefined) return `HTTP ${String(status)}`;
  const errorCode = row.errorCodes?.find((one) => one === failure.errorCode);
  if (errorCode !== undefined) return errorCode;
  const code = row.codes?.find((one) => codes.has(one));
  if (code !== undefined) return `code ${String(code)}`;
  return row.words?.find((words) => words.every((word) => lower.includes(word)))?.join(", ");
}

const BEFORE_CODES: ReadonlySet<string> = new Set(["code", "errorcode", "error"]);
const LOCATION = "location";

/** The numbers of a text that are codes of the server, and no counts. One walk, whatever the text is. */
function findServerCodes(text: string): ReadonlySet<number> {
  const found = new Set<number>();
  let before = "";
  for (const { 0: word, index } of text.toLowerCase().matchAll(/[a-z0-9]+/g)) {
    const digits = word.startsWith(LOCATION) ? word.slice(LOCATION.length) : word;
    const isInBrackets = text[index - 1] === "(" && text[index + word.length] === ")";
    const isMarked = digits !== word || isInBrackets || BEFORE_CODES.has(before);
    if (isMarked && /^\d{1,9}$/.test(digits)) found.add(Number(digits));
    before = word;
  }
  return found;
}
