// The text of a policy file as YAML documents that still know where each field stands. Knows nothing of policies.
// Core schema, so that `yes`, `on` and times stay what they look like: texts. Nothing here throws for what a file
// holds.
import { LineCounter, isMap, isNode, isPair, isScalar, parseAllDocuments } from "yaml";
import type { Document, Node, Pair, YAMLMap } from "yaml";

export interface FileText {
  readonly name: string;
  readonly text: string;
}

/** One document of a file. */
export interface Source {
  readonly file: string;
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
    uniqueKeys: true,
    logLevel: "error",
  });
  const parsed = Array.isArray(documents) ? documents : [];
  return parsed.map((document) => ({ file: name, document, lines }));
}

/** Nothing between two `---`: no document to a person. */
export function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

/** Whether its fields can be read: a field written twice can. */
export function isReadable({ document }: Source): boolean {
  return document.errors.every(({ code }) => code === "DUPLICATE_KEY") && !isEmpty(document);
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
  return map.items.filter((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
}

export function toLineNumber({ lines }: Source, node: unknown): number {
  return lines.linePos((isNode(node) ? (node as Node).range?.[0] : undefined) ?? 0).line;
}
