// `get processors`: the table a person on call looks at first.
import type { ProcessorListing } from "../../app/look/page-listing.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { Tone } from "../terminal/context.js";
import { formatAge } from "../terminal/output.js";
import { formatStateText } from "../terminal/state-text.js";
import type { Noun } from "./noun.js";
import { toReasonTone, toStateTone } from "./tones.js";

// Two states stand side by side, the declared one first, and the reason stands last because it is the longest. The
// reason is stored by the pass that decided it. So the table says what Headgate acts by, not what it would decide now.
export const processors: Noun<ProcessorListing> = {
  name: "processors",
  description: "the declared and observed state of each processor, with the reason",
  pages: ({ pageProcessors }) => pageProcessors,
  label: ({ ref }) => formatProcessorRef(ref),
  // Every pass looks again: with the time of that, --watch would print the whole fleet each time.
  steady: (row) => ({ ...row, observedAt: null }),
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    {
      title: "DECLARED",
      cell: ({ declaredState, declaredTier }) => formatStateText(declaredState, declaredTier),
    },
    {
      title: "OBSERVED",
      // The state is the last one seen: of a processor that is gone it would read as if it were there.
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
  // What a person on call types first.
  examples: ["--condition failed parked missing", "'*/orders' --condition drifting --watch"],
};

function toObservedTone({ isAbsent, state, declaredState }: ProcessorListing): Tone | undefined {
  if (isAbsent) return declaredState === null ? "quiet" : "bad";
  return toStateTone(state, declaredState);
}
