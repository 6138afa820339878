// `explain`: one processor, answered from what is stored: what is declared and by whom, what was seen, what is decided
// now and why, what comes next.
import { Command, Option } from "commander";
import type { Explanation, ObservedFacts } from "../../../app/look/explain.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import { formatFailure } from "../../../domain/tell/failures.js";
import { formatOptions } from "../../../domain/tell/one-offs.js";
import type { ProcessorDetails, ProcessorStats } from "../../../domain/observation.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import type { Since } from "../../../domain/tell/listing.js";
import { toFormat, toRef, toSince } from "../../typed/arguments.js";
import { toOneLine } from "../../../base/text.js";
import type { CliContext } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatAge, formatTable, formatTime, formatUntil, printDocument } from "../../terminal/output.js";
import { formatStateText } from "../../terminal/state-text.js";

// It answers "why is it like this?" without looking anywhere but in Postgres, so that it works during an outage of
// Atlas. Only --live asks Atlas. Everything is as of one moment, `told.now`, the database's.
export function createExplain(context: CliContext): Command {
  return new Command("explain")
    .description(
      "show one processor: its policy and where each value comes from, what was observed, which row of the decision " +
        "table decides now and why, what comes next, and its last changes",
    )
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .option("--live", "also ask Atlas for its messages, dead letters and lag", false)
    .addOption(
      new Option("--at <time>", "as it stood then: an ISO 8601 UTC time, or how long ago")
        .argParser(toSince)
        .conflicts("live"),
    )
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nThe source of a value is its place in the file that made the version. Moving it in the file without changing\n" +
        "the effective policy makes no version, so the older place is still shown.\n" +
        "\nWith --at the policy, the observation, the counters and the change of then are decided anew, by the program\n" +
        "as it is now. Observations are kept for 35 days; what is not kept is named.\n" +
        "\nExamples:\n  $ headgate explain 32b6e34b3d91647abb20e7b8/orders/clicks" +
        "\n  $ headgate explain 32b6e34b3d91647abb20e7b8/orders/clicks --live -o json" +
        "\n  $ headgate explain 32b6e34b3d91647abb20e7b8/orders/clicks --at 2026-05-04T03:10:00Z",
    )
    .action(async (ref: ProcessorRef, { live, output, at }: ExplainFlags) => {
      const { explain } = await import("../../../app/look/explain.js");
      const { explainAt } = await import("../../../app/look/explain-past.js");
      const app = await context.app();
      const told = at === undefined ? await explain(app, ref) : await explainAt(app, ref, at);
      const now = live ? await (await import("../../../app/look/live.js")).describeLive(app, ref) : undefined;
      // What Atlas says now stands beside the explanation and does not change it: no decision was made from it.
      if (output !== "table") await printDocument(context.terminal, output, { ...told, live: now });
      else context.terminal.out([formatExplanation(told), ...formatLive(now, told.now)].join("\n\n"));
    });
}

/** JSON and YAML hold the explanation itself; the table is for reading, and leaves out what says nothing. */
interface ExplainFlags {
  readonly live: boolean;
  readonly output: Format;
  readonly at?: Since;
}

/** What Atlas says at this moment; nothing where it was not asked. */
export function formatLive(live: ProcessorDetails | undefined, now: number): readonly string[] {
  if (live === undefined) return [];
  // Atlas leaves out what it does not know, part by part.
  const { connection, db, coll } = live.deadLetters ?? {};
  const dlq = [connection, db, coll].filter((part) => part !== undefined).join(".");
  // In the order of urgency; a line without a text is left out.
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["State", formatStateText(live.state, live.tier)],
    ["Runs on", live.effectiveTier],
    ["Error", live.errorMessage],
    ...toStatsLines(live.stats ?? {}, now),
    ["Dead letters", dlq === "" ? undefined : `go to ${dlq}`],
  ];
  return [`Atlas now\n${indent(formatLines(lines))}`];
}

