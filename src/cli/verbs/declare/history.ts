// `history`: the versions of a policy.
import { Command } from "commander";
import type { PolicyVersion } from "../../../app/declare/history.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { formatFieldChange } from "../../terminal/apply-plan.js";
import { toCount, toFormat, toRef } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatAge, formatTable, formatTime, printDocument } from "../../terminal/output.js";

// Versions are append-only, so a policy that was deleted still has its history. That is also where a rollback finds the
// version it goes back to.
/** More than any policy has: the limit is for those who want the last few. */
const VERSIONS_MAX = 10_000;

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
    .option("--limit <n>", "versions at most", toCount, VERSIONS_MAX)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate history 32b6e34b3d91647abb20e7b8/orders/clicks" +
        "\n  $ headgate history 32b6e34b3d91647abb20e7b8/orders/clicks --limit 5 -o json",
    )
    .action(async (ref: ProcessorRef, flags: HistoryFlags) => {
      const app = await context.app();
      const { getHistory } = await import("../../../app/declare/history.js");
      const { getClock } = await import("../../../app/look/get.js");
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
  // The columns of a version stand on its first line only: the eye finds where the next one begins.
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

/** Never empty: a version that changed nothing visible still has its line. */
function toLines(version: PolicyVersion): readonly VersionLine[] {
  const same = version.sameAs === null ? [] : [`as version ${String(version.sameAs)}`];
  // Of a created one nothing was there before: an arrow from "(absent)" on every line would only be noise.
  const fields = version.changes.map((change) =>
    version.kind === "created" ? `${change.path}: ${change.after}` : formatFieldChange(change),
  );
  // "changed" would stand on almost every line: its fields say it.
  const kind = version.kind === "changed" ? [] : [version.kind];
  const [first = "", ...others] = [[...kind, ...same].join(", "), ...fields].filter((text) => text !== "");
  const oneOffs = version.oneOffs.map(
    ({ at, actor, why, text }) => `one-off by ${actor}, ${formatTime(at)}: ${text} (${why})`,
  );
  return [{ version, text: first }, ...[...others, ...oneOffs].map((text) => ({ text }))];
}
