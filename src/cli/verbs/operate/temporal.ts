// `temporal install`: the program of the embedded Temporal server, fetched before it is needed.
import { Command } from "commander";
import type { CliContext } from "../../terminal/context.js";

export function createTemporal(context: CliContext): Command {
  const install = new Command("install")
    .description("find or get the temporal program, for images and CI, and print its path")
    .addHelpText("after", "\nExample:\n  $ headgate temporal install")
    .action(async () => {
      const { path, how } = await context.programs.installTemporal();
      context.terminal.note(how);
      context.terminal.out(path);
    });
  return new Command("temporal").description("the Temporal server of the embedded stack").addCommand(install);
}