/** Only what Atlas counted. A zero is shown: "0 dead letters" is what somebody came to see. */
function toStatsLines(
  stats: ProcessorStats,
  now: number,
): readonly (readonly [string, string | undefined])[] {
  const { messagesIn, messagesOut, deadLetterMessages, stateBytes, memoryBytes } = stats;
  const count = (value: number | undefined, what: string): readonly string[] =>
    value === undefined ? [] : [`${String(value)} ${what}`];
  const messages = [
    ...count(messagesIn, "in"),
    ...count(messagesOut, "out"),
    ...count(deadLetterMessages, "dead letters"),
  ];
  const sizes = [...count(stateBytes, "bytes of state"), ...count(memoryBytes, "bytes of memory")];
  const lag = [
    ...count(stats.lagSeconds, "s behind its change stream"),
    ...count(stats.kafkaLag, "of Kafka unread"),
  ];
  const when = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : toWhen(now, at);
  return [
    ["Messages", join(messages)],
    ["Last message", when(stats.lastMessageAt)],
    ["Watermark", when(stats.watermarkAt)],
    ["Lag", join(lag)],
    ["Holds", join(sizes)],
  ];
}

/** Undefined for nothing, so that the line is left out instead of being empty. */
function join(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** Blocks in the order of the questions: what is it, what is declared, what comes next, what was done. */
export function formatExplanation(told: Explanation): string {
  return [
    formatHead(told),
    formatEight(told),
    formatPolicy(told),
    formatNext(told),
    formatChanges(told),
    formatNotKept(told),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** One fact a line with its label first, so that it can be searched by the label. */
function formatHead(told: Explanation): string {
  const { now, policy, observed, decision, failure, running } = told;
  const lines: readonly (readonly [string, string] | false)[] = [
    ["Processor", formatProcessorRef(told.ref)],
    told.past !== undefined && ["As of", toWhen(told.past.askedAt, now)],
    [
      "Declared",
      policy === null
        ? "nothing: unmanaged"
        : `version ${String(policy.version)} by ${policy.author ?? "-"}, ${toWhen(now, policy.declaredAt)}`,
    ],
    ...toObservedLines(now, observed),
    failure !== null && ["Class", formatFailure(failure)],
    // The number is that of a row in src/domain/decide/decision-table.ts.
    ["Decided", `row ${String(decision.row)}: ${decision.meaning}`],
    ["Why", decision.since === null ? decision.why : `${decision.why}, since ${toWhen(now, decision.since)}`],
    running !== null && [
      "Running",
      `${running.kind} by ${running.actor} since ${toWhen(now, running.openedAt)}: ${running.why} (${running.id})`,
    ],
  ];
  return formatLines(lines.filter((line) => line !== false));
}

/**
 * Those that say something, one line each. Labels are as wide as the widest that is shown.
 */
function formatLines(lines: readonly (readonly [label: string, text: string | undefined])[]): string {
  const shown = lines.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
  // One line a fact, also of somebody else's text: a line of ours must not begin inside it.
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, text]) => `${label.padEnd(width)}  ${toOneLine(text)}`).join("\n");
}

/** Who brought it into its state, as far as Headgate can tell. */
const CAUSES = {
  first: "so at the first look",
  elsewhere: "brought there by somebody else",
  headgate: "brought there by Headgate",
} as const;

function toCause({ stateCause, stateBy }: ObservedFacts): string {
  return stateBy === null ? CAUSES[stateCause] : `brought there by ${stateBy}`;
}

