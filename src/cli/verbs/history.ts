// `history`: the versions of a policy.
import { Command } from "commander";
import type { PolicyVersion } from "../../app/declare/history.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { formatFieldChange } from "../terminal/apply-plan.js";
import { toCount, toFormat, toRef } from "../typed/arguments.js";
import type { CliContext } from "../terminal/context.js";
import type { Format } from "../terminal/output.js";
import { formatAge, formatTable, formatTime, printDocument } from "../terminal/output.js";

interface HistoryFlags {
  readonly limit: number;
  readonly output: Format;
}

export function createHistory(context: CliContext): Command {
  return new Command("history")
    .description(
      "list the versions of one policy, newest first, with who wrote what and when; also of a deleted one",
    )
    .argument("<ref>", "PROJECT/WORKSPACE/PROCESSOR", toRef)
    .option("--limit <n>", "versions at most", toCount, 10_000)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate history 32b6e34b3d91647abb20e7b8/orders/clicks" +
        "\n  $ headgate history 32b6e34b3d91647abb20e7b8/orders/clicks --limit 5 -o json",
    )
    .action(async (ref: ProcessorRef, flags: HistoryFlags) => {
      const app = await context.app();
      const { getHistory } = await import("../../app/declare/history.js");
      const { getClock } = await import("../../app/look/get.js");
      const versions = await getHistory(app, ref, flags.limit);
      if (flags.output === "table") context.terminal.out(formatVersions(versions, await getClock(app)));
      else await printDocument(context.terminal, flags.output, versions);
    });
}

/** One line per field that changed; the first of a version says whose it is. */
interface VersionLine {
  readonly version?: PolicyVersion;
  readonly text: string;
}

function formatVersions(versions: readonly PolicyVersion[], now: number): string {
  const head = (tell: (version: PolicyVersion) => string) => (line: VersionLine) =>
    line.version === undefined ? "" : tell(line.version);
  return formatTable({
    rows: versions.flatMap(toLines),
    columns: [
      { title: "VERSION", cell: head(({ version }) => String(version)) },
      { title: "WRITTEN", cell: head(({ at }) => formatTime(at)) },
      { title: "AGE", cell: head(({ at }) => formatAge(now - at)) },
      { title: "BY", cell: head(({ author }) => author) },
      { title: "CHANGE", cell: ({ text }) => text },
    ],
  });
}

function toLines(version: PolicyVersion): readonly VersionLine[] {
  const same = version.sameAs === null ? [] : [`as version ${String(version.sameAs)}`];
  const fields = version.changes.map((change) =>
    version.kind === "created" ? `${change.path}: ${change.after}` : formatFieldChange(change),
  );
  const kind = version.kind === "changed" ? [] : [version.kind];
  const [first = "", ...others] = [[...kind, ...same].join(", "), ...fields].filter((text) => text !== "");
  return [{ version, text: first }, ...others.map((text) => ({ text }))];
}
