// Names in YAML: a scalar that means a name is read as its characters stand in the file. PyYAML and Go's yaml write
// `5e0123456789012345678901` without quotes, because to YAML 1.1 it is a text; the core schema of 1.2 takes it for a
// number, and a number loses its zeros, its base and its digits.
import { isScalar } from "yaml";

/** Numbers and booleans become their own text. Null stays null: a template without its value leaves that behind. */
export function keepAsWritten(node: unknown): void {
  if (!isScalar(node) || node.source === undefined) return;
  if (typeof node.value === "number" || typeof node.value === "boolean") node.value = node.source;
}
