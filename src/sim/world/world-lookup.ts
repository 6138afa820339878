// Finding things in the world by name: Map look-ups only, never a scan, because every request passes here in worlds of
// ten thousand processors. Absence is data (a refusal that names the outermost part that is missing), never a throw.
// Pure.
import { missingProcessor, missingProject, missingWorkspace } from "./refusals.js";
import type { Refusal } from "./refusals.js";
import type { ProcessorAddress, SimProcessor, SimProject, SimWorkspace, World } from "./world-model.js";

/**
 * A processor with where it stands. Good until the next change of the world, no longer: it may be renamed or removed.
 */
export interface Target {
  readonly address: ProcessorAddress;
  readonly workspace: SimWorkspace;
  readonly processor: SimProcessor;
}

/** Either what was looked for, the world's own object and no copy, or the answer that Atlas would give instead. */
export type Found<T> =
  { readonly kind: "found"; readonly value: T } | { readonly kind: "refused"; readonly refusal: Refusal };

export function found<T>(value: T): Found<T> {
  return { kind: "found", value };
}

export function refused(refusal: Refusal): { readonly kind: "refused"; readonly refusal: Refusal } {
  return { kind: "refused", refusal };
}

export function findProject(world: World, project: string): Found<SimProject> {
  const hit = world.projects.get(project);
  return hit === undefined ? refused(missingProject(project)) : found(hit);
}

export function findWorkspace(
  world: World,
  at: { readonly project: string; readonly workspace: string },
): Found<SimWorkspace> {
  const project = findProject(world, at.project);
  if (project.kind === "refused") return project;
  const hit = project.value.workspaces.get(at.workspace);
  return hit === undefined ? refused(missingWorkspace(at.project, at.workspace)) : found(hit);
}

/** A processor by its address. How its absence is answered changed in June 2026 and is a setting (docs/atlas.md 1e). */
export function findTarget(world: World, address: ProcessorAddress): Found<Target> {
  const workspace = findWorkspace(world, address);
  if (workspace.kind === "refused") return workspace;
  const processor = workspace.value.processors.get(address.processor);
  if (processor !== undefined) return found({ address, workspace: workspace.value, processor });
  return refused(
    missingProcessor(address, {
      status: Number(world.settings["missingProcessor.status"]),
      errorCode: world.settings["missingProcessor.errorCode"],
    }),
  );
}
