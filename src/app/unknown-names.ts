// A name that nothing is stored under is a mistake, not an empty answer: it is refused, with the nearest one that is.
import { findNearest } from "../domain/nearest.js";
import type { Selector } from "../domain/tell/selector.js";
import { AppError } from "../base/errors.js";
import { isNameKnown, listNames } from "../store/people/known-names.js";
import type { Name } from "../store/people/known-names.js";
import type { AppDeps } from "./deps.js";

const PART_NAMES = ["project", "workspace", "processor"] as const;

/**
 * Throws `request.unknown` where the parts a selector names in full, before its first `*`, are a name that nothing is
 * stored under. Parts beyond `parts` are not looked at.
 */
export async function refuseUnknownNames(
  { store }: Pick<AppDeps, "store">,
  selectors: readonly Selector[],
  parts: 1 | 2 | 3,
): Promise<void> {
  const faults: string[] = [];
  for (const selector of selectors) {
    // One statement per selector; all names are read only to suggest one.
    const name = toNamedParts(selector, parts);
    if (name.length === 0 || (await isNameKnown(store, name))) continue;
    const told = `no ${PART_NAMES[name.length - 1] ?? "name"} ${name.join("/")} is declared or was seen in Atlas`;
    const known = await listNames(store, name.length);
    const nearest = findNearest(
      name.join("/"),
      known.map((one) => one.join("/")),
    );
    faults.push(nearest === undefined ? told : `${told}; did you mean ${nearest}?`);
  }
  if (faults.length > 0) throw new AppError("request.unknown", faults.join("\n"));
}

function toNamedParts({ project, workspace, processor }: Selector, parts: number): Name {
  const all = [project, workspace, processor].slice(0, parts);
  const end = all.findIndex((part) => part.includes("*"));
  return end < 0 ? all : all.slice(0, end);
}
