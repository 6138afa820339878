// Policy files judged: every fault that apply would tell, and what is valid and probably not meant. Pure: what Atlas
// allows and what time it is are arguments. What was not looked for is said, so that a clean report is not taken for
// more than it is.
import type { Finding } from "../domain/tell/lint.js";
import type { WorkspaceRef } from "../domain/refs.js";
import { formatWorkspaceRef } from "../domain/refs.js";
import { createChecks } from "./checks.js";
import { SECOND_FIELD, parsePolicyFiles } from "./document.js";
import { findDuplicates } from "./duplicates.js";
import { readLintDocuments, toLintProcessors } from "./lint-input.js";
import type { LintDocument } from "./lint-input.js";
import { findInDocument, findInProcessor } from "./lint-rules.js";
import type { LintFacts } from "./lint-rules.js";
import { findInSchedules } from "./lint-schedules.js";
import type { FileText } from "./source.js";

/** A rule that could not be looked after, and what it needs. */
interface Skipped {
  readonly rule: Finding["rule"];
  readonly needs: string;
}

export interface LintReport {
  /** By file and line. */
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Never throws for what a file holds: faults are findings of the rule `invalid`. */
export function lintPolicyFiles(files: readonly FileText[], facts: LintFacts): LintReport {
  const documents = readLintDocuments(files);
  const checks = createChecks();
  const processors = documents.flatMap((document) => toLintProcessors(document, checks));
  const findings = [
    ...findFaults(files),
    ...findDuplicates(documents),
    ...documents.flatMap((document) => findInDocument(document, facts)),
    ...processors.flatMap((one) => findInProcessor(one, facts)),
    ...findInSchedules(processors, facts.now),
  ];
  return { findings: sortOnce(findings, files), skipped: findSkipped(documents, facts) };
}

/** Named by the files, each once: what --live asks Atlas about. */
export function findWorkspaces(files: readonly FileText[]): readonly WorkspaceRef[] {
  const named = readLintDocuments(files).flatMap(({ workspace }) => workspace ?? []);
  return [...new Map(named.map((ref) => [formatWorkspaceRef(ref), ref])).values()];
}

/** Fields written twice are told by a rule of their own. */
function findFaults(files: readonly FileText[]): readonly Finding[] {
  const parsed = parsePolicyFiles(files);
  const faults = parsed.kind === "faulty" ? parsed.faults : [];
  return faults
    .filter(({ value }) => value !== SECOND_FIELD)
    .map(({ file, line, path, value, allowed }) => ({
      rule: "invalid",
      level: "error",
      file,
      line,
      path,
      what: `${value} is not allowed here`,
      remedy: allowed,
    }));
}

/** One finding in the defaults may come from every processor that inherits it. */
function sortOnce(findings: readonly Finding[], files: readonly FileText[]): readonly Finding[] {
  // In the order in which the files were named, not by name.
  const order = new Map(files.map(({ name }, index) => [name, index]));
  const once = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  const toOrder = ({ file }: Finding): number => order.get(file) ?? 0;
  return [...once.values()].sort((one, other) => toOrder(one) - toOrder(other) || one.line - other.line);
}

function findSkipped(documents: readonly LintDocument[], { oplogMs, live }: LintFacts): readonly Skipped[] {
  const fields = documents.flatMap(({ content }) =>
    content === undefined ? [] : [content.defaults, ...Object.values(content.processors)],
  );
  // Only what the files give a reason for: without a tier nothing was left out.
  const hasTier = fields.some((one) => one?.start?.tier !== undefined);
  const hasTime = documents.some(({ content }) => content !== undefined && hasTimeAlone(content));
  return [
    ...(hasTier && live === undefined
      ? [{ rule: "tier-above-largest", needs: "--live, to ask Atlas" } as const]
      : []),
    ...(hasTime && oplogMs === undefined
      ? [{ rule: "position-older-than-oplog", needs: "--oplog, such as --oplog 24h" } as const]
      : []),
  ];
}

/** A declared time to which no declared oplog belongs. */
function hasTimeAlone({ defaults, processors }: NonNullable<LintDocument["content"]>): boolean {
  return [defaults, ...Object.values(processors)].some(
    (one) =>
      one?.start?.startAtOperationTime !== undefined &&
      (one.recovery?.oplogWindow ?? defaults?.recovery?.oplogWindow) === undefined,
  );
}
