// From what a person typed to the processors it means, among those that are declared or were seen in Atlas. A name that
// means nothing is refused as a whole, with the nearest that exists: a typo must not act on the rest of the list.
import { findNearest } from "../domain/nearest.js";
import { formatProcessorRef, formatWorkspaceRef } from "../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { formatSelector, isExact, matchesSelector } from "../domain/tell/selector.js";
import type { Selector } from "../domain/tell/selector.js";
import { AppError } from "../base/errors.js";
import { listRefs } from "../store/people/listings/listings.js";
import type { AppDeps } from "./deps.js";

/**
 * The processors that the selectors mean, by name, each once. Throws `request.unknown` where a selector means none,
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

/** Throws `request.unknown` where one of the named is not among them, with the nearest that is. */
export function refuseUnknownWorkspaces(
  named: readonly WorkspaceRef[],
  known: readonly WorkspaceRef[],
): void {
  const names = known.map(formatWorkspaceRef);
  const misses = named.map(formatWorkspaceRef).filter((name) => !names.includes(name));
  if (misses.length === 0) return;
  const texts = misses.map((name) => {
    const nearest = findNearest(name, names);
    return `no workspace ${name} has policies${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
  });
  throw new AppError("request.unknown", texts.join("\n"));
}

function noMatch(misses: readonly Selector[], known: readonly ProcessorRef[]): AppError {
  const names = known.map(formatProcessorRef);
  const texts = misses.map((selector) => {
    if (!isExact(selector)) return `no processor matches ${formatSelector(selector)}`;
    const text = `no processor ${formatSelector(selector)} is declared or was seen in Atlas`;
    const nearest = findNearest(formatSelector(selector), names);
    return nearest === undefined ? text : `${text}; did you mean ${nearest}?`;
  });
  return new AppError("request.unknown", texts.join("\n"));
}
