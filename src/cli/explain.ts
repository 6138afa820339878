// `explain`: one processor, answered from what is stored: what is declared and by whom, what was seen, what is decided now
// and why, what comes next.
import { Command } from "commander";
import type { Explanation, ObservedFacts } from "../app/explain.js";
import { formatProcessorRef } from "../domain/refs.js";
import type { ProcessorRef } from "../domain/refs.js";
import { toFormat, toRef } from "./arguments.js";
import type { CliContext } from "./context.js";
import type { Format } from "./output.js";
import { formatAge, formatTable, formatTime, formatUntil, printDocument } from "./output.js";
import { toText } from "./plan.js";

export function createExplain(context: CliContext): Command {
  return new Command("explain")
    .description(
      "one processor: its policy and where each value comes from, what was observed, which row of the decision table " +
        "decides now and why, what comes next, and its last changes",
    )
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nA value is told to come from where the file wrote it that made the version; a file that moves it without\n" +
        "changing the effective policy makes no version, and the source last written stands.\n" +
        "\nExamples:\n  $ headgate explain 32b6e34b3d91647abb20e7b8/orders/clicks" +
        "\n  $ headgate explain 32b6e34b3d91647abb20e7b8/orders/clicks -o json",
    )
    .action(async (ref: ProcessorRef, flags: { readonly output: Format }) => {
      const { explain } = await import("../app/explain.js");
      const told = await explain(await context.app(), ref);
      if (flags.output === "table") context.terminal.out(formatExplanation(told));
      else await printDocument(context.terminal, flags.output, told);
    });
}

export function formatExplanation(told: Explanation): string {
  return [formatHead(told), formatPolicy(told), formatNext(told), formatChanges(told)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function formatHead(told: Explanation): string {
  const { now, policy, observed, decision, running } = told;
  const lines: readonly (readonly [string, string] | false)[] = [
    ["Processor", formatProcessorRef(told.ref)],
    [
      "Declared",
      policy === null
        ? "nothing: unmanaged"
        : `version ${String(policy.version)} by ${policy.author ?? "-"}, ${toWhen(now, policy.declaredAt)}`,
    ],
    ...toObservedLines(now, observed),
    ["Decided", `row ${String(decision.row)}: ${decision.meaning}`],
    ["Why", decision.since === null ? decision.why : `${decision.why}, since ${toWhen(now, decision.since)}`],
    running !== null && [
      "Running",
      `${running.kind} by ${running.actor} since ${toWhen(now, running.openedAt)}: ${running.why} (${running.id})`,
    ],
  ];
  const shown = lines.filter((line) => line !== false);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, text]) => `${label.padEnd(width)}  ${text.replace(/\s*\n\s*/g, " ")}`).join("\n");
}

const CAUSES = {
  first: "so at the first look",
  elsewhere: "brought there by somebody else",
  headgate: "brought there by Headgate",
} as const;

function toObservedLines(
  now: number,
  observed: ObservedFacts,
): readonly (readonly [string, string] | false)[] {
  const { at, processor, stateSince, driftSince, failure } = observed;
  const when = at === null ? "" : `, ${toWhen(now, at)}`;
  return [
    ["Observed", `${toObservedText(observed)}${when}`],
    processor !== null &&
      stateSince !== null && [
        "Since",
        `${processor.state} since ${toWhen(now, stateSince)}, ${CAUSES[observed.stateCause]}`,
      ],
    processor?.errorMessage !== undefined && ["Error", processor.errorMessage],
    driftSince !== null && ["Drifts", `since ${toWhen(now, driftSince)}`],
    failure !== null && [
      "Failure",
      `the last look failed${failure.at === null ? "" : `, ${toWhen(now, failure.at)}`}: ${failure.why}`,
    ],
  ];
}

function toObservedText({ at, processor, isAbsent }: ObservedFacts): string {
  if (processor === null) return at === null ? "not yet" : "not in Atlas";
  if (isAbsent) return `absent, last seen ${toText(processor.state, processor.tier)}`;
  const runsOn = processor.effectiveTier === undefined ? "" : `, runs on ${processor.effectiveTier}`;
  return `${toText(processor.state, processor.tier)}${processor.autoscaled ? " (autoscaled)" : ""}${runsOn}`;
}

const SOURCES = {
  processor: "the processor itself",
  defaults: "the document's defaults",
  headgate: "Headgate's default",
  unknown: "not recorded: no file wrote this version",
} as const;

function formatPolicy({ policy }: Explanation): string {
  if (policy === null) return "";
  return `Policy\n${indent(
    formatTable({
      rows: policy.fields,
      columns: [
        { title: "FIELD", cell: ({ path }) => path },
        { title: "VALUE", cell: ({ value }) => value },
        { title: "FROM", cell: ({ from }) => SOURCES[from] },
      ],
    }),
  )}`;
}

function formatNext({ next, now }: Explanation): string {
  if (next.length === 0) return "Next\n  nothing: nobody looks at its workspace";
  return `Next\n${indent(
    formatTable({
      rows: next,
      columns: [
        { title: "AT", cell: ({ at }) => (at === null ? "-" : formatTime(at)) },
        { title: "IN", cell: ({ at }) => (at === null ? "-" : formatUntil(at - now)) },
        { title: "WHAT", cell: ({ text }) => text },
      ],
    }),
  )}`;
}

function formatChanges({ changes, now }: Explanation): string {
  if (changes.length === 0) return "Last changes\n  none";
  return `Last changes\n${indent(
    formatTable({
      rows: changes,
      columns: [
        { title: "OPENED", cell: ({ openedAt }) => toWhen(now, openedAt) },
        { title: "KIND", cell: ({ kind }) => kind },
        { title: "BY", cell: ({ actor }) => actor },
        { title: "OUTCOME", cell: ({ outcome }) => outcome ?? "running" },
        {
          title: "WHY",
          cell: ({ why, outcomeText }) => (outcomeText === null ? why : `${why}: ${outcomeText}`),
        },
      ],
    }),
  )}`;
}

function toWhen(now: number, at: number): string {
  return `${formatTime(at)} (${formatAge(now - at)})`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
