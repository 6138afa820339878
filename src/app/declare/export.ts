// What Atlas runs now, workspace by workspace, for policies to be made from. All of it or an error: half a fleet would
// look like the whole. Policies that Headgate has are not consulted. One workspace after the other, each call paid from
// the budget of its project.
import type { WorkspaceRef } from "../../domain/refs.js";
import { formatWorkspaceRef } from "../../domain/refs.js";
import type { LiveWorkspace } from "../../policy-file/live-text.js";
import { listStoredWorkspaces } from "../../store/people/listings/listings.js";
import type { AppDeps } from "../deps.js";
import { describeWorkspace, listLiveWorkspaces } from "../look/live.js";
import type { LiveDeps } from "../look/live.js";

/** Every project with policies here or with credentials of its own, by name. */
export async function findKnownProjects({
  store,
  atlas,
}: Pick<AppDeps, "store" | "atlas">): Promise<readonly string[]> {
  const known = await listStoredWorkspaces(store);
  const { projects } = await atlas();
  return [...new Set([...known.map(({ ref }) => ref.project), ...projects])].sort();
}

export interface ExportRequest {
  readonly projects: readonly string[];
  readonly workspaces: readonly WorkspaceRef[];
}

export interface ExportedFleet {
  readonly workspaces: readonly LiveWorkspace[];
  /** Left out, because Headgate cannot say their names: project and name. */
  readonly unnamed: readonly { readonly project: string; readonly name: string }[];
}

/**
 * Each workspace once, by name; `told` hears of each as it is read. Throws what `describeWorkspace` throws, at the
 * first that fails.
 */
export async function exportFleet(
  deps: LiveDeps,
  { projects, workspaces }: ExportRequest,
  told: (read: LiveWorkspace) => void,
): Promise<ExportedFleet> {
  const refs = new Map(workspaces.map((ref) => [formatWorkspaceRef(ref), ref]));
  const unnamed: { project: string; name: string }[] = [];
  for (const project of projects) {
    const found = await listLiveWorkspaces(deps, project);
    for (const ref of found.workspaces) refs.set(formatWorkspaceRef(ref), ref);
    unnamed.push(...found.unnamed.map((name) => ({ project, name })));
  }
  const read: LiveWorkspace[] = [];
  for (const [, ref] of [...refs].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const workspace = { ref, processors: await describeWorkspace(deps, ref) };
    told(workspace);
    read.push(workspace);
  }
  return { workspaces: read, unnamed };
}
