// `release-brake`: lets go what the mutation brake holds at this moment; the next batch is braked again.
import { Command } from "commander";
import { formatWorkspaceRef } from "../../../domain/refs.js";
import type { WorkspaceRef } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import type { CliContext } from "../../terminal/context.js";
import { toWorkspaceRef } from "../../typed/arguments.js";

export function createReleaseBrake(context: CliContext): Command {
  return new Command("release-brake")
    .description(
      "let the stops and restarts proceed that the mutation brake holds now; later ones are held again",
    )
    .argument("<ref>", "PROJECT/WORKSPACE", toWorkspaceRef)
    .addHelpText("after", "\nExample:\n  $ headgate release-brake 32b6e34b3d91647abb20e7b8/orders")
    .action(async (ref: WorkspaceRef) => {
      const { release } = await import("../../../app/act/interventions.js");
      const released = await release(await context.app(), ref);
      const text =
        released === 0 ? "the brake held nothing" : `released ${formatCount(released, "processor")}`;
      context.terminal.note(`${formatWorkspaceRef(ref)}: ${text}`);
    });
}