/** What Atlas showed last, and how that came about. Each line is there only if it has something to say. */
function toObservedLines(
  now: number,
  observed: ObservedFacts,
): readonly (readonly [string, string] | false)[] {
  const { at, processor, stateSince, driftSince, position, failure } = observed;
  // If nobody has looked yet there is no time to give, and the text says so.
  const when = at === null ? "" : `, ${toWhen(now, at)}`;
  return [
    ["Observed", `${toObservedText(observed)}${when}`],
    processor !== null &&
      stateSince !== null && [
        "Since",
        `${processor.state} since ${toWhen(now, stateSince)}, ${toCause(observed)}`,
      ],
    processor?.errorMessage !== undefined && ["Error", processor.errorMessage],
    driftSince !== null && ["Drifts", `since ${toWhen(now, driftSince)}`],
    position !== null && ["Position", `${formatTime(position.at)}, seen ${formatAge(now - position.seenAt)}`],
    failure !== null && [
      "Failure",
      `the last look failed${failure.at === null ? "" : `, ${toWhen(now, failure.at)}`}: ${failure.why}`,
    ],
  ];
}

/** Absent and "not in Atlas" differ: the first was seen before, so there is a last state to tell. */
function toObservedText({ at, processor, isAbsent }: ObservedFacts): string {
  if (processor === null) return at === null ? "not yet" : "not in Atlas";
  if (isAbsent) return `absent, last seen ${formatStateText(processor.state, processor.tier)}`;
  const runsOn = processor.effectiveTier === undefined ? "" : `, runs on ${processor.effectiveTier}`;
  return `${formatStateText(processor.state, processor.tier)}${processor.autoscaled ? " (autoscaled)" : ""}${runsOn}`;
}

/** Where a value comes from, by the file that made the version. */
const SOURCES = {
  processor: "the processor itself",
  defaults: "the document's defaults",
  headgate: "Headgate's default",
  unknown: "not recorded: no file wrote this version",
} as const;

/** All of them, in one order: what does not hold is an answer as well. */
function formatEight({ conditions, now }: Explanation): string {
  return `Conditions\n${indent(
    formatTable({
      rows: conditions,
      columns: [
        { title: "CONDITION", cell: ({ name }) => name },
        { title: "STATUS", cell: ({ status }) => status },
        { title: "REASON", cell: ({ reason }) => reason },
        { title: "SINCE", cell: ({ since }) => (since === null ? "-" : toWhen(now, since)) },
      ],
    }),
  )}`;
}

/** Nothing without a policy: the head has said "unmanaged". */
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

/** Empty only if nobody looks at its workspace: a pass is always to come otherwise. */
function formatNext({ next, now, zoneRules, past }: Explanation): string {
  if (next.length === 0)
    return `Next\n  ${past === undefined ? "nothing: nobody looks at its workspace" : "nothing that has a time"}`;
  return `Next\n${indent(
    formatTable({
      rows: next,
      columns: [
        { title: "AT", cell: ({ at }) => (at === null ? "-" : formatTime(at)) },
        { title: "IN", cell: ({ at }) => (at === null ? "-" : formatUntil(at - now)) },
        { title: "WHAT", cell: ({ text }) => text },
      ],
    }),
  )}${zoneRules === null ? "" : `\n  slots by the time zone rules ${zoneRules}`}`;
}

/** The newest first, as stored; one that runs stands in the head as well. */
function formatChanges({ changes, now }: Explanation): string {
  if (changes.length === 0) return "Last changes\n  none";
  return `Last changes\n${indent(
    formatTable({
      rows: changes,
      columns: [
        { title: "OPENED", cell: ({ openedAt }) => toWhen(now, openedAt) },
        { title: "KIND", cell: formatKind },
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

function formatKind({ kind, options }: Explanation["changes"][number]): string {
  return options === null || Object.keys(options).length === 0
    ? kind
    : `${kind} with ${formatOptions(options)}`;
}

/** What an explanation of the past has to leave open. */
function formatNotKept({ past }: Explanation): string {
  return past === undefined ? "" : `Not kept\n${indent(past.notKept.join("\n"))}`;
}

/** Both, because a person thinks in ages, and logs are searched by time. */
function toWhen(now: number, at: number): string {
  return `${formatTime(at)} (${formatAge(now - at)})`;
}

/** Blocks stand below their titles: a title is then the only text at the edge. */
function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
