// Policies as they come in a body: a policy file as its text, or one policy as JSON. Both go through the parser of
// policy files, so that a policy is judged alike however it comes, and every fault is told at once.
import type { Policy } from "../../domain/policy.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { isToCome } from "../../domain/start-options.js";
import type { WrittenPolicy } from "../../domain/tell/written.js";
import { parsePolicyFiles } from "../../policy-file/document.js";
import type { PolicyFault, PolicySet } from "../../policy-file/document.js";
import type { PolicyFields } from "../../policy-file/schema.js";
import { Problem } from "./problems.js";
import type { FieldProblem } from "./problems.js";

/** As a file is called in what its parser says. */
const NAME = "body";
/** Faults that are told: thousands of processors may share one. */
const FAULTS_MAX = 100;

/** Throws the problem `invalid-request` with every fault; so for a position that is still to come, if not allowed. */
export function readPolicyBody(body: unknown, allowsFuture: boolean): PolicySet {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return parse(text, allowsFuture, (path) => path);
}

/** As above, for one policy whose name stands in the path. */
export function readOnePolicy(
  ref: ProcessorRef,
  fields: PolicyFields,
  allowsFuture: boolean,
): { readonly policy: Policy; readonly written: WrittenPolicy } {
  const { project, workspace, processor } = ref;
  const text = JSON.stringify({ project, workspace, processors: { [processor]: fields } });
  const prefix = `processors.${processor}.`;
  const set = parse(text, allowsFuture, (path) => path.replace(prefix, ""));
  const [declared] = set.processors;
  if (declared === undefined) throw new Error("a file of one processor declares one");
  return declared;
}

function parse(text: string, allowsFuture: boolean, toField: (path: string) => string): PolicySet {
  const parsed = parsePolicyFiles([{ name: NAME, text }]);
  const faults = parsed.kind === "faulty" ? parsed.faults : allowsFuture ? [] : findFuture(parsed.set);
  if (parsed.kind === "parsed" && faults.length === 0) return parsed.set;
  const count = faults.length === 1 ? "a fault" : `${String(faults.length)} faults`;
  throw new Problem("invalid-request", `${count} in the policies: nothing was done`, {
    errors: faults.slice(0, FAULTS_MAX).map((fault) => toFieldProblem(fault, toField)),
  });
}

/** By this machine's clock, as lint has it. */
function findFuture({ processors }: PolicySet): readonly PolicyFault[] {
  const now = Date.now();
  return processors
    .filter(({ policy }) => isToCome(policy.start, now))
    .map(({ ref, policy, file, line }) => ({
      file,
      line,
      path: `processors.${ref.processor}.start.startAtOperationTime`,
      value: policy.start.startAtOperationTime ?? "",
      allowed: "a time that has passed, or allowFuture=true",
    }));
}

function toFieldProblem(
  { path, line, value, allowed }: PolicyFault,
  toField: (path: string) => string,
): FieldProblem {
  const field = toField(path);
  return { field: field === "" ? "body" : `body.${field}`, line, value, allowed };
}
