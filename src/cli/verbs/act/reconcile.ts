// `reconcile`: a pass now, instead of at the next tick.
import { Command } from "commander";
import type { WorkspaceRef } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import { WORKSPACES_RULE, toEach, toWorkspaceRef } from "../../typed/arguments.js";

export function createReconcile(context: CliContext, exit: (code: number) => void): Command {
  return new Command("reconcile")
    .description("make a pass now: observe, plan and start what is planned")
    .option("--workspace <ref...>", WORKSPACES_RULE, toEach(toWorkspaceRef))
    .addHelpText("after", "\nExample:\n  $ headgate reconcile --workspace 32b6e34b3d91647abb20e7b8/orders")
    .action(async (flags: { readonly workspace?: readonly WorkspaceRef[] }) => {
      const { requestPass } = await import("../../../app/act/pass.js");
      const { observed, failed, started, alreadyChanging } = await requestPass(await context.app(), {
        only: flags.workspace,
        isLookOnly: false,
      });
      const text = `${formatCount(observed, "workspace")} observed, ${String(failed)} failed, ${formatCount(started, "change")} started`;
      context.terminal.note(`${text}, ${String(alreadyChanging)} already running`);
      if (failed > 0) exit(EXIT.failed);
    });
}
