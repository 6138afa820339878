// Mends what has one certain answer: a field written twice alike loses its second writing, a resumeFromCheckpoint: true
// that says nothing goes. It cuts whole fields out of the text and touches nothing else, so that comments, order and
// style stay; where a comment, an anchor or the meaning would be lost it leaves the text alone.
import { isAlias, isMap, isPair, isScalar, visit } from "yaml";
import type { Document, Pair, YAMLMap } from "yaml";
import type { RuleId } from "../domain/tell/lint.js";
import { findDoubleFields, isProcessorPath, toCanonicalJson } from "./duplicates.js";
import type { Link } from "./duplicates.js";
import { toPlain } from "./lint-input.js";
import { findRedundantResumes } from "./lint-rules.js";
import { documentSchema } from "./schema.js";
import { findPairs, openSources, toLineNumber, toName } from "./source.js";
import type { FileText, Source } from "./source.js";

export interface Fix {
  readonly rule: RuleId;
  readonly file: string;
  readonly line: number;
  readonly path: string;
}

export interface FixedFile extends FileText {
  readonly fixes: readonly Fix[];
}

/** What is left by one cut may make another certain; no file needs many rounds. */
const ROUNDS_MAX = 5;

/** The same text where there is nothing certain to mend. Never throws for what a file holds. */
export function fixPolicyFile(file: FileText): FixedFile {
  let { text } = file;
  const fixes: Fix[] = [];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const found = cutOnce({ name: file.name, text });
    if (found === undefined) break;
    text = found.text;
    fixes.push(...found.fixes);
  }
  return { name: file.name, text, fixes };
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly fix: Fix;
}

function cutOnce(file: FileText): { readonly text: string; readonly fixes: readonly Fix[] } | undefined {
  const sources = openSources(file);
  if (!sources.every(({ document }) => document.errors.length === 0)) return undefined;
  const cuts = withoutOverlap(sources.flatMap((source) => findCuts(source, file.text)));
  if (cuts.length === 0) return undefined;
  // From the end, so that the places of the others stay what they are.
  const text = [...cuts]
    .reverse()
    .reduce((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), file.text);
  // The last word: whatever a cut was meant to do, the documents must say the same without it.
  const isSame = toMeaning(sources) === toMeaning(openSources({ name: file.name, text }));
  return isSame ? { text, fixes: cuts.map(({ fix }) => fix) } : undefined;
}

/** Of two cuts that meet the first wins; the other is found again in the next round, if it is still there. */
function withoutOverlap(cuts: readonly Cut[]): readonly Cut[] {
  let end = 0;
  return [...cuts]
    .sort((one, other) => one.from - other.from)
    .filter(({ from, to }) => {
      if (from < end) return false;
      end = to;
      return true;
    });
}

function findCuts(source: Source, text: string): readonly Cut[] {
  const doubles = findDoubleFields(source);
  // Of what is written twice nobody knows which is meant.
  const resumes = hasAnchors(source.document) || doubles.length > 0 ? [] : findResumes(source);
  const alike = doubles.filter(({ isEqual }) => isEqual);
  return [
    ...alike.map(({ chain, path }) => ({ chain, rule: toDoubleRule(path) })),
    ...resumes.map((chain) => ({ chain, rule: "redundant-resume" as const })),
  ].flatMap(({ chain, rule }) => {
    const range = toRange(text, chain);
    if (range === undefined) return [];
    const path = chain.map(({ pair }) => toName(pair.key)).join(".");
    const line = toLineNumber(source, chain.at(-1)?.pair.key);
    return [{ ...range, fix: { rule, file: source.file, line, path } }];
  });
}

function toDoubleRule(path: readonly string[]): RuleId {
  return isProcessorPath(path) ? "duplicate-processor" : "duplicate-field";
}

function findResumes(source: Source): readonly (readonly Link[])[] {
  const content = documentSchema.safeParse(toPlain(source)?.value).data;
  const paths = content === undefined ? [] : findRedundantResumes(content);
  return paths.flatMap((path) => {
    const chain = toChain(source, path);
    return chain === undefined ? [] : [chain];
  });
}

