// What comes next for one processor, and when: told to people who ask, from the same facts a pass decides from. Pure;
// it decides nothing, and what it says may be overtaken by whatever somebody does before then.
import { findCheckpointEnd } from "../decide/checkpoint-age.js";
import { toGraceMs } from "../decide/attribution.js";
import type { Action } from "../decide/decision.js";
import { isBackingOff, isParked } from "../decide/recovery.js";
import { formatWorkspaceRef } from "../refs.js";
import { createScheduler } from "../decide/schedule.js";
import { findUsedUpTo } from "../decide/used-slots.js";
import type { ReasonCode } from "../reasons.js";
import type { Declared, Outlook, Prospect, ProspectFacts } from "./prospect.js";
import { formatSlot } from "./slot-preview.js";
import { FOR_STARTS, describeStart } from "./start-prospects.js";
import { formatBraked, formatTurn } from "./wording.js";

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
  ...FOR_STARTS,
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
