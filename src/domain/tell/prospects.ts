// What comes next for one processor, and when: told to people who ask, from the same facts a pass decides from. Pure;
// it decides nothing, and what it says may be overtaken by whatever somebody does before then.
import { findCheckpointEnd } from "../decide/checkpoint-age.js";
import { toGraceMs } from "../decide/attribution.js";
import { isPositionArmed } from "../decide/start-to-send.js";
import { START_OPTIONS, START_OPTION_NAMES, hasPosition } from "../start-options.js";
import type { PositionName, StartOptions } from "../start-options.js";
import type { Action } from "../decide/decision.js";
import type { Decision } from "../decide/decision-table.js";
import { isBackingOff, isParked } from "../decide/recovery.js";
import type { ProcessorRef } from "../refs.js";
import { formatWorkspaceRef } from "../refs.js";
import { createScheduler } from "../decide/schedule.js";
import { findUsedUpTo } from "../decide/used-slots.js";
import { toStandingClimb } from "../recover/climb.js";
import type { Turn } from "../decide/trains.js";
import type { ReasonCode } from "../reasons.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { toStandingOneOff } from "../status.js";
import type { Hold } from "../decide/workspace-facts.js";
import { formatSlot } from "./slot-preview.js";
import { formatBraked, formatTurn } from "./wording.js";
import type { Braked } from "./wording.js";

export interface ProspectFacts {
  readonly ref: ProcessorRef;
  readonly now: number;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus;
  readonly decision: Decision;
  /** Whether a pass would open the decided change now. */
  readonly isChange: boolean;
  /** Where it stands in its train; null where it waits for none. */
  readonly turn: Turn | null;
  readonly hold: Hold | null;
  /** Who gave the options that stand as a one-off, if that is known. */
  readonly oneOffBy?: string | undefined;
  /** In its whole workspace; told where this one is among them. */
  readonly braked: Braked;
  /** When the workspace is looked at next; null where nobody looks. */
  readonly dueAt: number | null;
  readonly settings: Pick<LoopSettings, "settleMs" | "stuckMs" | "trainHoldMs">;
}

export interface Prospect {
  readonly code: string;
  /** Null: it comes when something happens, not at a time. */
  readonly at: number | null;
  readonly text: string;
}

/** Each looks for one thing that may come next; undefined if it does not. */
type Declared = ProspectFacts & { readonly declared: DeclaredPolicy };
type Outlook<Of> = (facts: Of) => Prospect | undefined;

/** With what the decision table would have it do; not what brake, caps or a hold would let through later. */
const pass: Outlook<ProspectFacts> = ({ dueAt, decision, isChange }) => {
  if (dueAt === null) return undefined;
  const { action, would } = decision;
  const deed = action !== undefined && isChange ? ` and ${describeAction(action)}` : "";
  const idea = would === undefined ? "" : `; with mode enforce it ${describeAction(would)}`;
  return { code: "pass", at: dueAt, text: `the next pass looks at its workspace${deed}${idea}` };
};

function describeAction({ kind, options }: Action): string {
  if (kind === "stop") return "stops it";
  return `${kind}s it: ${describeStart(options)}`;
}

/** `tier SP10, from its checkpoint`. */
function describeStart(start: StartOptions): string {
  const given = START_OPTION_NAMES.map((name) => {
    const { words } = START_OPTIONS[name];
    const value = start[name];
    return words !== null && value !== undefined
      ? `${words.given} ${String(value)}`
      : (words?.absent ?? null);
  });
  return [...given.filter((text) => text !== null), describePosition(start)].join(", ");
}

function describePosition(start: StartOptions): string {
  // By name, so that a new part of a position does not go without words. The first that says something counts.
  const words: Readonly<Record<PositionName, string | undefined>> = {
    startAtOperationTime: start.startAtOperationTime && `from ${start.startAtOperationTime}`,
    resumeFromCheckpoint: start.resumeFromCheckpoint === false ? "fresh" : undefined,
  };
  return Object.values(words).find((text) => text !== undefined) ?? "from its checkpoint";
}

