// `plan` and `reconcile`: what the next pass would do, and a pass now.
import { Command } from "commander";
import type { AppDeps } from "../../app/deps.js";
import type { Overlay, PlannedProcessor, PlannedWorkspace } from "../../app/look/plan.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../domain/refs.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import { formatCount } from "../../domain/tell/wording.js";
import { toEach, toFormat, toWorkspaceRef } from "../typed/arguments.js";
import type { CliContext } from "../terminal/context.js";
import { EXIT } from "../terminal/context.js";
import type { Format } from "../terminal/output.js";
import { formatAge, formatTable, printDocument } from "../terminal/output.js";
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

const WORKSPACE_MEANING = "PROJECT/WORKSPACE; absent: every workspace that has policies";

export function createPlan(context: CliContext, exit: (code: number) => void): Command {
  return new Command("plan")
    .description("show what the next pass would do, and why, from the stored observation; changes nothing")
    .option("-f, --file <file...>", "as if these policy files had been applied")
    .option("--workspace <ref...>", WORKSPACE_MEANING, toEach(toWorkspaceRef))
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

export function countChanges(planned: readonly PlannedWorkspace[]): number {
  return planned.flatMap(({ processors }) => processors).filter(({ isChange }) => isChange).length;
}

/** What is neither as declared nor nobody's business. */
export function isWorthShowing({ isChange, decision }: PlannedProcessor): boolean {
  return isChange || (decision.reason.code !== "as-declared" && decision.reason.code !== "unmanaged");
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

export function createReconcile(context: CliContext, exit: (code: number) => void): Command {
  return new Command("reconcile")
    .description("make a pass now: observe, plan and start what is planned")
    .option("--workspace <ref...>", WORKSPACE_MEANING, toEach(toWorkspaceRef))
    .addHelpText("after", "\nExample:\n  $ headgate reconcile --workspace 32b6e34b3d91647abb20e7b8/orders")
    .action(async (flags: { readonly workspace?: readonly WorkspaceRef[] }) => {
      const { requestPass } = await import("../../app/act/pass.js");
      const { observed, failed, started, alreadyChanging } = await requestPass(await context.app(), {
        only: flags.workspace,
        isLookOnly: false,
      });
      const text = `${formatCount(observed, "workspace")} observed, ${String(failed)} failed, ${formatCount(started, "change")} started`;
      context.terminal.note(`${text}, ${String(alreadyChanging)} already running`);
      if (failed > 0) exit(EXIT.failed);
    });
}
