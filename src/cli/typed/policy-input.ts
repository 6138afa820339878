// Policy files from the command line: read, parsed, every fault told at once.
import type { PolicySet } from "../../policy-file/document.js";
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
    for (const fault of parsed.faults) context.terminal.note(formatPolicyFault(fault));
    context.terminal.note(`${formatCount(parsed.faults.length, "fault")}: nothing was done.`);
    return undefined;
  }
  for (const notice of parsed.notices)
    context.terminal.note(`note: ${notice.file}:${String(notice.line)}: ${notice.text}`);
  return parsed.set;
}
