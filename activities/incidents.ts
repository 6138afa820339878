// A pass's part in the incidents of its project: whether one is to be opened, and how open ones go on. Costs nothing
// while none is open and nothing has FAILED; decides nothing itself (src/domain/incident/ does).
import type { WorkspaceIncident } from "../src/domain/decide/incident-turn.js";
import { lookAtAll } from "../src/domain/decide/looking.js";
import type { WorkspaceFacts } from "../src/domain/decide/workspace-facts.js";
import { judgeIncidents } from "../src/domain/incident/judge.js";
import type { PassSight } from "../src/domain/incident/judge.js";
import { findOutbreak } from "../src/domain/incident/outbreak.js";
import { toObservedState } from "../src/domain/observation.js";
import type { LoadedWorkspace } from "../src/store/pass/loading.js";
import type { ActivityDeps } from "./deps.js";

/** The incidents of the workspace as they stand after this look. Throws what the store throws. */
export async function stepIncidents(
  deps: Pick<ActivityDeps, "store" | "log" | "finds">,
  facts: WorkspaceFacts,
  loaded: LoadedWorkspace,
): Promise<readonly WorkspaceIncident[]> {
  const isOpen = facts.incidents.length > 0;
  const hasFailed = facts.observations?.some(({ state }) => toObservedState(state) === "FAILED") ?? false;
  if (!isOpen && !hasFailed) return facts.incidents;
  const sight = toSight(facts, loaded, deps.finds);
  if (!isOpen && (facts.hold !== null || findOutbreak(sight) === undefined)) return facts.incidents;
  const incidents = await deps.store.stepIncidents({
    ref: facts.ref,
    judge: (open, now) => judgeIncidents(open, sight, now),
  });
  if (!isOpen)
    deps.log.warn("incident.opened", { ...facts.ref, incident: incidents.map(({ id }) => id).join(" ") });
  return incidents;
}

function toSight(facts: WorkspaceFacts, loaded: LoadedWorkspace, finds: ActivityDeps["finds"]): PassSight {
  const { ref, now, observedAt, incidents, settings } = facts;
  const looked = lookAtAll(facts, finds);
  const since = now - settings.incidentWindowMs;
  // As they are stored: what this look has changed is not among those of the project yet.
  const seen = looked.filter(({ before }) => before.observed !== null && before.absences === 0);
  const failed = seen.filter(
    ({ before: { observed, stateSince, stateCause } }) =>
      observed?.state === "FAILED" && stateCause !== "first" && (stateSince ?? 0) > since,
  );
  return {
    ref,
    now,
    observedAt,
    looked,
    members: new Set(incidents.flatMap(({ admitted, waiting, left }) => [...admitted, ...waiting, ...left])),
    elsewhere: {
      failed: Math.max(0, loaded.failedInProject - failed.length),
      processors: Math.max(0, loaded.processorsInProject - seen.length),
    },
    settings,
  };
}
