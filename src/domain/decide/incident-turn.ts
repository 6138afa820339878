// What an open incident lets a pass do to each of its members now. Pure. Whose turn it is, src/domain/incident/
// decides.
import type { IncidentStanding } from "./decision.js";

/**
 * `stopping`: announced, its members are being stopped. `resting`: they rest until somebody ends it. `pausing`: no
 * start until the next try. `trying`: one member, the canary, is started. `refilling`: the others follow in waves.
 */
export type IncidentPhase = "stopping" | "resting" | "pausing" | "trying" | "refilling";

/** What its members have in common. Null: all of the part above it. */
export interface IncidentScope {
  readonly project: string;
  readonly workspace: string | null;
  /** A connection belongs to one workspace (docs/atlas.md 7). */
  readonly connection: string | null;
}

/** An open incident, as one workspace sees it. */
export interface WorkspaceIncident {
  readonly id: string;
  readonly scope: IncidentScope;
  /** A person began it: nobody joins it. */
  readonly isAnnounced: boolean;
  readonly phase: IncidentPhase;
  readonly why: string;
  /** Members of this workspace whose turn has come, by name. */
  readonly admitted: readonly string[];
  /** Its others of this workspace, by name. */
  readonly waiting: readonly string[];
  /** Those that it has left to their own policies, by name. */
  readonly left: readonly string[];
}

/** By processor. A processor is in one open incident at most. */
export function toTurns(incidents: readonly WorkspaceIncident[]): ReadonlyMap<string, IncidentStanding> {
  return new Map(
    incidents.flatMap(({ phase, why, admitted, waiting }) => [
      ...waiting.map((processor) => [processor, { turn: toWaitingTurn(phase), why }] as const),
      ...admitted.map((processor) => [processor, { turn: toAdmittedTurn(phase), why }] as const),
    ]),
  );
}

function toWaitingTurn(phase: IncidentPhase): IncidentStanding["turn"] {
  return phase === "stopping" || phase === "resting" ? "stand" : "wait";
}

function toAdmittedTurn(phase: IncidentPhase): IncidentStanding["turn"] {
  if (phase === "stopping") return "rest";
  return phase === "resting" ? "stand" : "recover";
}
