// `replay`: what other policies would have done with what happened, from what is recorded of the past.
import { Command } from "commander";
import type { PolicyReplay, ReplayedProcessor } from "../../../app/look/replay.js";
import { DEED_KINDS } from "../../../domain/replay/deeds.js";
import type { Counts } from "../../../domain/replay/compare.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import type { Since } from "../../../domain/tell/listing.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { toFormat, toSince } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatTable, formatTime, printDocument } from "../../terminal/output.js";
import { readPolicySet } from "../../typed/policy-input.js";

// Both sides are replayed, and neither is what was recorded: so that they differ by the policies alone.
interface ReplayFlags {
  readonly file: readonly string[];
  readonly since: Since;
  readonly all: boolean;
  readonly output: Format;
}

export function createReplay(context: CliContext, exit: (code: number) => void): Command {
  return new Command("replay")
    .description(
      "show what would have differed if the files had been in force: starts, restarts, stops, parkings and pages; " +
        "changes nothing; exit 3 if there is anything",
    )
    .requiredOption(
      "-f, --file <file...>",
      "policy files (YAML, several documents each), - for standard input",
    )
    .requiredOption(
      "--since <duration|time>",
      "from then until now: a duration back (30d) or an ISO 8601 UTC time",
      toSince,
    )
    .option("--all", "also show processors that would not have differed", false)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nWhat Headgate saw and did is kept for 35 days. It is decided anew twice, pass by pass: under the policies that\n" +
        "were in force, and as if those of the files had been in force from the beginning. What people did, and what\n" +
        "Atlas did by itself, happens in both as it was recorded.\n" +
        "\nAssumed: a start succeeds or fails as the recorded one next to it did, and a FAILED within half an hour of a\n" +
        "start came of that start; without a recorded start it succeeds. Left out: brake, caps, holds and incidents.\n" +
        "A page is a line that notices go out of: parked, a train aborted, an approval needed.\n" +
        "\nExamples:\n  $ headgate replay -f policies.yaml --since 30d" +
        "\n  $ headgate replay -f policies.yaml --since 2026-05-04T00:00:00Z -o json",
    )
    .action(async (flags: ReplayFlags) => {
      const set = await readPolicySet(context, flags.file);
      // Faulty files are no difference: exit 1 and not 3.
      if (set === undefined) {
        exit(EXIT.failed);
        return;
      }
      const { replayPolicies } = await import("../../../app/look/replay.js");
      const app = await context.app();
      const told = await replayPolicies(app, { processors: set.processors, since: flags.since });
      if (flags.output === "table") printReplay(context, told, flags.all);
      else await printDocument(context.terminal, flags.output, told);
      if (told.processors.some(({ first }) => first !== null)) exit(EXIT.drift);
    });
}

interface TableRow {
  readonly name: string;
  readonly inForce: Counts;
  readonly instead: Counts;
  readonly first: string;
}

function printReplay({ terminal }: CliContext, told: PolicyReplay, showsAll: boolean): void {
  const { processors, total, notRecorded } = told;
  const different = processors.filter(({ first }) => first !== null);
  const shown = showsAll ? processors : different;
  const rows: readonly TableRow[] = [
    ...shown.map((one) => ({ ...one, name: formatProcessorRef(one.ref), first: formatFirst(one) })),
    { name: `total of ${String(processors.length)}`, ...total, first: "" },
  ];
  terminal.out(
    formatTable({
      rows,
      columns: [
        { title: "PROCESSOR", cell: ({ name }) => name },
        ...DEED_KINDS.map((kind) => ({
          title: kind.toUpperCase(),
          cell: ({ inForce, instead }: TableRow) => formatPair(inForce[kind], instead[kind]),
        })),
        { title: "FIRST DIFFERENCE", cell: ({ first }: TableRow) => first },
      ],
    }),
  );
  for (const { ref, isCut } of processors)
    if (isCut)
      terminal.note(`${formatProcessorRef(ref)}: too much was recorded: the end of the span is left out`);
  for (const ref of notRecorded) terminal.note(`${formatProcessorRef(ref)}: nothing is recorded of it`);
  const span = `${formatTime(told.from)} to ${formatTime(told.to)}`;
  terminal.note(`${formatCount(different.length, "processor")} would have differed, ${span}.`);
}

/** Both where they differ: what was in force first. */
function formatPair(before: number, after: number): string {
  return before === after ? String(before) : `${String(before)} -> ${String(after)}`;
}

function formatFirst({ first }: ReplayedProcessor): string {
  if (first === null) return "-";
  const { inForce, instead } = first;
  // The earlier of the two is what the other did not do then.
  const isInstead = inForce === null || (instead !== null && instead.at < inForce.at);
  const deed = isInstead ? instead : inForce;
  if (deed === null) return "-";
  return `${formatTime(deed.at)} ${isInstead ? "by the files" : "as it was"}: ${deed.kind}: ${deed.text}`;
}
