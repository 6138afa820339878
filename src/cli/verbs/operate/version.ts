// `version`: this program's, and those of what it runs on. `--version` is its own alone.
import { Command } from "commander";
import { toFormat } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatTable, printDocument } from "../../terminal/output.js";

export function createVersion(context: CliContext): Command {
  return new Command("version")
    .description("show which version this is, and what it runs on")
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText("after", "\nExamples:\n  $ headgate version\n  $ headgate version -o json")
    .action(async ({ output }: { readonly output: Format }) => {
      const versions = { headgate: context.version, ...context.parts() };
      if (output !== "table") return printDocument(context.terminal, output, versions);
      context.terminal.out(
        formatTable({
          rows: Object.entries(versions),
          columns: [
            { title: "PART", cell: ([part]) => part },
            { title: "VERSION", cell: ([, version]) => version },
          ],
        }),
      );
    });
}