/** A hold that a LIST began ends by a LIST; one that a POST began needs a POST that is not denied. */
const held: Outlook<ProspectFacts> = ({ hold }) => {
  if (hold === null) return undefined;
  const text =
    hold.by === "list"
      ? "the held project is looked at again; an answer ends the hold"
      : "one change is tried for the whole held project; its success ends the hold";
  return { code: "held", at: hold.recheckAt, text };
};

const running: Outlook<ProspectFacts> = ({ decision }) =>
  decision.row === "change-open" ? { code: "running", at: null, text: "the running change ends" } : undefined;

const settled: Outlook<ProspectFacts> = ({ status, now, settings }) => {
  const at = status.lastCloseAt === null ? 0 : status.lastCloseAt + settings.settleMs;
  return at <= now
    ? undefined
    : { code: "settled", at, text: "Atlas may show the old state until then: passes plan nothing" };
};

const barred: Outlook<ProspectFacts> = ({ status: { barredUntil }, now }) =>
  barredUntil === null || barredUntil <= now
    ? undefined
    : {
        code: "barred",
        at: barredUntil,
        text: "earliest next call: until then the last one may still change the processor",
      };

const suspended: Outlook<ProspectFacts> = ({ status: { suspended: suspension }, now }) =>
  suspension === null || suspension.until <= now
    ? undefined
    : { code: "suspended", at: suspension.until, text: `the suspension by ${suspension.by} ends` };

const stuck: Outlook<ProspectFacts> = ({ decision, status, settings }) =>
  (decision.reason.code === "in-transition" || decision.reason.code === "unknown-state") &&
  status.stateSince !== null
    ? {
        code: "stuck",
        at: status.stateSince + settings.stuckMs,
        text: "it is called stuck if Atlas still says the same",
      }
    : undefined;

/** What has no time of its own: it ends when something else happens, or when somebody acts. */
const waiting: Outlook<ProspectFacts> = ({ decision, ref, braked }) => {
  const texts: Readonly<Partial<Record<ReasonCode, string>>> = {
    "in-incident": "its turn comes in the incident: headgate get incidents",
    missing: "every pass looks for it; it is never created",
    unmanaged: "nothing, until a policy names it",
    "waiting-for-place": "it goes ahead when running changes end and leave a place",
    braked:
      `nothing, until somebody looks at the ${formatBraked(braked)} that the brake holds: ` +
      `headgate release-brake "${formatWorkspaceRef(ref)}"`,
  };
  const text = texts[decision.reason.code];
  return text === undefined ? undefined : { code: decision.reason.code, at: null, text };
};

/** The turn is counted now: it moves up as others go, and with whoever is restarted in between. */
const inTrain: Outlook<ProspectFacts> = ({ turn, settings }) =>
  turn === null
    ? undefined
    : { code: "waiting-for-train", at: null, text: formatTurn(turn, settings.trainHoldMs) };

const backedOff: Outlook<Declared> = ({ declared, status, now }) =>
  isBackingOff(status, declared, now)
    ? {
        code: "backed-off",
        at: status.nextAttemptAt,
        text: `the back-off ends; ${String(status.attempts)} of ${String(declared.policy.recovery.maxAttempts)} attempts are used`,
      }
    : undefined;

const grace: Outlook<Declared> = ({ declared, status, decision }) =>
  decision.reason.code === "grace" && status.stateSince !== null
    ? {
        code: "grace",
        at: status.stateSince + toGraceMs(declared.policy.recovery, status),
        text: "the declared grace ends: it is started",
      }
    : undefined;

const parked: Outlook<Declared> = ({ declared, status }) =>
  isParked(status, declared)
    ? {
        code: "parked",
        at: null,
        text: "nothing, until headgate unpark, a new version or a start by a person",
      }
    : undefined;

/** Whatever it is declared to be: a start after that time begins as if it had never run. */
const checkpoint: Outlook<Declared> = ({ declared, status }) => {
  const { observed: observation } = status;
  const end = observation === null ? undefined : findCheckpointEnd({ declared, status, observation });
  return end === undefined ? undefined : { code: "checkpoint", at: end.at, text: CHECKPOINT_ENDS[end.by] };
};

const CHECKPOINT_ENDS = {
  atlas: "Atlas forgets its checkpoint: a later start begins fresh",
  oplog: "its source's oplog rolls past its position: a later start cannot resume",
} as const;

