// `classify`: which class a failure has and which rule says so, for a text or for a processor as it is stored. A text
// needs no part of Headgate, so that rules can be tried where policies are written.
import { Command, InvalidArgumentError } from "commander";
import type { ToldClass } from "../../../app/look/classify.js";
import { toOneLine } from "../../../base/text.js";
import { parseProcessorRef } from "../../../domain/refs.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { toFormat } from "../../typed/arguments.js";
import { readPolicySet } from "../../typed/policy-input.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT, UsageError } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { printDocument } from "../../terminal/output.js";

interface ClassifyFlags {
  readonly file?: readonly string[];
  readonly status?: number;
  readonly output: Format;
}

export function createClassify(context: CliContext, exit: (code: number) => void): Command {
  return new Command("classify")
    .description("show which class a failure has, which rule says so, and what is done about it")
    .argument("<text|ref>", "what Atlas said, in quotes; or PROJECT/WORKSPACE/PROCESSOR, as it is stored")
    .option(
      "-f, --file <file...>",
      "of a text: by the policies of these files, instead of Headgate's rules alone",
    )
    .option("--status <code>", "of a text: the HTTP status that it came with", toStatus)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      '\nExamples:\n  $ headgate classify "(418) StreamProcessorWorkerOutOfMemory"' +
        '\n  $ headgate classify "the broker is gone" -f policies.yaml' +
        "\n  $ headgate classify 32b6e34b3d91647abb20e7b8/orders/clicks -o json",
    )
    .action(async (asked: string, flags: ClassifyFlags) => {
      const ref = parseProcessorRef(asked);
      if (ref !== undefined) await tellStored(context, ref, flags);
      else await tellText(context, { text: asked, flags, exit });
    });
}

async function tellStored(context: CliContext, ref: ProcessorRef, flags: ClassifyFlags): Promise<void> {
  if (flags.file !== undefined || flags.status !== undefined) {
    throw new UsageError("--file and --status are for a text: a processor is judged by what is stored of it");
  }
  const { classifyStored } = await import("../../../app/look/classify.js");
  const found = await classifyStored(await context.app(), ref);
  if (flags.output !== "table") await printDocument(context.terminal, flags.output, found ?? null);
  else if (found === undefined) context.terminal.out("Nothing has failed.");
  else context.terminal.out(formatTold(found.told, found.text));
}

async function tellText(
  context: CliContext,
  asked: {
    readonly text: string;
    readonly flags: ClassifyFlags;
    readonly exit: (code: number) => void;
  },
): Promise<void> {
  const { text, flags } = asked;
  const set = flags.file === undefined ? { processors: [] } : await readPolicySet(context, flags.file);
  // The faults of the files were printed already.
  if (set === undefined) {
    asked.exit(EXIT.failed);
    return;
  }
  const { classifyText } = await import("../../../app/look/classify.js");
  const told = classifyText({ text, status: flags.status ?? null }, set.processors);
  if (flags.output !== "table") await printDocument(context.terminal, flags.output, told);
  else context.terminal.out(told.map((one) => formatTold(one)).join("\n\n"));
}

/** One fact a line, its label first. */
function formatTold(told: ToldClass, text?: string): string {
  const { class: name, meaning, rule, why, source, action, climbsTo, isNews, processors } = told;
  const to = climbsTo === undefined ? "" : ` to ${climbsTo.tier}`;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["Text", text === undefined || text === "" ? undefined : text],
    ["Class", `${name}: ${meaning}`],
    ["Rule", rule === "none" ? undefined : `${rule}: ${why}`],
    ["Source", source === null ? undefined : `docs/atlas.md ${source}`],
    ["Action", `${action}${to}${isNews ? "" : ", after one more start"}`],
    ["For", processors.length === 0 ? undefined : formatProcessors(processors)],
  ];
  return lines
    .flatMap(([label, fact]) => (fact === undefined ? [] : [`${label.padEnd(6)}  ${toOneLine(fact)}`]))
    .join("\n");
}

/** A fleet's file names thousands. */
const NAMED_MAX = 3;

function formatProcessors(processors: readonly string[]): string {
  const named = processors.slice(0, NAMED_MAX).join(", ");
  const others = processors.length - NAMED_MAX;
  return others <= 0 ? named : `${named} and ${formatCount(others, "other")}`;
}

function toStatus(text: string): number {
  if (/^[1-5]\d\d$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not an HTTP status: a number such as 402.`);
}
