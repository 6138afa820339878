// The text of a policy file as YAML documents that still know where each field stands. Knows nothing of policies.
// Core schema, so that `yes`, `on` and times stay what they look like: texts. A key or a name is what stands in the
// file, whatever YAML takes it for: `1.10` is not 1.1, and `007` is not 7. Nothing here throws for what a file holds.
import { LineCounter, isAlias, isMap, isNode, isPair, isScalar, parseAllDocuments, visit } from "yaml";
import { keepAsWritten } from "../base/yaml-names.js";
import type { Document, Node, Pair, YAMLMap } from "yaml";

export interface FileText {
  readonly name: string;
  readonly text: string;
}

/** One document of a file. */
export interface Source {
  readonly file: string;
  /** Of the whole file. */
  readonly text: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Before it is parsed: a parser needs many times the size of a text. */
const SIZE_MAX = 5 * 1024 * 1024;
/** Enough to share blocks by hand, and too few for a text that unfolds into millions of fields. */
export const ALIASES_MAX = 100;

export function isTooLarge({ text }: FileText): boolean {
  return Buffer.byteLength(text) > SIZE_MAX;
}

/** Every document, with its errors; none of it is judged. */
export function openSources({ name, text }: FileText): readonly Source[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    schema: "core",
    // Fields written twice are found by duplicates.ts: the parser compares what it takes keys for, and each with each.
    uniqueKeys: false,
    logLevel: "error",
  });
  const parsed = Array.isArray(documents) ? documents : [];
  for (const document of parsed) keepNames(document);
  return parsed.map((document) => ({ file: name, text, document, lines }));
}

/** Fields of a document whose values are names. */
const NAMES: ReadonlySet<string> = new Set(["project", "workspace"]);

function keepNames(document: Document.Parsed): void {
  visit(document, {
    Pair: (_index, { key }) => {
      keepAsWritten(key);
    },
  });
  if (!isMap(document.contents)) return;
  for (const { key, value } of document.contents.items) if (NAMES.has(toName(key))) keepAsWritten(value);
}

/** Lines of keys that are aliases: what they stand for may be a number, and no name as it is written. */
export function findAliasKeys(source: Source): readonly number[] {
  const found: number[] = [];
  visit(source.document, {
    Pair: (_index, { key }) => {
      if (isAlias(key)) found.push(toLineNumber(source, key));
    },
  });
  return found;
}

/** Empty for what is no text: null, a map, a list. Numbers and booleans among keys are texts by now. */
export function toName(key: unknown): string {
  return isScalar(key) && typeof key.value === "string" ? key.value : "";
}

/** Nothing between two `---`: no document to a person. */
export function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

/** Whether its fields can be read. */
export function isReadable({ document }: Source): boolean {
  return document.errors.length === 0 && !isEmpty(document);
}

/** The line of the key at the path, or of its nearest ancestor that exists. */
export function findLine(source: Source, path: readonly string[]): number {
  let node: unknown = source.document.contents;
  let found: unknown = node;
  for (const key of path) {
    const pair = isMap(node) ? findPairs(node, key)[0] : undefined;
    if (pair === undefined) break;
    found = pair.key;
    node = pair.value;
  }
  return toLineNumber(source, found);
}

/** Those of this name: more than one where it is written twice. */
export function findPairs(map: YAMLMap, key: string): readonly Pair[] {
  return map.items.filter((item) => isPair(item) && toName(item.key) === key);
}

export function toLineNumber({ lines }: Source, node: unknown): number {
  return lines.linePos((isNode(node) ? (node as Node).range?.[0] : undefined) ?? 0).line;
}
