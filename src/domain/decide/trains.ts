// Restart trains: among the restarts that one slot asks of a train, lets only those proceed whose turn it is. One goes
// first, the canary, then waves of 2, 4, 8 ..., each once all that were restarted before have run for a while. Pure. A
// train has no row: how far it is follows from its members' statuses, so nothing has to be kept in step with them.
// Nothing here may use a slot twice, or start a wave beside one that is still under way.
import { toObservedState } from "../observation.js";
import { because } from "../reasons.js";
import { decide } from "./decision-table.js";
import { putOff } from "./holding-back.js";
import type { Draft } from "./holding-back.js";
import type { WorkspaceFacts } from "./workspace-facts.js";

/** A train that ended in a slot before all its members had their turn. */
interface AbortedTrain {
  /** One that is left: its status changes in the same pass, and a line is written only beside such a change. */
  readonly processor: string;
  readonly text: string;
}

/** Where one that waits stands: 1 is the next to be restarted. */
export interface Turn {
  readonly train: string;
  readonly place: number;
  readonly of: number;
}

interface Trained {
  readonly drafts: readonly Draft[];
  readonly aborted: readonly AbortedTrain[];
  /** Of those that wait for a later wave. */
  readonly turns: ReadonlyMap<string, Turn>;
}

/** Those of one train whose restart one slot asks for, and whoever has been restarted in it. */
interface Train {
  readonly name: string;
  readonly slotAt: number;
  /** The longest not restarted first: the next night goes on where this one stopped. */
  readonly waiting: readonly Draft[];
  readonly moving: number;
  readonly good: number;
  readonly failed: readonly string[];
  /** Somebody was left by its abort before: who comes to wait later in the same slot ends it no second time. */
  readonly isTold: boolean;
}

/** Failed ones that a journal line names. */
const NAMES_MAX = 5;

const AT_REST = ["FAILED", "STOPPED", "CREATED"] as const;

/** In the order of the drafts. Where no slot of a train is due it is the drafts as they were. */
export function applyTrains(facts: WorkspaceFacts, drafts: readonly Draft[]): Trained {
  const replaced = new Map<Draft, Draft>();
  const turns = new Map<string, Turn>();
  const aborted: AbortedTrain[] = [];
  for (const train of findTrains(facts, drafts)) {
    if (isAborted(train, facts)) {
      if (!train.isTold) aborted.push(toAborted(train));
      for (const one of train.waiting) replaced.set(one, leaving(one, train.slotAt));
      continue;
    }
    const later = train.waiting.slice(toRoom(train));
    later.forEach((one, index) => {
      turns.set(one.facts.processor, { train: train.name, place: index + 1, of: later.length });
      const why = because("waiting-for-train", `waiting for its turn in the train ${train.name}`);
      replaced.set(one, { ...one, decision: putOff(one.decision, why) });
    });
  }
  return { drafts: drafts.map((one) => replaced.get(one) ?? one), aborted, turns };
}

function findTrains(facts: WorkspaceFacts, drafts: readonly Draft[]): readonly Train[] {
  const waiting = new Map<string, Map<number, Draft[]>>();
  for (const one of drafts) {
    const name = toTrainName(one);
    const slotAt = toAskedSlot(one);
    if (name === undefined || slotAt === undefined) continue;
    const slots = waiting.get(name) ?? new Map<number, Draft[]>();
    waiting.set(name, slots.set(slotAt, [...(slots.get(slotAt) ?? []), one]));
  }
  return [...waiting].flatMap(([name, slots]) => {
    const members = drafts.filter((one) => toTrainName(one) === name);
    return [...slots].map(([slotAt, asked]) => {
      const standings = members.map((one) => ({ one, standing: toStanding(facts, one, slotAt) }));
      const inStanding = (sought: Standing): readonly Draft[] =>
        standings.filter(({ standing }) => standing === sought).map(({ one }) => one);
      const failed = inStanding("failed");
      return {
        name,
        slotAt,
        waiting: [...asked].sort(byLastStart),
        moving: inStanding("moving").length,
        good: inStanding("good").length,
        failed: failed.map(({ facts: { processor } }) => processor).sort(),
        isTold: wasLeft(inStanding("apart"), failed, slotAt),
      };
    });
  });
}

/** Of those that a slot may restart: what is declared STOPPED or only observed is nobody's measure. */
function toTrainName({ facts: { declared } }: Draft): string | undefined {
  if (declared?.policy.state !== "STARTED" || declared.policy.mode !== "enforce") return undefined;
  return declared.policy.restart?.train;
}

