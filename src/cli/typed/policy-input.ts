// Policy files from the command line: read, parsed, every fault told at once.
import type { PolicySet } from "../../policy-file/document.js";
import { isToCome } from "../../domain/start-options.js";
import { formatCount } from "../../domain/tell/wording.js";
import type { CliContext } from "../terminal/context.js";
import { readInput } from "./targets.js";

/** Undefined where the files are faulty: the faults were told. Throws UsageError where a file cannot be read. */
export async function readPolicySet(
  context: CliContext,
  names: readonly string[],
): Promise<PolicySet | undefined> {
  const { formatPolicyFault, parsePolicyFiles } = await import("../../policy-file/document.js");
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readInput(context, name) })),
  );
  const parsed = parsePolicyFiles(files);
  if (parsed.kind === "faulty") {
    tellFaults(context, parsed.faults.map(formatPolicyFault));
    return undefined;
  }
  for (const notice of parsed.notices)
    context.terminal.note(`note: ${notice.file}:${String(notice.line)}: ${notice.text}`);
  return parsed.set;
}

/**
 * Whether a position of the set is still to come, which lint calls an error: told as faults. By this machine's clock,
 * as lint has it.
 */
export function refusesFuture(context: CliContext, { processors }: PolicySet): boolean {
  const now = Date.now();
  const faults = processors
    .filter(({ policy }) => isToCome(policy.start, now))
    .map(({ ref, policy, file, line }) => {
      const path = `processors.${ref.processor}.start.startAtOperationTime`;
      const value = policy.start.startAtOperationTime ?? "";
      return `${file}:${String(line)}: ${path}: ${value} is still to come; allowed: a time that has passed, or --allow-future`;
    });
  if (faults.length > 0) tellFaults(context, faults);
  return faults.length > 0;
}

function tellFaults({ terminal }: CliContext, faults: readonly string[]): void {
  terminal.note(...faults, `${formatCount(faults.length, "fault")}: nothing was done.`);
}
