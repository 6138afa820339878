// Policy files in: YAML with several documents, one per workspace. Every fault is found before anything is said, each
// with file, line, path, value and what is allowed; a file with one fault declares nothing. Half a file would be half a
// fleet, and `--prune` would delete the other half. The order is: size, YAML, aliases, schema, rules between fields.
// Each step only sees what passed the one before it.
import { isMap, isScalar } from "yaml";
import { NAME_RULE, formatProcessorRef, formatWorkspaceRef } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { Policy } from "../domain/policy.js";
import type { WrittenPolicy } from "../domain/tell/written.js";
import { cut } from "../base/text.js";
import { createChecks, findPolicyNotices } from "./checks.js";
import type { PolicyChecks } from "./checks.js";
import { findDoubleFields } from "./duplicates.js";
import { toPolicy } from "./merge.js";
import { documentSchema, toSoundParts } from "./schema.js";
import type { PolicyDocument, SoundParts } from "./schema.js";
import {
  ALIASES_MAX,
  findAliasKeys,
  findLine,
  findPairs,
  isEmpty,
  isTooLarge,
  isReadable,
  openSources,
  toLineNumber,
} from "./source.js";
import type { FileText, Source } from "./source.js";
import { ALIASES, MERGE_KEY, suggestKey } from "./suggestion.js";

/** One processor of a sound file, with the place where its name stands. */
interface DeclaredProcessor {
  readonly ref: ProcessorRef;
  readonly policy: Policy;
  /** Kept with the version, for `explain`. Nothing is decided from it. */
  readonly written: WrittenPolicy;
  readonly file: string;
  readonly line: number;
}

export interface PolicySet {
  readonly processors: readonly DeclaredProcessor[];
  /** Named by the files. */
  readonly workspaces: readonly WorkspaceRef[];
}

/** All of it is for people; a fault has no code. The path is empty if the text itself is at fault. */
export interface PolicyFault {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly value: string;
  readonly allowed: string;
}

