// The course of an incident: from where it stands and what became of its members to whose turn comes next. Pure, and
// the only place that decides it. What must stay true: one canary at a time, no wave before the last one has settled,
// and nobody's turn comes twice without a pause.
import type { IncidentPhase } from "../decide/incident-turn.js";
import type { JournalKind } from "../journal.js";
import type { ProcessorRef } from "../refs.js";
import { formatProcessorRef } from "../refs.js";
import { byDrift, byTimeLeft, toMemberStanding } from "./incident.js";
import type { Incident, IncidentSettings, MemberFacts, MemberStanding } from "./incident.js";

export interface IncidentFacts {
  readonly incident: Incident;
  readonly members: readonly MemberFacts[];
  readonly now: number;
  readonly settings: IncidentSettings;
}

interface IncidentEvent {
  readonly kind: Extract<JournalKind, `incident.${string}`>;
  readonly text: string;
}

export interface Advance {
  /** As it is to be remembered; null: it has ended. */
  readonly incident: Incident | null;
  /** Whose turn comes. */
  readonly admitted: readonly ProcessorRef[];
  /** Whose turn is over without effect: they wait again. */
  readonly released: readonly ProcessorRef[];
  /** Left to their own policies. */
  readonly dropped: readonly ProcessorRef[];
  readonly happenings: readonly IncidentEvent[];
}

interface Ranks {
  readonly facts: IncidentFacts;
  readonly of: Readonly<Record<MemberStanding, readonly MemberFacts[]>>;
}

type Step = (ranks: Ranks) => Advance | undefined;

/** What follows from the facts; undefined: nothing yet. Equal facts give an equal answer. */
export function advance(facts: IncidentFacts): Advance | undefined {
  const of: Record<MemberStanding, MemberFacts[]> = {
    gone: [],
    back: [],
    running: [],
    failed: [],
    trying: [],
    down: [],
  };
  // Sorted, so that the order in which they were read decides nothing.
  const sorted = { ...facts, members: [...facts.members].sort(byTimeLeft) };
  for (const member of sorted.members) of[toMemberStanding(member, facts)].push(member);
  return STEPS[facts.incident.phase]({ facts: sorted, of });
}

const STEPS: Readonly<Record<IncidentPhase, Step>> = {
  stopping: stopNext,
  // Only a person ends what a person announced.
  resting: () => undefined,
  pausing: tryNext,
  trying: judgeCanary,
  refilling: refill,
};

const toRefs = (members: readonly MemberFacts[]): readonly ProcessorRef[] => members.map(({ ref }) => ref);

function toAdvance(incident: Incident | null, rest: Partial<Advance>): Advance {
  return { admitted: [], released: [], dropped: [], happenings: [], ...rest, incident };
}

function toPhase(
  { incident, now }: IncidentFacts,
  phase: IncidentPhase,
  change: Partial<Incident>,
): Incident {
  return { ...incident, phase, phaseSince: now, nextTryAt: null, ...change };
}

/** As many at once as a first wave has. */
function stopNext({ facts, of }: Ranks): Advance | undefined {
  const running = [...of.running, ...of.back];
  const isBusy = [...running, ...of.failed, ...of.down, ...of.trying].some((one) => one.hasOpenChange);
  if (running.length === 0 && !isBusy) {
    const text = "all of its members rest; headgate outage end brings them back";
    return toAdvance(toPhase(facts, "resting", {}), { happenings: [{ kind: "incident.resting", text }] });
  }
  const underWay = running.filter(({ admittedAt }) => admittedAt !== null).length;
  const next = running.filter(({ admittedAt }) => admittedAt === null);
  const admitted = next.slice(0, Math.max(0, facts.settings.incidentWave - underWay));
  return admitted.length === 0 ? undefined : toAdvance(facts.incident, { admitted: toRefs(admitted) });
}

