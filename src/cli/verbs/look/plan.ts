// `plan`: what the next pass would do, and why. Changes neither Atlas nor the declaration.
import { Command } from "commander";
import type { AppDeps } from "../../../app/deps.js";
import type { PlannedProcessor, PlannedWorkspace } from "../../../app/look/plan.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../../domain/refs.js";
import type { WorkspaceRef } from "../../../domain/refs.js";
import { formatFailure } from "../../../domain/tell/failures.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { WORKSPACES_RULE, toEach, toFormat, toWorkspaceRef } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { EXIT } from "../../terminal/context.js";
import type { Format } from "../../terminal/output.js";
import { formatAge, formatTable, printDocument } from "../../terminal/output.js";
import { countChanges, isWorthShowing } from "../../../app/look/planned.js";
import { formatStateText } from "../../terminal/state-text.js";
import type { PolicySet } from "../../../policy-file/document.js";
import { readPolicySet } from "../../typed/policy-input.js";

// The plan is made by the very functions that a pass decides with, from the stored observation. So it shows what a pass
// would do if it found Atlas as it was last seen; --refresh makes that a moment ago.
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
    .option("-f, --file <file...>", "as if these policy files had been applied, of the workspaces they name")
    .option("--workspace <ref...>", `${WORKSPACES_RULE}, or that the files name`, toEach(toWorkspaceRef))
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
      // Files are read before Atlas is asked for anything.
      const set = flags.file === undefined ? null : await readPolicySet(context, flags.file);
      // The faults of the files were printed already.
      if (set === undefined) {
        exit(EXIT.failed);
        return;
      }
      if (flags.refresh) await refresh(app, { workspaces: flags.workspace, set });
      const planned = await planWith(app, { workspaces: flags.workspace, set });
      const { findSlotWarnings } = await import("../../../app/look/slot-warnings.js");
      await printPlan(context, { planned, flags, warnings: await findSlotWarnings(app, planned) });
      // Not by itself: whoever only looks at a plan in a terminal has not failed.
      if (flags.detailedExitcode && countChanges(planned) > 0) exit(EXIT.drift);
    });
}

/** Of these workspaces, else of those that the files name, else of all. */
interface Asked {
  readonly workspaces: readonly WorkspaceRef[] | undefined;
  /** Null: no files. */
  readonly set: PolicySet | null;
}

/** A pass of its own that only looks, so that the observation is stored and the next pass need not ask again. */
async function refresh(app: AppDeps, { workspaces, set }: Asked): Promise<void> {
  const { requestPass } = await import("../../../app/act/pass.js");
  const isLookOnly = true;
  if (workspaces !== undefined || set === null) await requestPass(app, { only: workspaces, isLookOnly });
  // A file may name workspaces that are not declared yet; nobody looks at those.
  else await requestPass(app, { only: set.workspaces, isLenient: true, isLookOnly });
}

/**
 * With files: the writes that applying them would make, laid over what is stored. Nothing is pruned: a plan is no
 * deletion.
 */
async function planWith(app: AppDeps, { workspaces, set }: Asked): Promise<readonly PlannedWorkspace[]> {
  const { planFleet, planNamed } = await import("../../../app/look/plan.js");
  if (set === null) {
    return workspaces === undefined ? planFleet(app) : planNamed(app, { only: workspaces });
  }
  const { planApply } = await import("../../../app/declare/apply.js");
  const { writes, planned } = await planApply(app, { ...set, prune: false });
  return workspaces === undefined ? planned : planNamed(app, { only: workspaces, overlays: writes });
}

interface PrintedPlan {
  readonly planned: readonly PlannedWorkspace[];
  readonly warnings: readonly string[];
  readonly flags: PlanFlags;
}

async function printPlan({ terminal }: CliContext, { planned, warnings, flags }: PrintedPlan): Promise<void> {
  // All of it, also without --all: a program filters by itself.
  if (flags.output !== "table") {
    await printDocument(terminal, flags.output, {
      changes: countChanges(planned),
      warnings,
      workspaces: planned,
    });
    return;
  }
  const shown = planned
    .flatMap(({ processors }) => processors)
    .filter((one) => flags.all || isWorthShowing(one));
  // Without rows no titles are printed: the last line says that there is nothing to do.
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
          // Beside each other in one form, so that a difference shows at a glance.
          { title: "OBSERVED", cell: ({ state, tier }) => formatStateText(state, tier) },
          {
            title: "PLAN",
            cell: ({ decision, isChange }) => (isChange ? (decision.action?.kind ?? "") : "nothing"),
          },
          // Last, because it is the longest, and may hold Atlas's own words.
          { title: "WHY", cell: formatWhy },
        ],
      }),
    );
  }
  // How old the ground is that the plan stands on: an old one is the usual reason for a surprise.
  for (const { ref, observedAgeMs } of planned) {
    terminal.note(`${formatWorkspaceRef(ref)}: observed ${formatAge(observedAgeMs)}`);
  }
  for (const warning of warnings) terminal.note(`warning: ${warning}`);
  terminal.note(`${formatCount(countChanges(planned), "change")} to make.`);
}

/** The class beside what is done, where a rule told one; a parking has it in its reason. */
function formatWhy({ decision, failure }: PlannedProcessor): string {
  const { action, would, reason } = decision;
  const isActing = action !== undefined || would !== undefined;
  return failure === null || failure.class === "unknown" || !isActing
    ? reason.text
    : `${reason.text}; ${formatFailure(failure)}`;
}
