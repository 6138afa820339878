// Where each value of an effective policy comes from: the rule of merge.ts, told field by field from what the file
// wrote.
import type { Policy } from "../domain/policy.js";
import type { WrittenFields, WrittenPolicy } from "../domain/tell/written.js";
import { ABSENT, inFileOrder, policyFields } from "./diff.js";

/** `unknown`: no file is recorded for this version. */
type PolicySource = "processor" | "defaults" | "headgate" | "unknown";

export interface SourcedField {
  readonly path: string;
  readonly value: string;
  readonly from: PolicySource;
}

/** Told even where they are not there: what Headgate does without them. */
const TOLD_WHEN_ABSENT = ["start.tier", "restart"];

/** Field by field in the order of the file. */
export function policySources(policy: Policy, written: WrittenPolicy | null): readonly SourcedField[] {
  const fields = policyFields(policy);
  const present = [...fields.keys()];
  const absent = TOLD_WHEN_ABSENT.filter(
    (path) => !present.some((one) => one === path || one.startsWith(`${path}.`)),
  );
  return inFileOrder([...present, ...absent]).map((path) => ({
    path,
    value: fields.get(path) ?? ABSENT,
    from: toSource(path, written),
  }));
}

/** The order of merge.ts: the processor, then the defaults, then Headgate. */
function toSource(path: string, written: WrittenPolicy | null): PolicySource {
  if (written === null) return "unknown";
  if (isWritten(written.own, path)) return "processor";
  return isWritten(written.defaults, path) ? "defaults" : "headgate";
}

/** `restart: null` is written too: it switches an inherited schedule off. */
function isWritten(fields: WrittenFields, path: string): boolean {
  let value: unknown = fields;
  for (const key of path.split(".")) {
    if (value === null || typeof value !== "object") return false;
    value = (value as WrittenFields)[key];
  }
  return value !== undefined;
}
