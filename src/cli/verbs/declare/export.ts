// `export`: policies from what Atlas runs now, ready for `apply`.
import { dirname, relative } from "node:path";
import { Command } from "commander";
import type { ExportRequest, ExportedFleet } from "../../../app/declare/export.js";
import type { AppDeps } from "../../../app/deps.js";
import { formatWorkspaceRef, isName } from "../../../domain/refs.js";
import type { WorkspaceRef } from "../../../domain/refs.js";
import { formatCount } from "../../../domain/tell/wording.js";
import { toEach, toProject, toWorkspaceRef } from "../../typed/arguments.js";
import type { CliContext } from "../../terminal/context.js";
import { UsageError, toWriteError } from "../../terminal/context.js";

// The way into Headgate for a fleet that exists. What it writes is in mode observe, so that applying it as it is
// touches nothing. It asks Atlas, through the budgets, and declares nothing by itself.
interface ExportFlags {
  readonly workspace?: readonly WorkspaceRef[];
  readonly project?: readonly string[];
  readonly file?: string;
  readonly force: boolean;
}

export function createExport(context: CliContext): Command {
  return new Command("export")
    .description(
      "write policies for what Atlas runs now, in mode observe, so that applying them changes nothing",
    )
    .option("--workspace <ref...>", "PROJECT/WORKSPACE", toEach(toWorkspaceRef))
    .option(
      "--project <id...>",
      "all its workspaces; without this and --workspace: every project Headgate knows",
      toEach(toProject),
    )
    .option("-f, --file <file>", "write there instead of to standard output")
    .option("--force", "overwrite that file", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ headgate export --project 32b6e34b3d91647abb20e7b8 -f fleet.yaml" +
        "\n  $ headgate export --workspace 32b6e34b3d91647abb20e7b8/orders > orders.yaml",
    )
    .action(async (flags: ExportFlags) => {
      // First what costs nothing: a fleet of thousands takes minutes to read.
      await refuseToOverwrite(context, flags);
      const { exportFleet } = await import("../../../app/declare/export.js");
      const app = await context.app();
      const request = await toRequest(app, flags);
      // Printed workspace by workspace, on stderr: standard output may be the file.
      const fleet = await exportFleet(app, request, ({ ref, processors }) => {
        context.terminal.note(
          `${formatWorkspaceRef(ref)}: ${formatCount(processors.length, "processor")} read`,
        );
      });
      await write(context, flags, fleet);
    });
}

/** Before Atlas is asked for anything. */
async function refuseToOverwrite({ readFile }: CliContext, { file, force }: ExportFlags): Promise<void> {
  if (file === undefined && force) throw new UsageError("--force goes with --file");
  if (file === undefined || force) return;
  // Whatever cannot be read counts as absent here. Writing refuses to overwrite as well, so nothing is lost by a race.
  const exists = await readFile(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`${file} exists already: name another file, or overwrite it with --force`);
}

/** Nothing named means everything Headgate has met so far. */
async function toRequest(
  app: AppDeps,
  { workspace: workspaces = [], project: projects = [] }: ExportFlags,
): Promise<ExportRequest> {
  if (workspaces.length > 0 || projects.length > 0) return { workspaces, projects };
  const { findKnownProjects } = await import("../../../app/declare/export.js");
  const known = await findKnownProjects(app);
  if (known.length > 0) return { workspaces, projects: known };
  throw new UsageError("no project is known yet: name one with --project, or --workspace PROJECT/WORKSPACE");
}

/** Text to standard output or into one file, and on stderr what was left out and what to do next. */
async function write(
  context: CliContext,
  { file, force }: ExportFlags,
  { workspaces, unnamed }: ExportedFleet,
): Promise<void> {
  const { terminal, schemaPath, writeFile } = context;
  // Atlas takes names that no ref of ours can say. They are named, because leaving them out silently would look
  // complete.
  for (const { project, name } of unnamed) {
    terminal.note(`left out: a workspace of project ${project} whose name Headgate cannot say: ${name}`);
  }
  // No file is better than an empty one: apply would refuse it.
  if (workspaces.length === 0) {
    terminal.note("Atlas has no workspaces there: nothing was written.");
    return;
  }
  const { formatLiveWorkspaces } = await import("../../../policy-file/live-text.js");
  // Relative, so that file and schema can be moved together. On standard output it is as seen from here.
  const text = formatLiveWorkspaces(workspaces, relative(dirname(file ?? "x"), schemaPath));
  if (file === undefined) {
    terminal.out(text.trimEnd());
    return;
  }
  // The reason is the file system's own.
  await writeFile(file, text, force).catch((error: unknown) => {
    throw toWriteError(file, error);
  });
  // Those left out stand in the file as comments.
  const read = workspaces.flatMap(({ processors }) => processors);
  const written = read.filter(({ processor }) => isName(processor)).length;
  const leftOut = read.length - written;
  terminal.note(
    `${formatCount(written, "processor")} of ${formatCount(workspaces.length, "workspace")} written to ${file}` +
      (leftOut === 0 ? "" : `, ${String(leftOut)} left out as comments: their names cannot be declared`) +
      `. Next: headgate apply -f ${file}`,
  );
}
