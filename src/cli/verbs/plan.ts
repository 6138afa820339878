// `plan`: what the next pass would do.
import { Command } from "commander";
import type { AppDeps } from "../../app/deps.js";
import type { Overlay, PlannedWorkspace } from "../../app/look/plan.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../domain/refs.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import { formatCount } from "../../domain/tell/wording.js";
import { WORKSPACES_RULE, toEach, toFormat, toWorkspaceRef } from "../typed/arguments.js";
import type { CliContext } from "../terminal/context.js";
import { EXIT } from "../terminal/context.js";
import type { Format } from "../terminal/output.js";
import { formatAge, formatTable, printDocument } from "../terminal/output.js";
import { countChanges, isWorthShowing } from "../terminal/planned.js";
import { formatStateText } from "../terminal/state-text.js";
import { readPolicySet } from "../typed/policy-input.js";

interface PlanFlags {
  readonly file?: readonly string[];
  readonly workspace?: readonly WorkspaceRef[];
  readonly refresh: boolean;
  readonly detailedExitcode: boolean;
  readonly all: boolean;
  readonly output: Format;
}

export function createPlan(context: CliContext, exit: (code: number) => void): Command {
  return new Command("plan")
    .description("show what the next pass would do, and why, from the stored observation; changes nothing")
    .option("-f, --file <file...>", "as if these policy files had been applied")
    .option("--workspace <ref...>", WORKSPACES_RULE, toEach(toWorkspaceRef))
    .option("--refresh", "observe Atlas first, without starting changes", false)
    .option("--detailed-exitcode", "exit 3 if a change would be made", false)
    .option("--all", "also show what needs no change", false)
    .option("-o, --output <format>", "table, json or yaml", toFormat, "table")
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate plan --workspace 32b6e34b3d91647abb20e7b8/orders\n  $ headgate plan -f policies.yaml --refresh --detailed-exitcode",
    )
    .action(async (flags: PlanFlags) => {
      const app = await context.app();
      const overlays = flags.file === undefined ? [] : await toOverlays(context, { app, names: flags.file });
      if (overlays === undefined) {
        exit(EXIT.failed);
        return;
      }
      const { requestPass } = await import("../../app/act/pass.js");
      const { planFleet } = await import("../../app/look/plan.js");
      if (flags.refresh) await requestPass(app, { only: flags.workspace, isLookOnly: true });
      const planned = await planFleet(app, { only: flags.workspace, overlays });
      await printPlan(context, { planned, flags });
      if (flags.detailedExitcode && countChanges(planned) > 0) exit(EXIT.drift);
    });
}

async function toOverlays(
  context: CliContext,
  from: { readonly app: AppDeps; readonly names: readonly string[] },
): Promise<readonly Overlay[] | undefined> {
  const { planApply } = await import("../../app/declare/apply.js");
  const set = await readPolicySet(context, from.names);
  return set === undefined ? undefined : (await planApply(from.app, { ...set, prune: false })).writes;
}

async function printPlan(
  { terminal }: CliContext,
  { planned, flags }: { readonly planned: readonly PlannedWorkspace[]; readonly flags: PlanFlags },
): Promise<void> {
  if (flags.output !== "table") {
    await printDocument(terminal, flags.output, { changes: countChanges(planned), workspaces: planned });
    return;
  }
  const shown = planned
    .flatMap(({ processors }) => processors)
    .filter((one) => flags.all || isWorthShowing(one));
  if (shown.length > 0) {
    terminal.out(
      formatTable({
        rows: shown,
        columns: [
          { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
          {
            title: "DECLARED",
            cell: ({ declared }) => formatStateText(declared?.policy.state, declared?.policy.start.tier),
          },
          { title: "OBSERVED", cell: ({ state, tier }) => formatStateText(state, tier) },
          {
            title: "PLAN",
            cell: ({ decision, isChange }) => (isChange ? (decision.action?.kind ?? "") : "nothing"),
          },
          { title: "WHY", cell: ({ decision }) => decision.reason.text },
        ],
      }),
    );
  }
  for (const { ref, observedAgeMs } of planned) {
    terminal.note(`${formatWorkspaceRef(ref)}: observed ${formatAge(observedAgeMs)}`);
  }
  terminal.note(`${formatCount(countChanges(planned), "change")} to make.`);
}
