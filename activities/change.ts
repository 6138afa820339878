// Opening and closing a change. The row is written once per run; a run without a row posts nothing.
import { activityInfo } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { ChangeRequest, Ending, OpenChange } from "../src/domain/change/change.js";
import { judgeOpening } from "../src/domain/change/fence.js";
import { close } from "../src/domain/change/outcome.js";
import { WAITING_FOR_PLACE, judgeRefusal } from "../src/domain/change/place.js";
import { LEFT_STOPPED, toSteps } from "../src/domain/change/steps.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { CloseInput, OpenedChange } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { notYet, toTimeLeftMs } from "./failures.js";
import { seeShared } from "./observe.js";

/** The run this activity works for: what its change's row is found by. */
export function toRun(): { readonly workflowId: string; readonly runId: string } {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error("a change runs inside a workflow");
  return workflowExecution;
}

export async function openChange(
  deps: ActivityDeps,
  request: ChangeRequest,
  signal: AbortSignal,
): Promise<OpenedChange> {
  const opened = await deps.store.openChange({
    request,
    ...toRun(),
    caps: deps.settings,
    judge: (locked) => judgeOpening(request, locked),
  });
  if (opened.kind === "refused") return { kind: "refused", ending: endOrWait(deps, request, opened.ending) };
  const { change } = opened;
  const changeId = change.id;
  if (change.closedAt !== null) return { kind: "settled", changeId, ending: closedElsewhere };
  // What was stopped is started, whatever there is to see: no look that fails or finds nothing may end this.
  if (request.resumes !== null) return { kind: "open", changeId, steps: ["start"], owesStart: true };
  const seen = await seeShared(deps, {
    ref: request.ref,
    newerThan: change.openedAt,
    callClass: toCallClass(request),
    owner: toRun().runId,
    signal,
  });
  if (seen.observation !== undefined) {
    await deps.store.recordBefore(changeId, {
      state: seen.observation.state,
      tier: seen.observation.tier ?? null,
    });
  }
  const steps = toSteps(change.request, seen.observation);
  return "outcome" in steps
    ? { kind: "settled", changeId, ending: steps }
    : { kind: "open", changeId, steps, owesStart: change.owesStart };
}

/** The reserve for people is for those who wait at a terminal: a bulk request takes its turn with the changes. */
export function toCallClass({ requestedBy, isBulk }: ChangeRequest): CallClass {
  return requestedBy === "person" && !isBulk ? "person" : "change";
}

/** How a refused opening ends. Throws NotYet where it waits for a place: the run stays, nothing is written. */
function endOrWait(deps: ActivityDeps, request: ChangeRequest, refusal: Ending): Ending {
  const { pollMs } = deps.settings;
  const facts = { request, ending: refusal, pollMs, leftMs: toTimeLeftMs(), jitter: Math.random() };
  const verdict = judgeRefusal(facts);
  if (verdict.kind === "end") return verdict.ending;
  throw notYet("waiting for a place under the cap on open changes", verdict.delayMs, WAITING_FOR_PLACE);
}

const closedElsewhere: Ending = {
  outcome: "superseded",
  code: "superseded",
  text: "closed by somebody else",
};

export async function closeChange(deps: ActivityDeps, input: CloseInput): Promise<Ending> {
  const { runId } = toRun();
  const { holdRecheckMs } = deps.settings;
  const closed = await deps.store.closeChange({
    runId,
    holdRecheckMs,
    judge: (facts) => {
      const ending = toEnding(facts.change, input.ending);
      return { ...close({ ...facts, ending, seen: input.seen }), ending };
    },
  });
  if (closed === undefined) throw missingRow();
  const { outcome, code, text } = closed.ending;
  const level = code === LEFT_STOPPED ? "error" : "info";
  deps.log[level]("change.closed", { ...input.ref, outcome, code, text });
  const { project, workspace } = input.ref;
  if (closed.othersWait) await deps.runs.requestPass({ project, workspace });
  return closed.ending;
}

/** A cancel that a person asked for names them. */
function toEnding(change: OpenChange, ending: Ending): Ending {
  if (ending.outcome !== "cancelled" || change.cancelRequestedBy === null) return ending;
  return { ...ending, text: `cancelled by ${change.cancelRequestedBy}` };
}

/** Postgres is new and Temporal old, or the row was taken over: end at once, loudly, without a POST. */
export function missingRow(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    "no open change belongs to this run: it ends without a call",
    "ChangeMissing",
  );
}
