// What is written twice: a field of one map, or a processor in two documents of one workspace. Whether both say the
// same decides whether one of them may go. The parser keeps both pairs of a double field, so this works on its nodes
// and not on plain values, in which the last one has won.
import { isMap, isNode } from "yaml";
import type { Pair, YAMLMap } from "yaml";
import type { Finding } from "../domain/tell/lint.js";
import { LINT_RULES } from "../domain/tell/lint.js";
import { formatProcessorRef } from "../domain/refs.js";
import { toFinding } from "./lint-input.js";
import type { LintDocument } from "./lint-input.js";
import { findLine, toLineNumber, toName } from "./source.js";
import type { Source } from "./source.js";

/** A pair and the map that holds it. */
export interface Link {
  readonly map: YAMLMap;
  readonly pair: Pair;
}

export interface DoubleField {
  /** From the document's own map down to the second field of its name. */
  readonly chain: readonly Link[];
  readonly path: readonly string[];
  readonly first: Pair;
  readonly isEqual: boolean;
}

/** Every field that is written again, in the order of the text. */
export function findDoubleFields(source: Source): readonly DoubleField[] {
  const { contents } = source.document;
  return isMap(contents) ? findIn(source, contents, []) : [];
}

function findIn(source: Source, map: YAMLMap, above: readonly Link[]): readonly DoubleField[] {
  const seen = new Map<string, Pair>();
  return map.items.flatMap((pair) => {
    const name = toName(pair.key);
    // No name at all is a fault of its own.
    if (name === "") return [];
    const chain = [...above, { map, pair }];
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, pair);
      return isMap(pair.value) ? findIn(source, pair.value, chain) : [];
    }
    // Below a second field nothing is looked for: the whole of it is in question.
    const isEqual = toCanonical(source, first.value) === toCanonical(source, pair.value);
    return [{ chain, path: chain.map(({ pair: { key } }) => toName(key)), first, isEqual }];
  });
}

function toCanonical({ document }: Source, node: unknown): string {
  return toCanonicalJson(isNode(node) ? node.toJS(document) : node);
}

/** One text per value: key order does not matter, the order of a list does. */
export function toCanonicalJson(plain: unknown): string {
  return JSON.stringify(plain, (_key, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Whether a path names an entry of `processors`, and not a field of one. */
export function isProcessorPath(path: readonly string[]): boolean {
  return path.length === 2 && path[0] === "processors";
}

/** First what one document says twice, then what two documents of a workspace do. */
export function findDuplicates(documents: readonly LintDocument[]): readonly Finding[] {
  return [...documents.flatMap(({ source }) => findInOne(source)), ...findAcross(documents)];
}

function findInOne(source: Source): readonly Finding[] {
  return findDoubleFields(source).map(({ chain, path, first, isEqual }) => {
    const rule = isProcessorPath(path) ? "duplicate-processor" : "duplicate-field";
    const line = toLineNumber(source, chain.at(-1)?.pair.key);
    const at = `line ${String(toLineNumber(source, first.key))}`;
    return {
      rule,
      level: LINT_RULES[rule].level,
      file: source.file,
      line,
      path: path.join("."),
      what: isEqual ? `written already, and alike, in ${at}` : `written already, and otherwise, in ${at}`,
      remedy: isEqual
        ? "remove one of the two (--fix does, if no comment would be lost)"
        : "keep one of the two",
    };
  });
}

function findAcross(documents: readonly LintDocument[]): readonly Finding[] {
  const seen = new Map<string, string>();
  return documents.flatMap(({ source, workspace }) => {
    const { contents } = source.document;
    const processors = isMap(contents) ? contents.get("processors") : undefined;
    if (workspace === undefined || !isMap(processors)) return [];
    // Once per document: the same name twice in one is told by `findInOne`.
    const names = [...new Set(processors.items.map(({ key }) => toName(key)))];
    const found = names.flatMap((processor) => {
      const first = seen.get(formatProcessorRef({ ...workspace, processor }));
      if (first === undefined) return [];
      const remark = { what: `declared already at ${first}`, remedy: "keep one of the two" };
      return [toFinding(source, ["processors", processor], { rule: "duplicate-processor", ...remark })];
    });
    for (const processor of names) {
      const name = formatProcessorRef({ ...workspace, processor });
      const line = findLine(source, ["processors", processor]);
      // After the look: a document is no duplicate of itself.
      if (!seen.has(name)) seen.set(name, `${source.file}:${String(line)}`);
    }
    return found;
  });
}