/** A start is not held back: it ends an outage, and takes the slot with it. */
function toAskedSlot({ decision: { action } }: Draft): number | undefined {
  return action?.kind === "restart" ? (action.slotAt ?? undefined) : undefined;
}

/** A slot that was skipped before the first failure was skipped for another reason, such as a suspension. */
function wasLeft(apart: readonly Draft[], failed: readonly Draft[], slotAt: number): boolean {
  const since = Math.min(...failed.map(({ status }) => status.lastCloseAt ?? slotAt));
  return apart.some(
    ({ before: { lastSlotAt, suspended, reasonSince } }) =>
      lastSlotAt === slotAt && suspended === null && (reasonSince ?? 0) >= since,
  );
}

function byLastStart(one: Draft, other: Draft): number {
  const since = ({ status }: Draft): number => status.lastStartAt ?? -Infinity;
  if (since(one) !== since(other)) return since(one) < since(other) ? -1 : 1;
  return one.facts.processor < other.facts.processor ? -1 : 1;
}

/**
 * `moving`: its change is open, or it has not run long enough to be trusted. `failed`: the slot was used and it does
 * not run, or its change ended without a start. `apart`: the slot has not moved it.
 */
type Standing = "moving" | "good" | "failed" | "apart";

function toStanding(facts: WorkspaceFacts, { facts: member, status }: Draft, slotAt: number): Standing {
  // Whatever the change is for: it decides whether this one runs, so nobody follows before it has ended.
  if (member.hasOpenChange) return "moving";
  const { lastSlotAt, lastStartAt, lastCloseAt, suspended } = status;
  if (lastSlotAt !== slotAt || suspended !== null) return "apart";
  if ((lastStartAt ?? 0) <= slotAt) {
    // A slot that was skipped has moved nothing; one that was used ended in a change that started nothing.
    return (lastCloseAt ?? 0) <= slotAt ? "apart" : "failed";
  }
  return toRunning(facts, status);
}

/** Judged by the newest look, and by how long ago that was: what nobody has seen run for a while is not trusted. */
function toRunning(facts: WorkspaceFacts, status: Draft["status"]): Standing {
  const { observed, absences, stateSince, lastStartAt, lastCloseAt, proof } = status;
  const state = observed === null ? undefined : toObservedState(observed.state);
  if (absences > 1 || AT_REST.some((one) => one === state)) return "failed";
  // Runs and does not get on: the others would do no better.
  if (proof !== null) return proof.degraded === null ? "moving" : "failed";
  const since = Math.max(stateSince ?? 0, lastStartAt ?? 0, lastCloseAt ?? 0);
  const isProven = state === "STARTED" && absences === 0;
  return isProven && facts.observedAt - since >= facts.settings.trainHoldMs ? "good" : "moving";
}

/** A failed canary always; later one failure is a processor's own, and more than one of many is everybody's. */
function isAborted({ failed, good, moving }: Train, { settings }: WorkspaceFacts): boolean {
  if (failed.length === 0) return false;
  return (
    good === 0 || failed.length > Math.max(1, settings.trainAbortShare * (good + failed.length + moving))
  );
}

/** How many may be restarted now: up to the end of the wave that the first unproven one is in. */
function toRoom({ good, failed, moving }: Train): number {
  const proven = good + failed.length;
  return Math.max(0, toWaveEnd(proven + 1) - proven - moving);
}

/** Members up to the end of a wave, counted from the canary: 1, 3, 7, 15 ... */
function toWaveEnd(member: number): number {
  let end = 1;
  while (end < member) end = 2 * end + 1;
  return end;
}

/** As if the slot were not due; the pass records it as skipped. */
function leaving(one: Draft, slotAt: number): Draft {
  return {
    ...one,
    status: { ...one.status, lastSlotAt: slotAt },
    decision: {
      ...decide({ ...one.asked, dueSlot: undefined }),
      skips: { slotAt, why: "its train was aborted" },
    },
  };
}

function toAborted({ name, slotAt, waiting, good, failed, moving }: Train): AbortedTrain {
  const restarted = good + failed.length + moving;
  const named = failed.slice(0, NAMES_MAX).join(", ") + (failed.length > NAMES_MAX ? " ..." : "");
  return {
    processor: waiting[0]?.facts.processor ?? "",
    text:
      `train ${name} of ${new Date(slotAt).toISOString()}: ${String(failed.length)} of ${String(restarted)} ` +
      `restarted do not run (${named}); ${String(waiting.length)} are left as they are until the next slot`,
  };
}
