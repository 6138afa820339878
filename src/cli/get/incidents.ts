// `get incidents`: what failed together, or was announced, and how far it is from being over.
import type { IncidentListing } from "../../app/look/page-listing.js";
import { formatSpan } from "../../domain/tell/wording.js";
import { formatAge } from "../terminal/output.js";
import type { Noun } from "./noun.js";

export const incidents: Noun<IncidentListing> = {
  name: "incidents",
  description: "processors that failed together, and outages that were announced; newest first",
  pages: ({ pageIncidents }) => pageIncidents,
  label: ({ id }) => id,
  steady: (row) => row,
  columns: (now) => [
    { title: "ID", cell: ({ id }) => id },
    { title: "SCOPE", cell: toScopeText },
    {
      title: "PHASE",
      cell: ({ phase }) => phase,
      tone: ({ phase }) => (phase === "closed" ? "quiet" : "bad"),
    },
    { title: "OPENED", cell: ({ openedAt }) => formatAge(now() - openedAt) },
    { title: "BY", cell: ({ openedBy }) => openedBy },
    { title: "MEMBERS", cell: ({ members }) => String(members) },
    { title: "DOWN", cell: ({ down, closedAt }) => (closedAt === null ? String(down) : "-") },
    { title: "TRIES", cell: ({ tries }) => String(tries) },
    { title: "NEXT TRY", cell: ({ nextTryAt }) => toNextTry(nextTryAt, now()) },
    { title: "WHY", cell: ({ why, closedText }) => (closedText === null ? why : `${why}: ${closedText}`) },
  ],
  examples: ["--condition open --watch", "--since 30d"],
};

function toScopeText({ project, workspace, connection }: IncidentListing): string {
  return [project, workspace, connection].filter((part) => part !== null).join("/");
}

function toNextTry(at: number | null, now: number): string {
  if (at === null) return "-";
  return at <= now ? "now" : `in ${formatSpan(at - now)}`;
}