/** Whoever came back alone needs no canary. */
function tryNext({ facts, of }: Ranks): Advance | undefined {
  const { incident, now } = facts;
  const waiting = [...of.down, ...of.failed, ...of.trying];
  if (waiting.length === 0) return of.running.length === 0 ? end({ facts, of }) : undefined;
  if (incident.nextTryAt !== null && now < incident.nextTryAt) return undefined;
  const canary = [...waiting].sort(byTries)[0];
  if (canary === undefined) return undefined;
  const tries = incident.tries + 1;
  const text = `try ${String(tries)}: ${formatProcessorRef(canary.ref)} is the canary, of ${String(waiting.length)} that are down`;
  return toAdvance(toPhase(facts, "trying", { tries }), {
    admitted: [canary.ref],
    happenings: [{ kind: "incident.trying", text }],
  });
}

/** Another canary each time: one that is broken by itself must not hold up the others. */
function byTries(one: MemberFacts, other: MemberFacts): number {
  return one.status.attempts - other.status.attempts || byDrift(one, other);
}

const isAdmitted = ({ admittedAt }: MemberFacts): boolean => admittedAt !== null;

function judgeCanary(ranks: Ranks): Advance | undefined {
  const { of, facts } = ranks;
  if (of.trying.length > 0) return undefined;
  if (of.back.some(isAdmitted)) return beginWave(ranks, 1);
  if (of.running.some(isAdmitted)) return undefined;
  const tried = facts.members.filter(isAdmitted);
  return pause(
    ranks,
    tried,
    `${tried.map(({ ref }) => formatProcessorRef(ref)).join(", ")} did not stay STARTED`,
  );
}

function pause({ facts }: Ranks, released: readonly MemberFacts[], why: string): Advance {
  const { incident, now, settings } = facts;
  const pauseMs = Math.min(
    settings.incidentPauseMaxMs,
    settings.incidentPauseMs * 2 ** Math.min(20, Math.max(0, incident.tries - 1)),
  );
  return toAdvance(toPhase(facts, "pausing", { nextTryAt: now + pauseMs, wave: 0 }), {
    released: toRefs(released),
    happenings: [{ kind: "incident.failed", text: `${why}: the next try comes after a pause` }],
  });
}

/** A wave has settled once none of it is under way. Too many that failed end the refill; a few are left alone. */
function refill(ranks: Ranks): Advance | undefined {
  const { of, facts } = ranks;
  const { incident, members, settings } = facts;
  const size = members.filter(({ wave }) => wave === incident.wave).length;
  if (of.failed.length > Math.max(1, settings.incidentAbortShare * size)) {
    const text = `${String(of.failed.length)} of wave ${String(incident.wave)} failed again`;
    return pause(ranks, [...of.failed, ...of.trying], text);
  }
  if (of.trying.length > 0) return undefined;
  if (of.down.length > 0) return beginWave(ranks, incident.wave + 1);
  return of.running.length > 0 ? undefined : end(ranks);
}

/** Each wave may be twice the last. */
function beginWave({ facts, of }: Ranks, wave: number): Advance {
  // The others came back meanwhile: nothing is left to start, and nothing to tell.
  if (of.down.length === 0) return toAdvance(toPhase(facts, "refilling", { wave }), {});
  const size = facts.settings.incidentWave * 2 ** Math.min(20, wave - 1);
  const admitted = of.down.slice(0, size);
  const left = of.down.length - admitted.length;
  const text = `wave ${String(wave)}: ${String(admitted.length)} are started, ${String(left)} wait`;
  return toAdvance(toPhase(facts, "refilling", { wave }), {
    admitted: toRefs(admitted),
    dropped: toRefs(of.failed),
    happenings: [{ kind: "incident.refilling", text }],
  });
}

function end({ of }: Ranks): Advance {
  const left = of.gone.length + of.failed.length;
  const rest = left === 0 ? "" : `; ${String(left)} are left to their own policies`;
  const text = `${String(of.back.length)} run again${rest}`;
  return toAdvance(null, { happenings: [{ kind: "incident.closed", text }] });
}
