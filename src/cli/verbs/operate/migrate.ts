// `migrate`: the database brought to the newest schema. Data are the names of what was applied; the rest are notes.
import { Command } from "commander";
import type { CliContext } from "../../terminal/context.js";

export function createMigrate(context: CliContext): Command {
  return new Command("migrate")
    .description("bring the database to the newest schema; safe to run twice at once")
    .addHelpText("after", "\nExample:\n  $ DATABASE_URL=postgres://... headgate migrate")
    .action(async () => {
      const applied = await context.programs.migrate();
      for (const name of applied) context.terminal.out(name);
      context.terminal.note(applied.length === 0 ? "The schema is the newest." : "Migrated.");
    });
}
