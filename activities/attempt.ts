// One attempt at a step: what it works with, and its own look at the processor.
import { admitCalls } from "../src/calls/admission.js";
import type { OpenChange, StepRow } from "../src/domain/change/change.js";
import type { Observation } from "../src/domain/observation.js";
import type { CallClass } from "../src/store/pass/budgets.js";
import type { StepInput, StepResult } from "./contract.js";
import type { ActivityDeps } from "./deps.js";

export interface Attempt {
  readonly deps: ActivityDeps;
  readonly input: StepInput;
  readonly change: OpenChange;
  readonly rows: readonly StepRow[];
  readonly row: StepRow | undefined;
  /** This step is the start that the change owes: nothing but a release or a refusal for good ends it. */
  readonly isOwed: boolean;
  readonly now: number;
  readonly callClass: CallClass;
  readonly signal: AbortSignal;
}

/** By GET, paid for: only a POST of unknown fate is judged by it. */
export async function get(
  attempt: Attempt,
): Promise<{ readonly observation: Observation | undefined; readonly observedAt: number }> {
  const { deps, input, callClass, signal } = attempt;
  const observedAt = await admitCalls(deps, { project: input.ref.project, calls: 1, callClass });
  const call = { signal, timeoutMs: deps.settings.readTimeoutMs };
  return { observation: await deps.atlas.getProcessor(input.ref, call), observedAt };
}

export function toResult(observation: Observation | undefined, observedAt: number): StepResult {
  return { seen: observation === undefined ? null : { observation, observedAt } };
}
