// Which steps a change takes: from a fresh observation at its beginning, and from what its steps have come to. Pure.
// A restart never leaves a processor worse than it found it: what it stopped, it starts.
import type { Ending, EndingCode, StepName } from "./change.js";
import type { ChangeRequest } from "./requests.js";
import { ending } from "./change.js";
import type { Observation, ObservedState } from "../observation.js";
import { toObservedState } from "../observation.js";

/** How a restart ends that could give back nothing of what it stopped. */
export const LEFT_STOPPED = "left-stopped" satisfies EndingCode;

/**
 * The steps of a change, from a fresh observation; or its end, where nothing is left to do or the world has moved on.
 */
export function toSteps(
  request: ChangeRequest,
  observation: Observation | undefined,
): readonly StepName[] | Ending {
  if (observation === undefined) return notFound(request);
  const state = toObservedState(observation.state);
  if (state === "TRANSITIONAL" || state === "UNKNOWN") {
    return mayInterrupt(request) ? ["stop"] : movedOn(request, observation);
  }
  return state === "STARTED" ? toStepsFromRunning(request) : toStepsFromRest(request, { observation, state });
}

/**
 * A pass waits until the processor has come to rest. Only a person's stop is sent to what is in transition, or in a
 * state we do not know.
 */
export function mayInterrupt({ requestedBy, kind }: Pick<ChangeRequest, "requestedBy" | "kind">): boolean {
  return requestedBy === "person" && kind === "stop";
}

/** Options given to a plain start of what runs would be dropped in silence: it is refused, with what to ask instead. */
function toStepsFromRunning(request: ChangeRequest): readonly StepName[] | Ending {
  if (request.kind === "stop") return ["stop"];
  if (request.kind === "restart") return ["stop", "start"];
  return request.options === null
    ? ending("succeeded", "already-as-wanted", "already STARTED")
    : ending("failed", "wrong-state", "is STARTED: use restart to give it other options");
}

/** A person's restart starts what rests. A pass's was planned for what ran: it looks again. */
function toStepsFromRest(
  request: ChangeRequest,
  seen: { readonly observation: Observation; readonly state: Exclude<ObservedState, "STARTED"> },
): readonly StepName[] | Ending {
  if (request.kind === "start") return ["start"];
  if (request.kind === "stop") return ending("succeeded", "already-as-wanted", `already ${seen.state}`);
  return request.requestedBy === "person" ? ["start"] : movedOn(request, seen.observation);
}

/** To a pass it is news, to a person a failure. */
function notFound(request: ChangeRequest): Ending {
  return request.requestedBy === "pass"
    ? ending("superseded", "missing", "no longer in Atlas")
    : ending("failed", "missing", "Atlas has no such processor");
}

/** The observation that a pass planned from is no longer true; a person is told what to do. */
function movedOn(request: ChangeRequest, observation: Observation): Ending {
  return request.requestedBy === "pass"
    ? ending("superseded", "moved-on", `is ${observation.state} by now: the next pass looks again`)
    : ending("failed", "wrong-state", `is ${observation.state}: try again when it has come to rest`);
}

export interface StepOutcome {
  readonly step: StepName;
  /** Absent: it took effect. */
  readonly failure?: Ending & { readonly isRefusal: boolean };
}

export type NextStep =
  | { readonly kind: "step"; readonly step: StepName; readonly isOwed: boolean }
  | { readonly kind: "end"; readonly ending: Ending };

/** What follows the steps done so far: another step, or the end. `owesStart`: the row was taken over after its stop. */
export function toNextStep(
  steps: readonly StepName[],
  done: readonly StepOutcome[],
  owesStart: boolean,
): NextStep {
  const last = done.at(-1);
  if (last === undefined) return toStep(steps[0], owesStart);
  const isOwed =
    owesStart || done.some(({ step, failure }) => step === "stop" && failure?.isRefusal !== true);
  return last.failure === undefined
    ? afterSuccess({ steps, done, last, isOwed })
    : afterFailure({ steps, failure: last.failure, last, isOwed });
}

/**
 * A step that worked may still end a failed change: the fallback starts the processor, and the failure is what is told.
 */
function afterSuccess(facts: {
  readonly steps: readonly StepName[];
  readonly done: readonly StepOutcome[];
  readonly last: StepOutcome;
  readonly isOwed: boolean;
}): NextStep {
  const next =
    facts.last.step === "fallback" ? undefined : facts.steps[facts.steps.indexOf(facts.last.step) + 1];
  if (next !== undefined) return toStep(next, facts.isOwed);
  const failed = facts.done.find(({ failure }) => failure !== undefined);
  if (failed?.failure === undefined) return { kind: "end", ending: ending("succeeded", "done", "as asked") };
  const { code, text } = failed.failure;
  const rest = failed.step === "start" ? "started with its old tier" : "it runs";
  return { kind: "end", ending: { outcome: "failed", code, text: `${text}; ${rest}` } };
}

/** A debt goes on: to the start, or from a start that was refused for good to the tier it ran on before. */
function afterFailure(facts: {
  readonly steps: readonly StepName[];
  readonly last: StepOutcome;
  readonly failure: NonNullable<StepOutcome["failure"]>;
  readonly isOwed: boolean;
}): NextStep {
  const { isRefusal, ...end } = facts.failure;
  const isStillOwed = facts.isOwed && end.outcome === "failed";
  if (isStillOwed && facts.last.step === "stop" && facts.steps.includes("start"))
    return toStep("start", true);
  if (isStillOwed && facts.last.step === "start" && isRefusal) return toStep("fallback", true);
  return { kind: "end", ending: isStillOwed && isRefusal ? toLeftStopped(end) : end };
}

/** The end that a restart must tell loudly: Atlas takes back neither the new tier nor the old one. */
function toLeftStopped({ text }: Ending): Ending {
  return ending(
    "failed",
    LEFT_STOPPED,
    `${text}; it was stopped and is left so: its old tier is refused too`,
  );
}

function toStep(step: StepName | undefined, isOwed: boolean): NextStep {
  if (step === undefined) throw new Error("a change without steps has ended before its first");
  return { kind: "step", step, isOwed };
}
