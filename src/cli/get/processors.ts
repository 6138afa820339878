// `get processors`: the table a person on call looks at first.
import type { ProcessorListing } from "../../app/look/page-listing.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { Tone } from "../terminal/context.js";
import { formatAge } from "../terminal/output.js";
import { formatStateText } from "../terminal/state-text.js";
import type { Noun } from "./noun.js";
import { toReasonTone, toStateTone } from "./tones.js";

export const processors: Noun<ProcessorListing> = {
  name: "processors",
  description: "the declared and observed state of each processor, with the reason",
  pages: ({ pageProcessors }) => pageProcessors,
  label: ({ ref }) => formatProcessorRef(ref),
  steady: (row) => ({ ...row, observedAt: null }),
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    {
      title: "DECLARED",
      cell: ({ declaredState, declaredTier }) => formatStateText(declaredState, declaredTier),
    },
    {
      title: "OBSERVED",
      cell: ({ isAbsent, state, tier }) => (isAbsent ? "absent" : formatStateText(state, tier)),
      tone: toObservedTone,
    },
    {
      title: "SINCE",
      cell: ({ reasonSince }) => (reasonSince === null ? "-" : formatAge(now() - reasonSince)),
    },
    {
      title: "WHY",
      cell: ({ reason }) => reason ?? "not observed yet",
      tone: ({ reasonCode }) => toReasonTone(reasonCode),
    },
  ],
  examples: ["--condition failed parked missing", "'*/orders' --condition drifting --watch"],
};

function toObservedTone({ isAbsent, state, declaredState }: ProcessorListing): Tone | undefined {
  if (isAbsent) return declaredState === null ? "quiet" : "bad";
  return toStateTone(state, declaredState);
}
