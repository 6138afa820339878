// Which class a failure would have, and what would be done about it: of a text that somebody has at hand, by the
// policies of a file or by Headgate's own rules, or of what is stored of a processor. Calls nobody but Postgres.
import { findFailure, judgeFailure } from "../../domain/decide/judged-failure.js";
import type { JudgedFailure } from "../../domain/decide/judged-failure.js";
import { toClassProperties } from "../../domain/failure-classes.js";
import type { Policy } from "../../domain/policy.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { NEW_STATUS } from "../../domain/status.js";
import { createPatterns } from "../../policy-file/patterns.js";
import { readStanding } from "../../store/people/standing.js";
import type { AppDeps } from "../deps.js";
import { selectProcessors } from "../select.js";

export interface ToldClass extends JudgedFailure {
  readonly meaning: string;
  /** Whose policies say so; empty for Headgate's own rules alone. */
  readonly processors: readonly string[];
}

interface TypedFailure {
  readonly text: string;
  /** Of the HTTP answer. */
  readonly status: number | null;
}

/** One for each answer that the policies give; without policies one. */
export function classifyText(
  failure: TypedFailure,
  policies: readonly { readonly ref: ProcessorRef; readonly policy: Policy }[],
): readonly ToldClass[] {
  const finds = createPatterns();
  const judge = (policy?: Policy): JudgedFailure => judgeTyped(failure, policy, finds);
  if (policies.length === 0) return [toTold(judge(), [])];
  const told = new Map<string, ToldClass>();
  for (const { ref, policy } of policies) {
    const judged = judge(policy);
    const key = JSON.stringify(judged);
    const processors = [...(told.get(key)?.processors ?? []), formatProcessorRef(ref)];
    told.set(key, toTold(judged, processors));
  }
  return [...told.values()];
}

/** As if it had FAILED of it, or been refused so, a moment after the policy was declared. */
function judgeTyped(
  { text, status }: TypedFailure,
  policy: Policy | undefined,
  finds: ReturnType<typeof createPatterns>,
): JudgedFailure {
  const { tier } = policy?.start ?? {};
  const shown = tier === undefined ? {} : { tier };
  const observation = {
    atlasId: "",
    processor: "",
    state: "FAILED",
    autoscaled: false,
    errorMessage: text,
    ...shown,
  };
  const refusal = status === null ? null : { status, errorCode: null, text };
  const judged = judgeFailure(
    {
      declared: policy === undefined ? undefined : { policy, version: 1, declaredAt: 0 },
      status: {
        ...NEW_STATUS,
        stateCause: "elsewhere",
        ...(refusal === null ? { stateSince: 1 } : { refusal, lastCloseAt: 1 }),
      },
      observation,
    },
    finds,
  );
  if (judged === undefined) throw new Error("what FAILED has a class");
  return judged;
}

function toTold(judged: JudgedFailure, processors: readonly string[]): ToldClass {
  return { ...judged, meaning: toClassProperties(judged.class).meaning, processors };
}

/** Undefined where nothing has failed. Throws `request.unknown` for a processor that nobody declared or saw. */
export async function classifyStored(
  deps: Pick<AppDeps, "store">,
  ref: ProcessorRef,
): Promise<{ readonly text: string; readonly told: ToldClass } | undefined> {
  await selectProcessors(deps, [ref]);
  const { policy, status } = await readStanding(deps.store, ref);
  const observation = status.absences > 0 ? undefined : (status.observed ?? undefined);
  const judged = judgeFailure({ declared: policy?.declared, status, observation }, createPatterns());
  if (judged === undefined) return undefined;
  const text = (observation && findFailure(status, observation)?.text) ?? "";
  return { text, told: toTold(judged, [formatProcessorRef(ref)]) };
}
