// One change of one processor: open the row, take the steps, close the row; all in one activity if it takes one step.
// Its id is the mutex. Which step follows is
// the domain's to say; what became of a step comes as data out of the activity's failure. Two things must stay true: a
// row that was opened is closed, whatever fails and whoever cancels; and a processor that this run stopped is started
// again, without a time-out, unless somebody releases it. Histories of running changes replay this file: test/replay
// fails if it strays.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  TimeoutFailure,
  isCancellation,
  log,
  proxyActivities,
} from "@temporalio/workflow";
import type { Activities, ChangeMade, CloseInput, OpenedChange, StepResult } from "../activities/contract.js";
import type { Ending, StepName } from "../src/domain/change/change.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import { toNextStep } from "../src/domain/change/steps.js";
import type { StepOutcome } from "../src/domain/change/steps.js";
import { TIMES } from "../src/domain/times.js";
import type { AddressedChange, ChangeResult } from "../src/domain/change/messages.js";

/** Waiting is retries of one activity, which cost no history; a cancel is told to it and waited for. */
const step = {
  startToCloseTimeout: TIMES.stepMs,
  heartbeatTimeout: TIMES.heartbeatMs,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "1 minute" },
} as const;
const { openChange, makeChange, stop, startWith } = proxyActivities<Activities>({
  ...step,
  scheduleToCloseTimeout: TIMES.patienceMs,
});
/** A start that a restart owes has no overall time-out, nor has taking over the row that owes it. */
const { openChange: takeOver, startWith: startOwed } = proxyActivities<Activities>(step);
/** Without an end: a row that is left open would keep its processor from every later change. */
const { closeChange } = proxyActivities<Activities>({
  startToCloseTimeout: TIMES.closeMs,
  retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "30 seconds" },
});

/** Never fails for what Atlas or Postgres said: that is how it ended. Fails only if its row was taken away from it. */
export async function changeProcessor(request: AddressedChange): Promise<ChangeResult> {
  const { ref } = request;
  const opened = await openOrEnd(request);
  if (opened.kind === "refused") return { ...opened.ending, changeId: null };
  if (opened.kind === "closed") return { ...opened.ending, changeId: opened.changeId };
  const { ending, seen } =
    opened.kind === "settled" ? { ending: opened.ending, seen: null } : await takeSteps(request, opened);
  const closed = await CancellationScope.nonCancellable(() => closeChange({ ref, ending, seen }));
  return { ...closed, changeId: opened.changeId };
}

/** A row that was opened before its look failed is closed with what went wrong. */
async function openOrEnd(request: AddressedChange): Promise<ChangeMade> {
  try {
    if (request.resumes !== null) return await takeOver(request);
    return await (request.inOne === true ? makeChange(request) : openChange(request));
  } catch (error) {
    if (isMissing(error)) throw error;
    const { outcome, code, text } = toStepFailure(error);
    return CancellationScope.nonCancellable(() => closeUnopened(request, { outcome, code, text }));
  }
}

/** The opening may have failed before or after it wrote its row; only closing tells which. */
async function closeUnopened(request: ChangeRequest, ending: Ending): Promise<OpenedChange> {
  try {
    return { kind: "refused", ending: await closeChange({ ref: request.ref, ending, seen: null }) };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { kind: "refused", ending };
  }
}

interface Progress {
  readonly ending: Ending;
  readonly seen: CloseInput["seen"];
}

async function takeSteps(
  { ref }: ChangeRequest,
  opened: Extract<OpenedChange, { kind: "open" }>,
): Promise<Progress> {
  const done: StepOutcome[] = [];
  let seen: CloseInput["seen"] = null;
  for (;;) {
    const next = toNextStep(opened.steps, done, opened.owesStart);
    if (next.kind === "end") return { ending: next.ending, seen };
    try {
      seen = (await takeStep(ref, next)).seen ?? seen;
      done.push({ step: next.step });
    } catch (error) {
      if (isMissing(error)) throw error;
      done.push({ step: next.step, failure: toStepFailure(error) });
    }
  }
}

function takeStep(
  ref: ChangeRequest["ref"],
  next: { readonly step: StepName; readonly isOwed: boolean },
): Promise<StepResult> {
  const input = { ref, step: next.step };
  if (next.step === "stop") return stop(input);
  return next.isOwed ? startOwed(input) : startWith(input);
}

/** Postgres was made anew, or another run has taken the row over: this run has nothing left to write to. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === "ChangeMissing"
  );
}

type StepFailure = NonNullable<StepOutcome["failure"]>;

/**
 * What a failed activity says of the change. An unknown failure is data too: the row must be closed whatever happens.
 */
function toStepFailure(error: unknown): StepFailure {
  if (isCancellation(error)) {
    return { outcome: "cancelled", code: "cancelled", text: "cancelled", isRefusal: false };
  }
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type === "StepEnded") {
    return (cause.details?.[0] ?? toUnknown(cause)) as StepFailure;
  }
  if (cause instanceof TimeoutFailure || isOutOfTime(error)) {
    return {
      outcome: "failed",
      code: "atlas.unavailable",
      text: "gave up waiting for Atlas",
      isRefusal: false,
    };
  }
  return toUnknown(cause);
}

/** No attempt was left, whatever the last one said. */
function isOutOfTime(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === "TIMEOUT";
}

function toUnknown(cause: unknown): StepFailure {
  const code = cause instanceof ApplicationFailure ? (cause.type ?? "unexpected") : "unexpected";
  const text = cause instanceof Error ? cause.message : String(cause);
  log.error("step.failed", { code, text });
  return { outcome: "failed", code, text, isRefusal: false };
}
