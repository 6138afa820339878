// What the schema refuses, in words: where it stands, what it is, and what would be right.
import { isMap, isScalar } from "yaml";
import { cut } from "../base/text.js";
import { NAME_RULE } from "../domain/refs.js";
import { findLine, findPairs } from "./source.js";
import type { Source } from "./source.js";
import { ALIASES, MERGE_KEY, suggestKey } from "./suggestion.js";

interface SchemaFault {
  readonly line: number;
  readonly path: string;
  readonly value: string;
  readonly allowed: string;
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

/** One for each unknown field, else one. */
export function toSchemaFaults(source: Source, issue: Issue): readonly SchemaFault[] {
  const path = issue.path.map(String);
  const at = { line: findLine(source, path), path: path.join(".") };
  if (issue.code === "invalid_key") return [{ ...at, ...toNameFault(source, path) }];
  if (issue.code !== "unrecognized_keys") {
    const node = source.document.getIn(path, true);
    return [
      { ...at, value: show(node), allowed: `${issue.message}${path.length === 1 ? toQuotes(node) : ""}` },
    ];
  }
  // One fault for each unknown field, with the nearest of those that exist.
  return (issue.keys ?? []).map((key) => ({
    line: findLine(source, [...path, key]),
    path: [...path, key].join("."),
    value: `the field "${key}"`,
    allowed: suggestKey(key, path),
  }));
}

/** Of a processor whose name would not fit into a path of the API. */
function toNameFault({ document }: Source, path: readonly string[]): Pick<SchemaFault, "value" | "allowed"> {
  const name = path.at(-1) ?? "";
  if (name === MERGE_KEY) return { value: 'the merge key "<<"', allowed: ALIASES };
  const map = document.getIn(path.slice(0, -1));
  const key = isMap(map) ? findPairs(map, name)[0]?.key : undefined;
  const quotes = toQuotes(key);
  return {
    value: `the name ${quotes === "" ? JSON.stringify(name) : show(key)}`,
    allowed: `${NAME_RULE}${quotes}`,
  };
}

/** Of a name that YAML reads as null: it may be meant as it stands, or be a template without its value. */
function toQuotes(node: unknown): string {
  const isNull = isScalar(node) && node.value === null && node.source !== "";
  return isNull ? ", in quotes, because YAML reads this as null" : "";
}

/** Characters of a value that a fault quotes. */
const SHOWN_MAX = 80;

/** As written: a number keeps its digits, so that a project id of digits is not shown as a rounded number. */
function show(node: unknown): string {
  if (node === undefined) return "nothing";
  if (!isScalar(node)) return isMap(node) ? "a map" : "a list";
  const isText = typeof node.value === "string";
  const text = isText ? JSON.stringify(node.value) : (node.source ?? String(node.value));
  if (text === "") return "nothing";
  return cut(text, SHOWN_MAX);
}
