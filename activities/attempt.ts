// One attempt at a step: what it works with, and its two ways of looking at the processor.
import { admitCalls } from "../src/calls/admission.js";
import type { FoundBefore, OpenChange, StepRow } from "../src/domain/change/change.js";
import type { Observation } from "../src/domain/observation.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { StepInput } from "./contract.js";
import type { ActivityDeps } from "./deps.js";
import { seeShared } from "./shared-look.js";
import type { Seen } from "./shared-look.js";

export interface Attempt {
  readonly deps: ActivityDeps;
  readonly input: StepInput;
  /** Of the change, and so of its row. */
  readonly runId: string;
  readonly change: OpenChange;
  readonly rows: readonly StepRow[];
  /** What this attempt found, if the row does not say it yet. */
  readonly before: FoundBefore | null;
  /** Of this step; undefined if no attempt has passed the fence. */
  readonly row: StepRow | undefined;
  /** This step is the start that the change owes: nothing but a release or a refusal for good ends it. */
  readonly isOwed: boolean;
  /** Database time when the rows were read. */
  readonly now: number;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

/** By GET, paid for: only a POST of unknown fate, or a refusal that may mean "already so", is judged by it. */
export async function get(
  attempt: Attempt,
): Promise<{ readonly observation: Observation | undefined; readonly observedAt: number }> {
  const { deps, input, callClass, signal } = attempt;
  const observedAt = await admitCalls(deps, { project: input.ref.project, calls: 1, callClass });
  const call = { signal, timeoutMs: deps.settings.readTimeoutMs };
  return { observation: await deps.atlas.getProcessor(input.ref, call), observedAt };
}

/** The shared observation, on this change's behalf. Undefined: not yet. */
export function see(
  { deps, input, runId, callClass, signal }: Attempt,
  wanted: { readonly newerThan: number; readonly maxAgeMs: number },
): Promise<Seen | undefined> {
  return seeShared(deps, { ref: input.ref, callClass, owner: runId, signal, ...wanted });
}