/** Said of a file that is taken all the same. */
interface PolicyNotice {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export type ParsedPolicies =
  | { readonly kind: "parsed"; readonly set: PolicySet; readonly notices: readonly PolicyNotice[] }
  | { readonly kind: "faulty"; readonly faults: readonly PolicyFault[] };

/** The value of a fault that is a field written twice. Lint goes by it: it has rules of its own for these. */
export const SECOND_FIELD = "a second field of this name";

/** `file:line:` first, so that editors and terminals make a link of it. */
export function formatPolicyFault({ file, line, path, value, allowed }: PolicyFault): string {
  const where = path === "" ? "" : ` ${path}:`;
  return `${file}:${String(line)}:${where} ${value} is not allowed here; allowed: ${allowed}`;
}

/** Every document of every file, or every fault, by file and line. Never throws for what a file holds. Pure. */
export function parsePolicyFiles(files: readonly FileText[]): ParsedPolicies {
  const collected: Collected = {
    processors: [],
    workspaces: [],
    faults: [],
    notices: [],
    firstSeen: new Map(),
    checks: createChecks(),
  };
  for (const file of files) parseFile(file, collected);
  const { faults, notices, processors, workspaces } = collected;
  return faults.length > 0
    ? { kind: "faulty", faults: [...faults].sort((one, other) => compare(one, other)) }
    : { kind: "parsed", set: { processors, workspaces }, notices };
}

function compare(one: PolicyFault, other: PolicyFault): number {
  return one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1;
}

interface Collected {
  readonly processors: DeclaredProcessor[];
  readonly workspaces: WorkspaceRef[];
  readonly faults: PolicyFault[];
  readonly notices: PolicyNotice[];
  /** Workspace -> where it was named first. */
  readonly firstSeen: Map<string, string>;
  readonly checks: PolicyChecks;
}

function parseFile(file: FileText, collected: Collected): void {
  const fault = (value: string, allowed: string): void => {
    collected.faults.push({ file: file.name, line: 1, path: "", value, allowed });
  };
  if (isTooLarge(file)) {
    fault("a file this large", "5 MiB at most");
    return;
  }
  const sources = openSources(file);
  for (const source of sources) parseDocument(source, collected);
  // Empty documents beside others are skipped; a file of nothing else is a mistake.
  if (sources.every(({ document }) => isEmpty(document) && document.errors.length === 0)) {
    fault("an empty file", "at least one document");
  }
}

function parseDocument(source: Source, collected: Collected): void {
  collected.faults.push(...findTextFaults(source));
  if (!isReadable(source)) return;
  const plain = toPlainOrFault(source, collected);
  if (plain === undefined) return;
  // The schema names every fault of the document at once.
  const result = documentSchema.safeParse(plain.value);
  if (result.success) {
    collectDocument(source, result.data, collected);
    return;
  }
  collected.faults.push(...result.error.issues.flatMap((issue) => toFaults(source, issue)));
  collectOtherFaults(source, plain.value, collected);
}

/** What is wrong before the fields mean anything. A field written twice can be read: its faults are told with it. */
function findTextFaults(source: Source): readonly PolicyFault[] {
  const { file, document, lines } = source;
  const at = (line: number, value: string, allowed: string): PolicyFault => {
    return { file, line, path: "", value, allowed };
  };
  return [
    // The parser draws the place below its message, and names it at the end: the fault names it already.
    ...document.errors.map(({ message, pos }) => {
      const [first = message] = message.split("\n");
      return at(lines.linePos(pos[0]).line, first.replace(/ at line .*$/, ""), "valid YAML");
    }),
    ...findDoubleFields(source).map(({ chain }) =>
      at(toLineNumber(source, chain.at(-1)?.pair.key), SECOND_FIELD, "one"),
    ),
    ...findAliasKeys(source).map((line) => at(line, "an alias as a name", "the name itself")),
  ];
}

/** Aliases are counted when they are followed: a few lines can stand for millions of fields. */
function toPlainOrFault(source: Source, { faults }: Collected): { readonly value: unknown } | undefined {
  try {
    return { value: source.document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const at = { file: source.file, line: findLine(source, []), path: "" };
    faults.push(
      reason.startsWith("Unresolved alias")
        ? { ...at, value: `an alias without its anchor (${reason})`, allowed: "an anchor before its alias" }
        : {
            ...at,
            value: "a document with so many aliases",
            allowed: `${String(ALIASES_MAX)} aliases at most`,
          },
    );
    return undefined;
  }
}

function collectDocument(source: Source, content: PolicyDocument, collected: Collected): void {
  const { file } = source;
  const workspace = { project: content.project, workspace: content.workspace };
  nameWorkspace(source, workspace, collected);
  // A processor without a word is declared all the same, with nothing but defaults.
  for (const [processor, own] of Object.entries(content.processors)) {
    const ref = { ...workspace, processor };
    const written = { defaults: content.defaults ?? {}, own: own ?? {} };
    const policy = toPolicy(written.defaults, written.own);
    const at = { file, line: findLine(source, ["processors", processor]) };
    collected.processors.push({ ref, policy, written, ...at });
    collectPolicyFaults(source, { processor, ...written }, collected);
    for (const text of findPolicyNotices(policy)) {
      collected.notices.push({ ...at, text: `${formatProcessorRef(ref)}: ${text}` });
    }
  }
}

/** Of a document that its schema refuses: what lies between fields is told together with that. */
function collectOtherFaults(source: Source, value: unknown, collected: Collected): void {
  const { workspace, processors } = toSoundParts(value);
  if (workspace !== undefined) nameWorkspace(source, workspace, collected);
  for (const one of processors) collectPolicyFaults(source, one, collected);
}

function nameWorkspace(source: Source, workspace: WorkspaceRef, collected: Collected): void {
  const { file } = source;
  const key = formatWorkspaceRef(workspace);
  const line = findLine(source, ["workspace"]);
  // Over all files: two documents of one workspace could have two sets of defaults.
  const first = collected.firstSeen.get(key);
  if (first !== undefined) {
    const allowed = `one document per workspace; the first is at ${first}`;
    collected.faults.push({ file, line, path: "workspace", value: `a second document of ${key}`, allowed });
    return;
  }
  collected.firstSeen.set(key, `${file}:${String(line)}`);
  collected.workspaces.push(workspace);
}

function collectPolicyFaults(
  source: Source,
  { processor, defaults, own }: SoundParts["processors"][number],
  { faults, checks }: Collected,
): void {
  // Both halves of the block: a cron may come from one and the rest from the other.
  const written = { ...defaults.restart, ...own.restart };
  for (const { path, value, allowed } of checks.findFaults(toPolicy(defaults, own), written)) {
    const full = ["processors", processor, ...path];
    faults.push({
      file: source.file,
      line: findLine(source, full),
      path: full.join("."),
      value,
      allowed,
    });
  }
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function toFaults(source: Source, issue: Issue): readonly PolicyFault[] {
  const { file } = source;
  const path = issue.path.map(String);
  const at = { file, line: findLine(source, path), path: path.join(".") };
  if (issue.code === "invalid_key") return [{ ...at, ...toNameFault(source, path) }];
  if (issue.code !== "unrecognized_keys") {
    const node = source.document.getIn(path, true);
    return [
      { ...at, value: show(node), allowed: `${issue.message}${path.length === 1 ? toQuotes(node) : ""}` },
    ];
  }
  // One fault for each unknown field, with the nearest of those that exist.
  return (issue.keys ?? []).map((key) => ({
    file,
    line: findLine(source, [...path, key]),
    path: [...path, key].join("."),
    value: `the field "${key}"`,
    allowed: suggestKey(key, path),
  }));
}

/** Of a processor whose name would not fit into a path of the API. */
function toNameFault({ document }: Source, path: readonly string[]): Pick<PolicyFault, "value" | "allowed"> {
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
