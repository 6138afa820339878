// From what a person typed to the processors it means, among those that are declared or were seen in Atlas.
import { findNearest } from "../domain/nearest.js";
import { formatProcessorRef, formatWorkspaceRef } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { formatSelector, isExact, matchesSelector } from "../domain/selector.js";
import type { Selector } from "../domain/selector.js";
import { AppError } from "../errors.js";
import { listRefs, listWorkspaces } from "../store/listings.js";
import type { WorkspaceListing } from "../store/listings.js";
import type { AppDeps } from "./deps.js";

/**
 * The processors that the selectors mean, by name, each once. Throws `request.refused` where a selector means none,
 * naming it and the nearest name that exists.
 */
export async function selectProcessors(
  { store }: Pick<AppDeps, "store">,
  selectors: readonly Selector[],
): Promise<readonly ProcessorRef[]> {
  const known = await listRefs(store);
  const misses = selectors.filter((selector) => !known.some((ref) => matchesSelector(selector, ref)));
  if (misses.length > 0) throw noMatch(misses, known);
  return known.filter((ref) => selectors.some((selector) => matchesSelector(selector, ref)));
}

/**
 * Those of the named workspaces that are known, each once; all that are known where none is named. Throws
 * `request.refused` for one that has no policies, with the nearest name that has.
 */
export async function selectWorkspaces(
  { store }: Pick<AppDeps, "store">,
  named: readonly WorkspaceRef[] | undefined,
): Promise<readonly WorkspaceListing[]> {
  const known = await listWorkspaces(store);
  if (named === undefined) return known;
  const names = known.map(({ ref }) => formatWorkspaceRef(ref));
  const wanted = named.map(formatWorkspaceRef);
  const misses = wanted.filter((name) => !names.includes(name));
  if (misses.length === 0) return known.filter(({ ref }) => wanted.includes(formatWorkspaceRef(ref)));
  const texts = misses.map((name) => {
    const nearest = findNearest(name, names);
    return `no workspace ${name} has policies${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
  });
  throw new AppError("request.refused", texts.join("\n"));
}

function noMatch(misses: readonly Selector[], known: readonly ProcessorRef[]): AppError {
  const names = known.map(formatProcessorRef);
  const texts = misses.map((selector) => {
    if (!isExact(selector)) return `no processor matches ${formatSelector(selector)}`;
    const text = `no processor ${formatSelector(selector)} is declared or was seen in Atlas`;
    const nearest = findNearest(formatSelector(selector), names);
    return nearest === undefined ? text : `${text}; did you mean ${nearest}?`;
  });
  return new AppError("request.refused", texts.join("\n"));
}
