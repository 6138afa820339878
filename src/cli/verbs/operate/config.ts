// `config view`: every setting, what it is and where it comes from.
import { Command } from "commander";
import type { SettingView } from "../../../app/look/config-view.js";
import { toFormat } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Column, Format } from "../../terminal/output.js";
import { formatTable, printDocument } from "../../terminal/output.js";

export function createConfig(context: CliContext, exit: (code: number) => void): Command {
  const view = new Command("view")
    .description(
      "show every setting, its value and where it comes from; secrets are redacted; exit 1 if one is wrong",
    )
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nSettings are environment variables. What the environment does not set comes from the stack that headgate dev\n" +
        "runs in this folder. Temporal's are those of its own tools, profiles included.\n" +
        "\nExamples:\n  $ headgate config view\n  $ headgate config view -o json",
    )
    .action(async ({ output }: { readonly output: Format }) => {
      const { terminal, programs } = context;
      const told = await programs.viewConfig();
      if (output === "table") terminal.out(formatTable({ rows: told.settings, columns: COLUMNS }));
      else await printDocument(terminal, output, told);
      for (const fault of told.faults) terminal.note(`headgate: ${fault}`);
      if (told.faults.length > 0) exit(EXIT.failed);
    });
  return new Command("config").description("the settings of this program").addCommand(view);
}

const COLUMNS: readonly Column<SettingView>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "VALUE", cell: ({ value }) => value ?? "-" },
  { title: "SOURCE", cell: ({ source }) => source },
  { title: "MEANING", cell: ({ meaning }) => meaning },
];
