// An outage that a person announces, and the end of any incident. In force when written: passes stop its members in
// waves, or bring them back. Nothing here calls Atlas.
import { formatProcessorRef, isChangeId, toWorkspaceRefs } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { AppError } from "../../base/errors.js";
import { beginAnnounced, endIncident, findIncidentsOf } from "../../store/incidents/announcing.js";
import type { AnnouncedOutage } from "../../store/incidents/announcing.js";
import { readIncidentStory } from "../../store/people/listings/listed-incidents.js";
import type { IncidentStory } from "../../store/people/listings/listed-incidents.js";
import type { AppDeps } from "../deps.js";
import { NAMED_MAX, beginPass } from "./pass.js";

export type { IncidentStory } from "../../store/people/listings/listed-incidents.js";

type OutageDeps = Pick<AppDeps, "store" | "actor" | "runs">;

export interface OutageBegun {
  readonly outages: readonly AnnouncedOutage[];
  /** Named, and no member: not declared STARTED in mode enforce, suspended, or in another incident. */
  readonly leftOut: readonly ProcessorRef[];
  /** Why no pass was asked for: the next tick finds it. Null: one was. */
  readonly notAsked: string | null;
}

/**
 * One incident a project. Throws `request.refused` if none of the processors can be a member; `store.unavailable`. Not
 * idempotent: what is in an incident already is left out.
 */
export async function beginOutage(
  deps: OutageDeps,
  { refs, why }: { readonly refs: readonly ProcessorRef[]; readonly why: string },
): Promise<OutageBegun> {
  const outages: AnnouncedOutage[] = [];
  for (const project of new Set(refs.map((ref) => ref.project))) {
    const here = refs.filter((ref) => ref.project === project);
    const begun = await beginAnnounced(deps.store, { project, refs: here, why, actor: deps.actor });
    if (begun !== undefined) outages.push(begun);
  }
  const members = outages.flatMap((outage) => outage.members);
  if (members.length === 0) {
    throw new AppError(
      "request.refused",
      "none of them can be in an outage: it takes processors that are declared STARTED in mode enforce, are not " +
        "suspended, and are in no open incident (headgate get incidents)",
    );
  }
  const names = new Set(members.map(formatProcessorRef));
  return {
    outages,
    leftOut: refs.filter((ref) => !names.has(formatProcessorRef(ref))),
    notAsked: await askForPass(deps, members),
  };
}

/** What was written holds whether a pass is begun or not. */
async function askForPass(deps: OutageDeps, refs: readonly ProcessorRef[]): Promise<string | null> {
  const workspaces = toWorkspaceRefs(refs.map(({ project, workspace }) => ({ project, workspace })));
  try {
    await beginPass(deps, workspaces.slice(0, NAMED_MAX));
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

/** The open incidents that any of these processors is in. */
export function findOutages(
  { store }: Pick<AppDeps, "store">,
  refs: readonly ProcessorRef[],
): Promise<readonly string[]> {
  return findIncidentsOf(store, refs);
}

/**
 * With `isAtOnce` it is closed, and each member is left to its own policy; else a canary is tried now, and the others
 * follow. False if no such incident is open.
 */
export async function endOutage(
  deps: OutageDeps,
  end: { readonly id: string; readonly why: string; readonly isAtOnce: boolean },
): Promise<boolean> {
  if (!isChangeId(end.id) || !(await endIncident(deps.store, { ...end, actor: deps.actor }))) return false;
  const story = await readIncidentStory(deps.store, end.id);
  if (story !== undefined) await askForPass(deps, story.members);
  return true;
}

/** Undefined if there is no such incident. */
export async function tellIncident(
  { store }: Pick<AppDeps, "store">,
  id: string,
): Promise<IncidentStory | undefined> {
  return isChangeId(id) ? readIncidentStory(store, id) : undefined;
}
