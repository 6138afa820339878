// One processor of a replay: what Atlas would show of it, and what Headgate would remember. Pure: every step makes a
// new one. A change is carried out at once and closed by the function that closes real ones.
import type { Answer, StepRow } from "../change/change.js";
import { close } from "../change/outcome.js";
import { toPlannedRequest } from "../change/requests.js";
import type { PlannedChange } from "../decide/workspace-plan.js";
import { withoutAttempts } from "../decide/recovery.js";
import type { Observation } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { Approval } from "../rungs.js";
import { toPositionKey } from "../start-options.js";
import type { StartOptions } from "../start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { findNearestResult } from "./recording.js";
import type { RecordedEvent, Script, StartResult } from "./recording.js";

export interface Replayed {
  readonly status: ProcessorStatus;
  /** Null: not in Atlas. */
  readonly world: Observation | null;
  /** Who is named for its last move, if somebody is. */
  readonly by: string | null;
  /** What a start of the replay will have come to. */
  readonly crash: { readonly at: number; readonly text: string } | null;
}

export function toReplayed({ status }: Script): Replayed {
  return { status, world: status.absences > 0 ? null : status.observed, by: null, crash: null };
}

const isAtRest = ({ state }: Observation): boolean =>
  ["STOPPED", "CREATED", "FAILED"].includes(toObservedState(state));

/** What it shows in another state: the text of a failure is none of it. */
function inState(state: string, { atlasId, processor, autoscaled, tier }: Observation): Observation {
  return { atlasId, processor, autoscaled, state, ...(tier === undefined ? {} : { tier }) };
}

/** A failure hits what runs; what rests has nothing to lose by it. */
export function withCrash(one: Replayed, text: string): Replayed {
  if (one.world === null || isAtRest(one.world)) return { ...one, crash: null };
  return { ...one, crash: null, world: { ...one.world, state: "FAILED", errorMessage: text } };
}

/** `version`: of the policy that the replay has in force then; a word about one that was is about this one. */
export function withEvent(one: Replayed, event: RecordedEvent, version: number | undefined): Replayed {
  switch (event.kind) {
    case "gone":
      return { ...one, world: null };
    case "suspended":
      return { ...one, status: { ...one.status, suspended: event.suspended } };
    case "forgiven":
      return { ...one, status: { ...withoutAttempts(one.status), forgivenAt: event.at } };
    case "approved":
      return { ...one, status: withApproval(one.status, event.approval, version) };
    case "placed":
      return { ...one, status: { ...one.status, position: event.position } };
    case "personal":
      return withPersonal(one, event.change, event.at);
    case "seen":
      return withSeen(one, event);
  }
}

function withApproval(
  status: ProcessorStatus,
  approval: Approval,
  version = approval.version,
): ProcessorStatus {
  return { ...withoutAttempts(status), approval: { ...approval, version } };
}

/** The tier stays that of the replay where only the state moved. */
function withSeen(one: Replayed, { observation, by }: Extract<RecordedEvent, { kind: "seen" }>): Replayed {
  const { world } = one;
  const { state, errorMessage } = observation;
  if (world === null || world.atlasId !== observation.atlasId) return { ...one, world: observation, by };
  if (toObservedState(state) === "FAILED") return withCrash(one, errorMessage ?? "");
  const isMove = world.state !== state && toObservedState(state) !== "STARTED";
  return { ...one, by, world: isMove ? inState(state, world) : observation };
}

/** A person's own change ends as it did, and counts are forgotten by a start. */
function withPersonal(one: Replayed, kind: PlannedChange["kind"], at: number): Replayed {
  if (one.world === null) return one;
  const world = inState(kind === "stop" ? "STOPPED" : "STARTED", one.world);
  if (kind === "stop") return { ...one, world };
  return { ...one, world, crash: null, status: { ...withoutAttempts(one.status), lastStartAt: at } };
}

export interface Carried {
  readonly planned: PlannedChange;
  readonly options: StartOptions;
  readonly declared: DeclaredPolicy;
  readonly now: number;
}

/** A planned change, carried out and closed. */
export function withChange(one: Replayed, carried: Carried, results: Script["results"]): Replayed {
  const { planned, now } = carried;
  const result = planned.kind === "stop" ? undefined : findNearestResult(results, now);
  const world = one.world === null ? null : toWorldAfter(one.world, carried, result);
  const { status } = close({
    change: {
      id: "replayed",
      request: toPlannedRequest(planned),
      openedAt: now,
      closedAt: null,
      stateBefore: one.world?.state ?? null,
      tierBefore: one.world?.tier ?? null,
      owesStart: false,
      cancelRequestedBy: null,
    },
    ending: toEnding(result),
    steps: [toStep(carried, result)],
    seen: world === null ? null : { observation: world, observedAt: now + 1 },
    declared: carried.declared,
    status: withSpent(one.status, toPositionKey(carried.options)),
    hold: null,
    now: now + 1,
  });
  const failure = result?.isSuccess === true ? result.failure : null;
  const crash = failure === null ? null : { at: now + 1 + failure.afterMs, text: failure.text };
  return { ...one, status, world, by: null, crash };
}

/** As a fence leaves it. */
function withSpent(status: ProcessorStatus, key: string | undefined): ProcessorStatus {
  if (key === undefined || status.positionsSpent.includes(key)) return status;
  return { ...status, positionsSpent: [...status.positionsSpent, key] };
}

function toEnding(result: StartResult | undefined): Parameters<typeof close>[0]["ending"] {
  return result === undefined || result.isSuccess
    ? { outcome: "succeeded", code: "done", text: "as the recorded one next to it" }
    : { outcome: "failed", code: result.code, text: result.text };
}

function toWorldAfter(
  world: Observation,
  { planned, options }: Carried,
  result: StartResult | undefined,
): Observation {
  if (planned.kind === "stop") return inState("STOPPED", world);
  const tiered = options.tier === undefined ? world : { ...world, tier: options.tier };
  if (result === undefined || result.isSuccess) return inState("STARTED", tiered);
  // What was refused left it as it was; what was taken and did not get there has failed.
  return result.answer === null ? { ...tiered, state: "FAILED", errorMessage: result.text } : world;
}

function toStep({ planned, options, now }: Carried, result: StartResult | undefined): StepRow {
  const answer: Answer | null = result?.isSuccess === false ? result.answer : null;
  return {
    step: planned.kind === "stop" ? "stop" : "start",
    attempt: 1,
    posts: 1,
    fencedAt: now,
    horizonAt: now + 1,
    answeredAt: now + 1,
    fate: answer === null ? "applied" : "refused",
    answer,
    options,
    positionKey: toPositionKey(options) ?? null,
  };
}