const stable: Outlook<Declared> = ({ declared, status, decision }) =>
  decision.row === "runs-as-declared" && status.attempts > 0 && status.stateSince !== null
    ? {
        code: "stable",
        at: status.stateSince + declared.policy.recovery.stableAfterMs,
        text: `it counts as stable: its ${String(status.attempts)} counted attempts are forgotten`,
      }
    : undefined;

/** The next slot even if it would be skipped, and why: an operator must not take it for a restart. */
const slot: Outlook<Declared> = (facts) => {
  const { restart } = facts.declared.policy;
  if (restart === undefined) return undefined;
  const scheduler = createScheduler();
  const fault = scheduler.findFault(restart);
  if (fault !== undefined) {
    return { code: "slot", at: null, text: `its restart schedule cannot be evaluated here: not ${fault}` };
  }
  const used = findUsedUpTo(facts.declared, facts.status, scheduler);
  // By new rules of its zone the next one may be used already: then it is the one after it.
  const slots = scheduler.nextSlots(restart, facts.ref, { from: facts.now, count: 2 });
  const next = slots.find(({ at }) => at > used);
  if (next === undefined) return undefined;
  const why = findSkipReason(facts, next.firesAt);
  const deed = why === undefined ? "restarts it" : `is skipped (${why})`;
  return {
    code: "slot",
    at: next.firesAt,
    text: `its schedule ${deed}: slot ${formatSlot(restart, next)}`,
  };
};

/** As things stand now: what a slot at that time would find. */
function findSkipReason({ declared, status }: Declared, firesAt: number): string | undefined {
  if (declared.policy.state === "STOPPED") return "declared STOPPED";
  if (status.suspended !== null && firesAt < status.suspended.until) return "suspended";
  if (declared.policy.mode === "observe") return "mode observe";
  return isParked(status, declared) ? "parked" : undefined;
}

/** Whoever wonders about a tier that nobody declared finds the person's options here. */
const oneOff: Outlook<Declared> = ({ declared, status, oneOffBy }) => {
  const options = toStandingOneOff(status, declared.version);
  return options === undefined
    ? undefined
    : {
        code: "one-off",
        at: null,
        text: `${oneOffBy === undefined ? "a person's options" : `a one-off by ${oneOffBy}: its options`} stand until a new version or the next slot: ${describeStart(options)}`,
      };
};

/** Whoever wonders about a tier that nobody declared finds the climb here. */
const climb: Outlook<Declared> = ({ declared, status }) => {
  const tier = toStandingClimb(status, declared.version);
  if (tier === undefined || status.climbed === null) return undefined;
  const since = status.observed?.state === "STARTED" ? status.stateSince : null;
  return {
    code: "climb",
    at: since === null ? null : since + status.climbed.stepBackAfterMs,
    text: `after a failure it climbed to ${tier}; stable until then, it goes back to the declared tier`,
  };
};

/** A declared position is used once; people who expect it at every start have to see that it is spent. */
const position: Outlook<Declared> = ({ declared, status }) => {
  const { start, state } = declared.policy;
  if (state === "STOPPED" || !hasPosition(start)) return undefined;
  const text = isPositionArmed(start, status)
    ? "the declared position is armed: the next start from rest begins there"
    : "the declared position is spent: starts resume; headgate arm uses it again";
  return { code: "position", at: null, text };
};

const FOR_ALL: readonly Outlook<ProspectFacts>[] = [
  pass,
  held,
  running,
  settled,
  barred,
  suspended,
  stuck,
  waiting,
  inTrain,
];
const FOR_DECLARED: readonly Outlook<Declared>[] = [
  backedOff,
  grace,
  parked,
  checkpoint,
  stable,
  slot,
  oneOff,
  climb,
  position,
];

/** Those with a time first, in their order. */
export function findProspects(facts: ProspectFacts): readonly Prospect[] {
  const { declared } = facts;
  const forAll = FOR_ALL.map((find) => find(facts));
  const forDeclared = declared === undefined ? [] : FOR_DECLARED.map((find) => find({ ...facts, declared }));
  return [...forAll, ...forDeclared]
    .filter((one) => one !== undefined)
    .sort((one, other) => (one.at ?? Infinity) - (other.at ?? Infinity) || 0);
}
