// `get suspensions`: who told Headgate to leave what alone, why, and until when.
import type { SuspensionListing } from "../../app/look/page-listing.js";
import { formatProcessorRef } from "../../domain/refs.js";
import { formatUtc } from "../../domain/tell/slot-preview.js";
import { formatAge } from "../terminal/output.js";
import { formatSpan } from "../../domain/tell/wording.js";
import type { Noun } from "./noun.js";
import { toCountTone, toStateTone } from "./tones.js";

export const suspensions: Noun<SuspensionListing> = {
  name: "suspensions",
  description: "suspended processors: by whom, why and until when; the next to end first",
  pages: ({ pageSuspensions }) => pageSuspensions,
  label: ({ ref }) => formatProcessorRef(ref),
  steady: (row) => row,
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "BY", cell: ({ by }) => by },
    { title: "SINCE", cell: ({ since }) => (since === null ? "-" : formatAge(now() - since)) },
    { title: "UNTIL", cell: ({ until }) => `${formatUtc(until)} (in ${formatSpan(until - now())})` },
    {
      title: "OBSERVED",
      cell: ({ state }) => state ?? "-",
      tone: ({ state, declaredState }) => toStateTone(state, declaredState),
    },
    {
      title: "RUNNING",
      cell: ({ openChange }) => openChange ?? "-",
      tone: ({ openChange }) => toCountTone(openChange === null ? 0 : 1),
    },
    { title: "WHY", cell: ({ why }) => why },
  ],
  examples: ["--condition ending", "-o name | headgate unsuspend -f - --yes"],
};
