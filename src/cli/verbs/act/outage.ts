// `outage begin`, `end` and `show`: an outage that is announced, the end of any incident, and the story of one.
import { Command } from "commander";
import type { IncidentStory } from "../../../app/act/outage.js";
import { formatProcessorRef, isChangeId } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { isConfirmed } from "../../deeds/bulk.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT, UsageError } from "../../terminal/context.js";
import { formatTime, printDocument } from "../../terminal/output.js";
import type { Format } from "../../terminal/output.js";
import { toFormat, toReason } from "../../typed/arguments.js";
import { readTargets, takingTargets } from "../../typed/targets.js";
import type { TargetFlags } from "../../typed/targets.js";

type Exit = (code: number) => void;

export function createOutage(context: CliContext, exit: Exit): Command {
  return new Command("outage")
    .description("stop a set of processors for an outage, and bring back what was meant to run")
    .addCommand(createBegin(context, exit))
    .addCommand(createEnd(context, exit))
    .addCommand(createShow(context));
}

interface BeginFlags extends TargetFlags {
  readonly reason: string;
  readonly yes: boolean;
}

function createBegin(context: CliContext, exit: Exit): Command {
  return takingTargets(new Command("begin"))
    .description("open an incident by hand: its processors are stopped in waves and rest until its end")
    .requiredOption("--reason <text>", "why, for whoever finds them at rest", toReason)
    .option("-y, --yes", "do not ask", false)
    .addHelpText(
      "after",
      "\nOnly what is declared STARTED in mode enforce takes part; the rest is named and left as it is." +
        '\n\nExample:\n  $ headgate outage begin "32b6e34b3d91647abb20e7b8/orders/*" --reason "broker upgrade" --yes',
    )
    .action(async (words: readonly string[], flags: BeginFlags) => {
      const { beginOutage } = await import("../../../app/act/outage.js");
      const targets = await readTargets(context, words, flags);
      const phrase = "stop, until the outage is ended,";
      if (!(await isConfirmed(context.terminal, { phrase, targets, yes: flags.yes }))) {
        exit(EXIT.failed);
        return;
      }
      const begun = await beginOutage(await context.app(), { refs: targets.refs, why: flags.reason });
      const { terminal } = context;
      for (const ref of begun.leftOut) terminal.note(`left out: ${formatProcessorRef(ref)}`);
      if (begun.notAsked !== null) terminal.note(`The next tick begins it: ${begun.notAsked}`);
      for (const { id, members } of begun.outages) {
        terminal.line(`${id}  ${formatCount(members.length, "processor")}`);
      }
    });
}

interface EndFlags extends TargetFlags {
  readonly reason: string;
  readonly atOnce: boolean;
}

function createEnd(context: CliContext, exit: Exit): Command {
  return new Command("end")
    .description("end an incident, opened by hand or not: a canary is started now, then the others in waves")
    .argument("<what...>", "its id, or processors that are in it")
    .requiredOption("--reason <text>", "why, for its story", toReason)
    .option("--at-once", "close it, and leave each processor to its own policy", false)
    .addHelpText(
      "after",
      '\nExamples:\n  $ headgate outage end "32b6e34b3d91647abb20e7b8/orders/*" --reason "broker is back"' +
        "\n  $ headgate outage end 0d5f1a52-7d0c-4d4b-9d1e-1a6f0f6f2b11 --reason done --at-once",
    )
    .action(async (words: readonly string[], flags: EndFlags) => {
      const { endOutage } = await import("../../../app/act/outage.js");
      const app = await context.app();
      const ids = await findIds(context, words);
      const done = flags.atOnce ? "closed; each processor is left to its own policy" : "a canary is next";
      let failed = 0;
      for (const id of ids) {
        const isEnded = await endOutage(app, { id, why: flags.reason, isAtOnce: flags.atOnce });
        if (!isEnded) failed += 1;
        context.terminal.line(`${id}  ${isEnded ? done : "is not open"}`);
      }
      if (failed > 0) exit(EXIT.failed);
    });
}

async function findIds(context: CliContext, words: readonly string[]): Promise<readonly string[]> {
  const ids = words.filter(isChangeId);
  const names = words.filter((word) => !isChangeId(word));
  if (names.length === 0) return ids;
  const { findOutages } = await import("../../../app/act/outage.js");
  const { refs } = await readTargets(context, names, {});
  const found = await findOutages(await context.app(), refs);
  if (found.length === 0) throw new UsageError(`no open incident has ${names.join(", ")}: see get incidents`);
  return [...new Set([...ids, ...found])];
}

function createShow(context: CliContext): Command {
  return new Command("show")
    .description("tell the story of an incident, and how its processors are")
    .argument("<id>", "as get incidents prints it", (text: string) => {
      if (isChangeId(text)) return text;
      throw new UsageError(`"${text}" is no id of an incident: headgate get incidents prints them`);
    })
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText("after", "\nExample:\n  $ headgate outage show 0d5f1a52-7d0c-4d4b-9d1e-1a6f0f6f2b11")
    .action(async (id: string, { output }: { readonly output: Format }) => {
      const { tellIncident } = await import("../../../app/act/outage.js");
      const story = await tellIncident(await context.app(), id);
      if (story === undefined) throw new UsageError(`there is no incident ${id}: see get incidents`);
      if (output === "table") for (const line of toStoryLines(story)) context.terminal.line(line);
      else await printDocument(context.terminal, output, story);
    });
}

function toStoryLines({ incident, members, timeline }: IncidentStory): readonly string[] {
  const scope = [incident.project, incident.workspace, incident.connection].filter((part) => part !== null);
  const states = new Map<string, number>();
  for (const { state } of members)
    states.set(state ?? "not seen", (states.get(state ?? "not seen") ?? 0) + 1);
  const counts = [...states].sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    `Incident  ${incident.id}`,
    `Scope     ${scope.join("/")}`,
    `Phase     ${incident.phase}`,
    `Why       ${incident.why}`,
    `Members   ${String(members.length)}: ${counts.map(([state, count]) => `${String(count)} ${state}`).join(", ")}`,
    "",
    ...timeline.map(({ at, actor, text }) => `${formatTime(at)}  ${actor}  ${text}`),
  ];
}
