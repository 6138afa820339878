// What other policies would have done with what happened: the recorded past of each processor that files name, replayed
// under the policies that were in force and under those of the files. Reads only; a workspace is held at a time.
import { addCounts, comparePolicies } from "../../domain/replay/compare.js";
import type { Candidate, Counts, ProcessorDifference } from "../../domain/replay/compare.js";
import { createScheduler } from "../../domain/decide/schedule.js";
import type { Policy } from "../../domain/policy.js";
import { formatWorkspaceRef, toWorkspaceRefs } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Since } from "../../domain/tell/listing.js";
import { AppError } from "../../base/errors.js";
import { createPatterns } from "../../policy-file/patterns.js";
import { readRecording } from "../../store/people/recordings.js";
import { readClock } from "../../store/postgres/clock.js";
import type { AppDeps } from "../deps.js";

export interface ReplayRequest {
  readonly processors: readonly { readonly ref: ProcessorRef; readonly policy: Policy }[];
  readonly since: Since;
}

export interface ReplayedProcessor extends Omit<ProcessorDifference, "processor"> {
  readonly ref: ProcessorRef;
}

export interface PolicyReplay {
  /** Epoch ms, of the database's clock. */
  readonly from: number;
  readonly to: number;
  /** By name, those that would not have differed among them. */
  readonly processors: readonly ReplayedProcessor[];
  readonly total: { readonly inForce: Counts; readonly instead: Counts };
  /** Nothing was recorded of these, so nothing can be said. */
  readonly notRecorded: readonly ProcessorRef[];
}

/** One statement a processor. Throws `request.refused` for a span that has not begun. */
export async function replayPolicies(
  deps: Pick<AppDeps, "store" | "settings">,
  { processors, since }: ReplayRequest,
): Promise<PolicyReplay> {
  const to = await readClock(deps.store);
  const from = since.kind === "at" ? since.at : to - since.ms;
  if (from >= to) {
    throw new AppError(
      "request.refused",
      `the span would begin at ${new Date(from).toISOString()}, which has not come yet`,
    );
  }
  const told: ReplayedProcessor[] = [];
  const notRecorded: ProcessorRef[] = [];
  const tools = { scheduler: createScheduler(), finds: createPatterns() };
  for (const workspace of toWorkspaceRefs(processors.map(({ ref }) => ref))) {
    const ours = processors.filter(({ ref }) => formatWorkspaceRef(ref) === formatWorkspaceRef(workspace));
    const candidates: Candidate[] = [];
    const cut = new Set<string>();
    for (const { ref, policy } of ours) {
      const { recording, inForce, isEmpty, isCut } = await readRecording(deps.store, ref, from);
      if (isEmpty) notRecorded.push(ref);
      else candidates.push({ recording, inForce, instead: policy });
      if (isCut) cut.add(ref.processor);
    }
    const compared = comparePolicies({
      ref: workspace,
      candidates,
      span: { from, to },
      settings: deps.settings,
      tools,
    });
    for (const { processor, isCut, ...one } of compared)
      told.push({ ref: { ...workspace, processor }, ...one, isCut: isCut || cut.has(processor) });
  }
  return {
    from,
    to,
    processors: told,
    total: {
      inForce: addCounts(told.map(({ inForce }) => inForce)),
      instead: addCounts(told.map(({ instead }) => instead)),
    },
    notRecorded,
  };
}