/** Undefined where the path is not written out. */
function toChain({ document }: Source, path: readonly string[]): readonly Link[] | undefined {
  const chain: Link[] = [];
  let node: unknown = document.contents;
  for (const key of path) {
    const pair = isMap(node) ? findPairs(node, key)[0] : undefined;
    if (!isMap(node) || pair === undefined) return undefined;
    chain.push({ map: node, pair });
    node = pair.value;
  }
  return chain;
}

function hasAnchors(document: Document.Parsed): boolean {
  let has = false;
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) || node.anchor !== undefined) has = true;
    },
  });
  return has;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Of the last field of the chain, or of the block that would be empty without it. Undefined: not certain. */
function toRange(text: string, chain: readonly Link[]): Range | undefined {
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  const { map, pair } = last;
  // Without its last field a block would become null, which says something else than no block.
  const isAlone = map.items.length === 1;
  // A processor without fields stays one: it is declared by its name.
  const isOfProcessor = chain.length === 3 && toName(chain[0]?.pair.key) === "processors";
  if (isAlone && !isOfProcessor) return toRange(text, chain.slice(0, -1));
  const range = map.flow === true ? toFlowRange(map, pair) : toLines(text, pair);
  return range === undefined || hasMore(text.slice(range.from, range.to)) ? undefined : range;
}

/** A comment, or what looks like one, or an anchor. */
function hasMore(text: string): boolean {
  return /(^|\s)[#&]/.test(text);
}

/** Whole lines, if nothing else stands on them. */
function toLines(text: string, pair: Pair): Range | undefined {
  const start = toStart(pair);
  const end = toEnd(pair);
  if (start === undefined || end === undefined) return undefined;
  // A comment or another field on the line makes it more than this field: then it is left alone.
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", end);
  const to = lineEnd < 0 ? text.length : lineEnd + 1;
  const isAlone = text.slice(from, start).trim() === "" && text.slice(end, to).trim() === "";
  return isAlone ? { from, to } : undefined;
}

/** With the comma that would be left over. */
function toFlowRange(map: YAMLMap, pair: Pair): Range | undefined {
  const index = map.items.indexOf(pair);
  const [before, after] = [map.items[index - 1], map.items[index + 1]];
  if (map.items.length === 1) return map.range ? { from: map.range[0] + 1, to: map.range[1] - 1 } : undefined;
  const from = before === undefined ? toStart(pair) : toEnd(before);
  const to = before === undefined && after !== undefined ? toStart(after) : toEnd(pair);
  return from === undefined || to === undefined ? undefined : { from, to };
}

function toStart({ key }: Pair): number | undefined {
  return isScalar(key) ? key.range?.[0] : undefined;
}

/** Where the last character of the pair's value stands; undefined for values no policy has. */
function toEnd({ key, value }: Pair): number | undefined {
  if (isMap(value) && value.flow !== true) {
    // A block map has no end of its own that could be trusted: its range takes the blank lines and comments behind it.
    const last = value.items.at(-1);
    return isPair(last) ? toEnd(last) : undefined;
  }
  // A text of several lines ends by indentation; no field of a policy is one.
  const isBlockText = isScalar(value) && /^BLOCK/.test(value.type ?? "");
  if (!(isMap(value) || isScalar(value) || isAlias(value)) || isBlockText || !isScalar(key)) return undefined;
  return value.range?.[1];
}

/** One text for what the documents say: equal before and after, or nothing is mended. */
function toMeaning(sources: readonly Source[]): string {
  return toCanonicalJson(sources.map((source) => prune(toPlain(source)?.value)));
}

const NOTHING = "nothing";

/** Without what says nothing. A processor that says nothing stays: it is declared. */
function prune(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value ?? NOTHING;
  const fields = Object.entries(value).flatMap(([key, field]) => {
    const kept = prune(field);
    const isNothing = key === "resumeFromCheckpoint" ? kept === true : kept === NOTHING && OPTIONAL.has(key);
    return isNothing ? [] : [[key, kept] as const];
  });
  return fields.length === 0 ? NOTHING : Object.fromEntries(fields);
}

/**
 * Blocks that say nothing if they are empty. `restart: null` does say something, and an empty `recovery` is left as it
 * is.
 */
const OPTIONAL: ReadonlySet<string> = new Set(["start", "defaults"]);
