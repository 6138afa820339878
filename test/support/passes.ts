// Passes of one workspace made by hand: a claim, what Atlas would have said, the plan, ready to be stored. For tests of
// the store; a whole pass goes through the activities.
import type { Observation } from "../../src/domain/observation.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { planWorkspace } from "../../src/domain/decide/workspace-plan.js";
import type { WorkspaceFacts } from "../../src/domain/decide/workspace-facts.js";
import type { Claim } from "../../src/store/pass/leases.js";
import { readClock } from "../../src/store/postgres/clock.js";
import type { Db } from "../../src/store/postgres/pool.js";
import { loadWorkspaces } from "../../src/store/pass/loading.js";
import type { StoredPass } from "../../src/store/pass/passes.js";

export function anObservation(processor: string, fields: Partial<Observation> = {}): Observation {
  return { atlasId: "a".repeat(24), processor, state: "STARTED", tier: "SP10", autoscaled: false, ...fields };
}

/** A pass that has looked just now and saw this: loaded and planned, not stored. */
export async function aPass(
  db: Db,
  claim: Claim,
  observations: readonly Observation[] = [],
): Promise<StoredPass & { readonly facts: WorkspaceFacts }> {
  const observedAt = await readClock(db);
  const { value: loaded } = await loadWorkspaces(db, [claim.ref], DEFAULT_SETTINGS).next();
  if (loaded === undefined) throw new Error("no such workspace");
  const facts: WorkspaceFacts = {
    ref: claim.ref,
    now: loaded.now,
    observedAt,
    observations,
    processors: loaded.processors,
    hold: loaded.hold,
    movers: {},
    stats: {},
    brakeReleased: loaded.brakeReleased,
    recentMutations: loaded.recentMutations,
    incidents: loaded.incidents,
    openInWorkspace: loaded.openChanges.length,
    openInProject: loaded.openInProject,
    openByKey: loaded.openByKey,
    openStartsInTurn: loaded.openStartsInTurn,
    settings: DEFAULT_SETTINGS,
  };
  return {
    claim,
    facts,
    plan: planWorkspace(facts),
    revisions: loaded.revisions,
    pages: 1,
    intervalMs: DEFAULT_SETTINGS.intervalMs,
    endsHold: false,
  };
}
