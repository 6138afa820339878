// Policy files in: YAML with several documents, one per workspace. Every fault is found before anything is said, each
// with file, line, path, value and what is allowed; a file with one fault declares nothing. Half a file would be half a
// fleet, and `--prune` would delete the other half. The order is: size, YAML, aliases, schema, rules between fields.
// Each step only sees what passed the one before it.
import { formatProcessorRef, formatWorkspaceRef } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { Policy } from "../domain/policy.js";
import type { WrittenPolicy } from "../domain/tell/written.js";
import { createChecks, findDefaultFaults, findOwnFaults, findPolicyNotices } from "./checks.js";
import type { FieldFault, PolicyChecks } from "./checks.js";
import { findDoubleFields } from "./duplicates.js";
import { toPolicy } from "./merge.js";
import { toSchemaFaults } from "./schema-faults.js";
import { documentSchema, toSoundParts } from "./schema.js";
import type { PolicyDocument, PolicyFields, SoundParts } from "./schema.js";
import {
  ALIASES_MAX,
  findAliasKeys,
  findLine,
  isEmpty,
  isTooLarge,
  isReadable,
  openSources,
  toLineNumber,
} from "./source.js";
import type { FileText, Source } from "./source.js";
import { findCronAliases, findUnquoted } from "./unquoted.js";

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
    inherited: new Set(),
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
  /** Faults of defaults that were told: thousands of processors may inherit one. */
  readonly inherited: Set<string>;
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
  collected.faults.push(
    ...result.error.issues.flatMap((issue) =>
      toSchemaFaults(source, issue).map((fault) => ({ file: source.file, ...fault })),
    ),
  );
  collectOtherFaults(source, plain.value, collected);
}

/** What is wrong before the fields mean anything. A field written twice can be read: its faults are told with it. */
function findTextFaults(source: Source): readonly PolicyFault[] {
  const { file } = source;
  const at = (line: number, value: string, allowed: string): PolicyFault => {
    return { file, line, path: "", value, allowed };
  };
  return [
    ...findUnreadable(source),
    ...findDoubleFields(source).map(({ chain }) =>
      at(toLineNumber(source, chain.at(-1)?.pair.key), SECOND_FIELD, "one"),
    ),
    ...findAliasKeys(source).map((line) => at(line, "an alias as a name", "the name itself")),
  ];
}

/** Once a line for a value without quotes: the parser finds several faults in it. */
function findUnreadable(source: Source): readonly PolicyFault[] {
  const { file, document, lines } = source;
  const told = new Set<number>();
  return document.errors.flatMap(({ message, pos }) => {
    const { line } = lines.linePos(pos[0]);
    const unquoted = findUnquoted(source, line);
    // The parser draws the place below its message, and names it at the end: the fault names it already.
    const [first = message] = message.split("\n");
    const plain = { line, value: first.replace(/ at line .*$/, ""), allowed: "valid YAML" };
    if (unquoted !== undefined && told.has(line)) return [];
    told.add(line);
    return [{ file, path: "", ...(unquoted ?? plain) }];
  });
}

/** Aliases are counted when they are followed: a few lines can stand for millions of fields. */
function toPlainOrFault(source: Source, { faults }: Collected): { readonly value: unknown } | undefined {
  try {
    return { value: source.document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    const unquoted = findCronAliases(source);
    if (unquoted.length > 0) {
      faults.push(...unquoted.map((one) => ({ file: source.file, path: "", ...one })));
      return undefined;
    }
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
  collectDefaultFaults(source, content.defaults ?? {}, collected);
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
  const { workspace, defaults, processors } = toSoundParts(value);
  if (workspace !== undefined) nameWorkspace(source, workspace, collected);
  collectDefaultFaults(source, defaults, collected);
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

function collectDefaultFaults(
  source: Source,
  defaults: PolicyFields,
  { faults, inherited }: Collected,
): void {
  for (const fault of findDefaultFaults(defaults)) {
    const at = toPlace(source, ["defaults", ...fault.path]);
    inherited.add(formatPolicyFault({ ...fault, ...at }));
    faults.push({ ...at, value: fault.value, allowed: fault.allowed });
  }
}

function toPlace(source: Source, path: readonly string[]): Pick<PolicyFault, "file" | "line" | "path"> {
  return { file: source.file, line: findLine(source, path), path: path.join(".") };
}

function collectPolicyFaults(
  source: Source,
  { processor, defaults, own }: SoundParts["processors"][number],
  { faults, checks, inherited }: Collected,
): void {
  // Both halves of the block: a cron may come from one and the rest from the other.
  const written = { ...defaults.restart, ...own.restart };
  const policy = toPolicy(defaults, own);
  for (const fault of [...checks.findFaults(policy, written), ...findOwnFaults(policy, own)]) {
    const isOwn = isWritten(own, fault.path) || !hasFault(checks, defaults, fault);
    const full = [...(isOwn ? ["processors", processor] : ["defaults"]), ...fault.path];
    const at = toPlace(source, full);
    const key = formatPolicyFault({ ...fault, ...at });
    if (!isOwn && inherited.has(key)) continue;
    inherited.add(key);
    faults.push({ ...at, value: fault.value, allowed: fault.allowed });
  }
}

function isWritten(own: PolicyFields, path: readonly string[]): boolean {
  let value: unknown = own;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return value !== undefined;
}

/** Whether the defaults have it whatever a processor writes. */
function hasFault(checks: PolicyChecks, defaults: PolicyFields, fault: FieldFault): boolean {
  const alone = checks.findFaults(toPolicy(defaults, {}), defaults.restart ?? {});
  return alone.some(({ path, value, allowed }) => {
    return path.join() === fault.path.join() && value === fault.value && allowed === fault.allowed;
  });
}
