// Opening and closing a change. The row is written once per run, so both are idempotent; a run without a row posts
// nothing.
import type { Ending, FoundBefore, OpenChange, StepRow } from "../src/domain/change/change.js";
import type { Observation } from "../src/domain/observation.js";
import { toFirstLook } from "../src/domain/change/posting.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import { ending } from "../src/domain/change/change.js";
import { judgeOpening } from "../src/domain/change/fence.js";
import { WAITING_FOR_PLACE, judgeRefusal } from "../src/domain/change/place.js";
import { LEFT_STOPPED, toSteps } from "../src/domain/change/steps.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import { closeRow } from "./close-row.js";
import type { CloseInput, OpenedChange } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { seeShared } from "./shared-look.js";
import { MISSING, notSeen } from "./step-end.js";
import type { Wait } from "./step-end.js";

export interface OpenRequest {
  readonly request: ChangeRequest;
  /** What the change's row is found by ever after. */
  readonly run: { readonly workflowId: string; readonly runId: string };
  /** What the run may still spend on waiting for a place. */
  readonly leftMs: number;
  /** Whether an earlier attempt had a row: one that is gone now was taken away, and is not opened anew. */
  readonly hadRow: boolean;
  /** Remembers for later attempts that there is a row. */
  readonly noteRow: () => void;
  readonly signal: AbortSignal;
}

/** An open row, and what earlier attempts have written beside it. */
export interface Begun {
  readonly kind: "begun";
  readonly change: OpenChange;
  readonly steps: readonly StepRow[];
  /** How it ended, if it is closed. */
  readonly ending: Ending | undefined;
  /** Database time. */
  readonly now: number;
}

type Refused = Extract<OpenedChange, { readonly kind: "refused" }>;

/** Opens the row of the run under the caps, or finds it open. Nothing is written if it is refused or has to wait. */
export async function beginChange(
  deps: ActivityDeps,
  asked: OpenRequest,
): Promise<Begun | Refused | Wait | typeof MISSING> {
  const { request, run } = asked;
  const found = await deps.store.readChange(run.runId);
  if (found !== undefined) return { kind: "begun", ...found };
  if (asked.hadRow) return MISSING;
  const opened = await deps.store.openChangeRow({
    request,
    ...run,
    caps: deps.settings,
    judge: (locked) => judgeOpening(request, locked),
  });
  if (opened.kind === "refused") return endOrWait(deps, { ...asked, ending: opened.ending });
  asked.noteRow();
  const { change } = opened;
  return { kind: "begun", change, steps: [], ending: undefined, now: change.openedAt };
}

/** Opens the row, looks afresh, and says which steps follow. */
export async function openChange(
  deps: ActivityDeps,
  asked: OpenRequest,
): Promise<OpenedChange | Wait | typeof MISSING> {
  const begun = await beginChange(deps, asked);
  if (begun.kind !== "begun") return begun;
  const found = await findSteps(deps, asked, begun);
  return found.kind === "wait" ? found : noteBefore(deps, found);
}

export interface FoundSteps {
  readonly kind: "found";
  readonly opened: Exclude<OpenedChange, Refused>;
  /** What the look found, if the row does not say it: to be noted, or to be handed to the fence. */
  readonly before: FoundBefore | null;
}

/** Which steps an open change takes, by a look that is no older than its beginning. Writes nothing. */
export async function findSteps(
  deps: ActivityDeps,
  { request, run, signal }: OpenRequest,
  { change }: Begun,
): Promise<FoundSteps | Wait> {
  const changeId = change.id;
  if (change.closedAt !== null) return withoutBefore({ kind: "settled", changeId, ending: CLOSED_ELSEWHERE });
  // What was stopped is started, whatever there is to see: no look that fails or finds nothing may end this.
  if (request.resumes !== null)
    return withoutBefore({ kind: "open", changeId, steps: ["start"], owesStart: true });
  const seen = await seeShared(deps, {
    ref: request.ref,
    ...toFirstLook(change, deps.settings),
    callClass: toCallClass(request),
    owner: run.runId,
    signal,
  });
  if (seen === undefined) return notSeen(deps);
  const before = toBefore(change, seen.observation);
  const steps = toSteps(change.request, seen.observation);
  return "outcome" in steps
    ? { kind: "found", before, opened: { kind: "settled", changeId, ending: steps } }
    : { kind: "found", before, opened: { kind: "open", changeId, steps, owesStart: change.owesStart } };
}

export const withoutBefore = (opened: FoundSteps["opened"]): FoundSteps => ({
  kind: "found",
  opened,
  before: null,
});

function toBefore(
  { stateBefore, tierBefore }: OpenChange,
  observation: Observation | undefined,
): FoundBefore | null {
  if (observation === undefined) return null;
  const { state, tier = null } = observation;
  return state === stateBefore && tier === tierBefore ? null : { state, tier };
}

/** For a change whose steps are left to other activities, or that takes none. */
export async function noteBefore(
  deps: ActivityDeps,
  { opened, before }: FoundSteps,
): Promise<FoundSteps["opened"]> {
  if (before !== null) await deps.store.recordBefore(opened.changeId, before);
  return opened;
}

/** The reserve for people is for those who wait at a terminal: a bulk request takes its turn with the changes. */
export function toCallClass({ requestedBy, isBulk }: ChangeRequest): CallClass {
  return requestedBy === "person" && !isBulk ? "person" : "change";
}

/** A refused opening ends the run, or waits for a place: the run stays, and nothing is written. */
function endOrWait(
  { settings }: ActivityDeps,
  refusal: { readonly request: ChangeRequest; readonly ending: Ending; readonly leftMs: number },
): Refused | Wait {
  // Those who wait together come again apart.
  const verdict = judgeRefusal({ ...refusal, pollMs: settings.pollMs, jitter: Math.random() });
  if (verdict.kind === "end") return { kind: "refused", ending: verdict.ending };
  const why = "waiting for a place under the cap on open changes";
  return { kind: "wait", why, delayMs: verdict.delayMs, waitsFor: WAITING_FOR_PLACE };
}

const CLOSED_ELSEWHERE = ending("superseded", "superseded", "closed by somebody else");

/** Closes the run's row and says how it ended, also if it was closed before. Undefined: the run has no row. */
export async function closeChange(
  deps: ActivityDeps,
  input: CloseInput,
  runId: string,
): Promise<Ending | undefined> {
  const { ref, seen } = input;
  const closed = await closeRow(deps, {
    ref,
    runId,
    seen,
    toEnding: (change) => toEnding(change, input.ending),
  });
  if (closed === undefined) return undefined;
  const { outcome, code, text } = closed.ending;
  const level = code === LEFT_STOPPED ? "error" : "info";
  deps.log[level]("change.closed", { ...ref, change: closed.facts?.change.id, outcome, code, text });
  const { project, workspace } = ref;
  // Its place under the caps is free: those who wait for one need not wait for the next tick.
  if (closed.othersWait) await deps.runs.requestPass({ project, workspace });
  return closed.ending;
}

/** A cancel that a person asked for names them. */
function toEnding(change: OpenChange, asked: Ending): Ending {
  if (asked.outcome !== "cancelled" || change.cancelRequestedBy === null) return asked;
  return { ...asked, text: `cancelled by ${change.cancelRequestedBy}` };
}
