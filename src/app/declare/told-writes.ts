// A plan's writes for people and programs: what becomes of each policy, field by field.
import type { ProcessorRef } from "../../domain/refs.js";
import { policyChanges } from "../../policy-file/diff.js";
import type { PolicyFieldChange } from "../../policy-file/diff.js";
import type { ApplyPlan } from "./apply.js";

export type WriteKind = "create" | "change" | "delete";

export interface ToldWrite {
  readonly ref: ProcessorRef;
  readonly kind: WriteKind;
  /** Of a change. */
  readonly changes: readonly PolicyFieldChange[];
}

export function toToldWrites({ writes }: Pick<ApplyPlan, "writes">): readonly ToldWrite[] {
  return writes.map(({ ref, before, after }) => {
    const kind = after === null ? "delete" : before === undefined ? "create" : "change";
    const changes = kind === "change" ? policyChanges(before?.policy, after ?? undefined) : [];
    return { ref, kind, changes };
  });
}
