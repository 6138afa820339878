// Whether so many processors of a workspace, a connection or a project have failed together that one incident is to be
// opened, and who joins one that is open. Pure. Only what was seen to fail counts: a processor that was FAILED when
// Headgate first saw it says nothing of when.
import { toObservedState } from "../observation.js";
import type { IncidentScope } from "../decide/incident-turn.js";
import type { LookedAt } from "../decide/looking.js";
import type { WorkspaceRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import { mayRecover } from "./incident.js";

export interface OutbreakFacts {
  readonly ref: WorkspaceRef;
  readonly now: number;
  readonly looked: readonly LookedAt[];
  /** Processors that are, or were, members of an incident that is open. */
  readonly members: ReadonlySet<string>;
  /** In the other workspaces of the project: how many failed within the window, and how many there are. */
  readonly elsewhere: { readonly failed: number; readonly processors: number };
  readonly settings: Pick<LoopSettings, "incidentCount" | "incidentShare" | "incidentWindowMs">;
}

export interface Outbreak {
  readonly scope: IncidentScope;
  /** For people; no counter, because it stands in reasons. */
  readonly why: string;
  /** Those of this workspace that failed, by name. */
  readonly processors: readonly string[];
}

/** A connection is at fault if nearly all that failed use it. */
const NEARLY_ALL = 0.9;

/** The narrowest scope that explains what failed; undefined: too little has. */
export function findOutbreak(facts: OutbreakFacts): Outbreak | undefined {
  const { ref, elsewhere, settings } = facts;
  const running = facts.looked.filter((one) => isWanted(one, facts.now));
  const failed = running.filter((one) => hasFailed(one, facts) && !facts.members.has(toProcessorName(one)));
  const isShare = (count: number, of: number): boolean => count >= settings.incidentShare * of;
  if (failed.length === 0 || !isShare(failed.length, running.length)) return undefined;
  const processors = failed.map(toProcessorName).sort();
  const total = failed.length + elsewhere.failed;
  const everywhere = running.length + elsewhere.processors;
  if (elsewhere.failed > 0 && total >= settings.incidentCount && isShare(total, everywhere)) {
    return toOutbreak({ project: ref.project, workspace: null, connection: null }, processors);
  }
  if (failed.length < settings.incidentCount) return undefined;
  return toOutbreak({ ...ref, connection: findConnection(running, failed) }, processors);
}

function toOutbreak(scope: IncidentScope, processors: readonly string[]): Outbreak {
  return { scope, processors, why: `${describeScope(scope)}: many processors failed at once` };
}

function describeScope({ project, workspace, connection }: IncidentScope): string {
  if (workspace === null) return `project ${project}`;
  return connection === null
    ? `workspace ${workspace}`
    : `connection ${connection} of workspace ${workspace}`;
}

const toProcessorName = ({ processor }: LookedAt): string => processor.processor;

function isWanted({ processor, status, observation }: LookedAt, now: number): boolean {
  return observation !== undefined && mayRecover({ declared: processor.declared, status }, now);
}

function hasFailed({ observation, status }: LookedAt, { now, settings }: OutbreakFacts): boolean {
  return (
    observation !== undefined &&
    toObservedState(observation.state) === "FAILED" &&
    status.stateCause !== "first" &&
    now - (status.stateSince ?? 0) <= settings.incidentWindowMs
  );
}

/** Null: none that all but a few of them use, and that others do not. */
function findConnection(running: readonly LookedAt[], failed: readonly LookedAt[]): string | null {
  const users = countUsers(running);
  const hit = [...countUsers(failed)]
    .filter(([name, count]) => count >= NEARLY_ALL * failed.length && (users.get(name) ?? 0) < running.length)
    .sort(([one, count], [other, otherCount]) => otherCount - count || (one < other ? -1 : 1));
  return hit[0]?.[0] ?? null;
}

function countUsers(looked: readonly LookedAt[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { observation } of looked) {
    for (const name of observation?.connections ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Whoever fails in the scope of an open incident while it is open, by name. */
export function findJoining(scope: IncidentScope, facts: OutbreakFacts): readonly string[] {
  const { ref, looked, members, now } = facts;
  if (scope.project !== ref.project || (scope.workspace ?? ref.workspace) !== ref.workspace) return [];
  return looked
    .filter((one) => isWanted(one, now) && !members.has(toProcessorName(one)))
    .filter((one) => hasFailed(one, facts) && isIn(scope, one))
    .map(toProcessorName)
    .sort();
}

function isIn({ connection }: IncidentScope, { observation }: LookedAt): boolean {
  return connection === null || observation?.connections?.includes(connection) === true;
}
