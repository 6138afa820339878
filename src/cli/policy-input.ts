// Policy files from the command line: read, parsed, every fault told at once.
import { text as readAll } from "node:stream/consumers";
import type { PolicySet } from "../policy-file/document.js";
import { formatPolicyFault, parsePolicyFiles } from "../policy-file/document.js";
import type { CliContext } from "./context.js";
import { UsageError } from "./context.js";
import { formatCount } from "./output.js";

/** Undefined where the files are faulty: the faults were told. Throws UsageError where a file cannot be read. */
export async function readPolicySet(
  context: CliContext,
  names: readonly string[],
): Promise<PolicySet | undefined> {
  const files = await Promise.all(names.map(async (name) => ({ name, text: await readOne(context, name) })));
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

async function readOne(context: CliContext, name: string): Promise<string> {
  try {
    // Not by the path /dev/stdin: that cannot be opened where standard input is a socket, as it is under many programs.
    return await (name === "-" ? readAll(process.stdin) : context.readFile(name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read ${name}: ${reason}`);
  }
}
