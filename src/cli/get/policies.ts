// `get policies`: what is declared, defaults merged.
import type { PolicyListing } from "../../app/look/page-listing.js";
import { formatProcessorRef } from "../../domain/refs.js";
import { formatAge } from "../terminal/output.js";
import type { Noun } from "./noun.js";

export const policies: Noun<PolicyListing> = {
  name: "policies",
  description: "the declared policies, with defaults merged",
  pages: ({ pagePolicies }) => pagePolicies,
  label: ({ ref }) => formatProcessorRef(ref),
  steady: ({ declared }) => declared.version,
  columns: (now) => [
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "VERSION", cell: ({ declared }) => String(declared.version) },
    { title: "STATE", cell: ({ declared }) => declared.policy.state },
    { title: "MODE", cell: ({ declared }) => declared.policy.mode },
    { title: "TIER", cell: ({ declared }) => declared.policy.start.tier ?? "-" },
    { title: "RESTART", cell: ({ declared }) => declared.policy.restart?.cron ?? "-" },
    { title: "DECLARED", cell: ({ declared }) => formatAge(now() - declared.declaredAt) },
  ],
  examples: ["--condition observed", "--since 1d --sort declared:desc"],
};
