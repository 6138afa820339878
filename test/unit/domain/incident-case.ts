// Builders of the tests of incidents: an incident, and members by their standing.
import type { Incident, MemberFacts, MemberStanding } from "../../../src/domain/incident/incident.js";
import { NOW, REF, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";

export const MINUTE_MS = 60_000;

export function anIncident(fields: Partial<Incident> = {}): Incident {
  return {
    id: "i",
    scope: { project: REF.project, workspace: REF.workspace, connection: null },
    isAnnounced: false,
    phase: "pausing",
    phaseSince: NOW,
    why: "down",
    nextTryAt: null,
    tries: 0,
    wave: 0,
    ...fields,
  };
}

const LONG_AGO = NOW - 10 * MINUTE_MS;
/** Where each standing comes from. `admittedAt` five minutes ago but for those that wait. */
export const MEMBERS: Readonly<Record<MemberStanding, Partial<MemberFacts>>> = {
  gone: { declared: undefined },
  back: { status: aStatus({ observed: anObservation({ state: "STARTED" }), stateSince: LONG_AGO }) },
  running: { status: aStatus({ observed: anObservation({ state: "STARTED" }), stateSince: NOW - 1_000 }) },
  failed: { status: aStatus({ observed: anObservation({ state: "FAILED" }), lastCloseAt: NOW - 1_000 }) },
  trying: { hasOpenChange: true },
  down: { admittedAt: null },
};

export function aMember(standing: MemberStanding, fields: Partial<MemberFacts> = {}): MemberFacts {
  return {
    ref: REF,
    admittedAt: NOW - 5 * MINUTE_MS,
    wave: 1,
    declared: aDeclared(),
    status: aStatus({ observed: anObservation({ state: "FAILED" }), lastCloseAt: null }),
    hasOpenChange: false,
    seenAt: NOW,
    ...MEMBERS[standing],
    ...fields,
  };
}

/** `down` -> p-1, p-2 ... each its own processor. */
export function members(
  standings: readonly MemberStanding[],
  fields: Partial<MemberFacts> = {},
): readonly MemberFacts[] {
  return standings.map((standing, index) =>
    aMember(standing, { ref: { ...REF, processor: `p-${String(index + 1)}` }, ...fields }),
  );
}
