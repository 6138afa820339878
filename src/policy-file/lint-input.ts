// Policy files as lint reads them: every document that can be read, sound or not, and every processor of the sound ones
// with its effective policy and the places its fields come from. Lint goes on where `apply` stops, so nothing here
// throws; what cannot be read is left out, and its faults are told by the parser.
import type { Finding, RuleId } from "../domain/tell/lint.js";
import { LINT_RULES } from "../domain/tell/lint.js";
import type { Policy } from "../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { PolicyChecks } from "./checks.js";
import { toPolicy } from "./merge.js";
import { documentSchema, toSoundParts } from "./schema.js";
import type { PolicyDocument, PolicyFields } from "./schema.js";
import { ALIASES_MAX, findLine, isTooLarge, isReadable, openSources } from "./source.js";
import type { FileText, Source } from "./source.js";

export interface LintDocument {
  readonly source: Source;
  /** Undefined where it is not named as it should be. */
  readonly workspace: WorkspaceRef | undefined;
  /** Undefined where the schema refuses it. */
  readonly content: PolicyDocument | undefined;
}

export interface LintProcessor {
  readonly source: Source;
  readonly ref: ProcessorRef;
  readonly policy: Policy;
  readonly own: PolicyFields;
  readonly defaults: PolicyFields;
}

export function readLintDocuments(files: readonly FileText[]): readonly LintDocument[] {
  return files
    .filter((file) => !isTooLarge(file))
    .flatMap(openSources)
    .filter(isReadable)
    .flatMap((source) => {
      const plain = toPlain(source);
      if (plain === undefined) return [];
      const { workspace } = toSoundParts(plain.value);
      return [{ source, workspace, content: documentSchema.safeParse(plain.value).data }];
    });
}

/** Undefined where its aliases cannot be followed. */
export function toPlain({ document }: Source): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch {
    return undefined;
  }
}

/** Those whose policy has no fault: what apply refuses is told by itself. */
export function toLintProcessors(
  { source, content }: LintDocument,
  checks: PolicyChecks,
): readonly LintProcessor[] {
  if (content === undefined) return [];
  const { project, workspace, defaults = {}, processors } = content;
  return Object.entries(processors).flatMap(([processor, written]) => {
    const own = written ?? {};
    const policy = toPolicy(defaults, own);
    const faults = checks.findFaults(policy, { ...defaults.restart, ...own.restart });
    if (faults.length > 0) return [];
    return [{ source, ref: { project, workspace, processor }, policy, own, defaults }];
  });
}

/** A finding without its place. */
export interface Remark {
  readonly rule: RuleId;
  readonly what: string;
  readonly remedy: string;
}

/** At the line of the path, or of its nearest ancestor that is written. */
export function toFinding(source: Source, path: readonly string[], { rule, what, remedy }: Remark): Finding {
  const place = { file: source.file, line: findLine(source, path), path: path.join(".") };
  return { rule, level: LINT_RULES[rule].level, ...place, what, remedy };
}

/** Where the field of an effective policy was written: by the processor itself, else in the defaults. */
export function toWrittenPath({ ref, own }: LintProcessor, field: readonly string[]): readonly string[] {
  let value: unknown = own;
  for (const key of field) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return value === undefined ? ["defaults", ...field] : ["processors", ref.processor, ...field];
}
