// What one pass makes of the incidents of its project: who joins, what is opened, how each goes on. Pure: from the open
// incidents as they stand under the project's lock and from what this pass has just seen of its own workspace.
import type { LookedAt } from "../decide/looking.js";
import { advance } from "./advance.js";
import type { Advance } from "./advance.js";
import type { Incident, IncidentSettings, MemberFacts } from "./incident.js";
import { findJoining, findOutbreak } from "./outbreak.js";
import type { Outbreak, OutbreakFacts } from "./outbreak.js";

/** With those of its members that it has not left to their own policies. */
export interface OpenIncident {
  readonly incident: Incident;
  readonly members: readonly MemberFacts[];
}

export interface IncidentChanges {
  readonly opened: Outbreak | undefined;
  /** At most one: whom it is joined by, and what it is from now on if it is a wider one. */
  readonly joined:
    { readonly id: string; readonly processors: readonly string[]; readonly widened?: Outbreak } | undefined;
  readonly advances: readonly { readonly id: string; readonly advance: Advance }[];
}

export interface PassSight extends OutbreakFacts {
  readonly observedAt: number;
  readonly settings: OutbreakFacts["settings"] & IncidentSettings;
}

/** Equal facts give an equal answer. `now` is read under the lock. */
export function judgeIncidents(
  open: readonly OpenIncident[],
  sight: PassSight,
  now: number,
): IncidentChanges {
  const advances = open.flatMap(({ incident, members }) => {
    const fresh = members.map((member) => withSight(member, sight));
    const next = advance({ incident, members: fresh, now, settings: sight.settings });
    return next === undefined ? [] : [{ id: incident.id, advance: next }];
  });
  const ending = new Set(advances.filter(({ advance: next }) => next.incident === null).map(({ id }) => id));
  const joinable = open.filter(({ incident }) => !incident.isAnnounced && !ending.has(incident.id));
  for (const { incident } of joinable) {
    const processors = findJoining(incident.scope, sight);
    if (processors.length > 0) {
      return { opened: undefined, joined: { id: incident.id, processors }, advances };
    }
  }
  const outbreak = findOutbreak(sight);
  // What fails everywhere is one incident, though it was first seen in one workspace.
  const near = outbreak?.scope.workspace === null ? joinable[0] : undefined;
  if (outbreak === undefined || near === undefined) return { opened: outbreak, joined: undefined, advances };
  const { processors } = outbreak;
  return {
    opened: undefined,
    joined: { id: near.incident.id, processors, widened: outbreak },
    advances,
  };
}

/** What this pass saw is newer than what is stored of its own workspace. */
function withSight(member: MemberFacts, { ref, looked, observedAt }: PassSight): MemberFacts {
  const { project, workspace, processor } = member.ref;
  if (project !== ref.project || workspace !== ref.workspace) return member;
  const found = looked.find((one: LookedAt) => one.processor.processor === processor);
  if (found === undefined) return member;
  return { ...member, declared: found.processor.declared, status: found.status, seenAt: observedAt };
}
