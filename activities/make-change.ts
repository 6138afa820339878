// A change of one step, from its opening to its close, in one activity. Three activities would cost twice the history
// and twice the time of a start; what each of them promises holds here as well, because an attempt begins from the rows
// that earlier ones have written, wherever those were cut off.
import { toNextStep } from "../src/domain/change/steps.js";
import type { StepOutcome } from "../src/domain/change/steps.js";
import type { Ending, StepName } from "../src/domain/change/change.js";
import { TIMES } from "../src/domain/times.js";
import { beginChange, closeChange, findSteps, noteBefore, withoutBefore } from "./change.js";
import type { Begun, FoundSteps, OpenRequest } from "./change.js";
import type { ChangeMade, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { MISSING } from "./step-end.js";
import type { Wait } from "./step-end.js";
import { attemptFrom } from "./step.js";

/** One attempt. Idempotent: what earlier ones have done is found in the rows, and a closed row says how it ended. */
export async function makeChange(
  deps: ActivityDeps,
  asked: OpenRequest,
): Promise<ChangeMade | Wait | typeof MISSING> {
  const begun = await beginChange(deps, asked);
  if (begun.kind !== "begun") return begun;
  const changeId = begun.change.id;
  if (begun.ending !== undefined) return { kind: "closed", changeId, ending: begun.ending };
  const [taken] = begun.steps;
  const found = taken === undefined ? await findSteps(deps, asked, begun) : toOpen(begun, taken.step);
  if (found.kind === "wait") return found;
  const step = findOnlyStep(found.opened, asked);
  if (step !== undefined) return take(deps, asked, { begun, step, before: found.before });
  const next = await noteBefore(deps, found);
  return next.kind === "settled"
    ? closeWith(deps, asked, { changeId, ending: next.ending, seen: null })
    : next;
}

/** Undefined if the change takes no step, several, or one that is left to an activity of its own. */
function findOnlyStep(opened: FoundSteps["opened"], { leftMs }: OpenRequest): StepName | undefined {
  if (opened.kind !== "open" || opened.steps.length !== 1 || opened.owesStart) return undefined;
  // An activity of its own has time of its own: a place that was long waited for leaves a step too little.
  return leftMs < TIMES.patienceMs / 2 ? undefined : opened.steps[0];
}

const toOpen = ({ change }: Begun, step: StepName): FoundSteps =>
  withoutBefore({ kind: "open", changeId: change.id, steps: [step], owesStart: change.owesStart });

async function take(
  deps: ActivityDeps,
  asked: OpenRequest,
  { begun, step, before }: Pick<FoundSteps, "before"> & { readonly begun: Begun; readonly step: StepName },
): Promise<ChangeMade | Wait | typeof MISSING> {
  const { ref } = asked.request;
  const request = { input: { ref, step }, runId: asked.run.runId, signal: asked.signal };
  const end = await attemptFrom(deps, request, { ...begun, before });
  const changeId = begun.change.id;
  switch (end.kind) {
    case "wait":
    case "missing":
      return end;
    case "done":
      return closeWith(deps, asked, { changeId, ending: toEnding({ step }), seen: end.seen });
    case "ended": {
      const failure = { ...end.ending, isRefusal: end.isRefusal };
      return closeWith(deps, asked, { changeId, ending: toEnding({ step, failure }), seen: null });
    }
  }
}

/** Of a change of one step, which owes nothing: whatever the step came to is its end. */
function toEnding(outcome: StepOutcome): Ending {
  const next = toNextStep([outcome.step], [outcome], false);
  if (next.kind !== "end") throw new Error("nothing follows the only step");
  return next.ending;
}

async function closeWith(
  deps: ActivityDeps,
  { request, run }: OpenRequest,
  {
    changeId,
    ending,
    seen,
  }: { readonly changeId: string; readonly ending: Ending; readonly seen: StepResult["seen"] },
): Promise<ChangeMade | typeof MISSING> {
  const closed = await closeChange(deps, { ref: request.ref, ending, seen }, run.runId);
  return closed === undefined ? MISSING : { kind: "closed", changeId, ending: closed };
}
