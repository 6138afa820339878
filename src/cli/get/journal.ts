// `get journal`: what happened and what people did, line by line as it was written.
import type { JournalListing } from "../../app/look/page-listing.js";
import { formatAge } from "../terminal/output.js";
import type { Noun } from "./noun.js";

export const journal: Noun<JournalListing> = {
  name: "journal",
  description: "what happened and what people did, newest first; kept for 90 days",
  pages: ({ pageJournal }) => pageJournal,
  label: ({ id }) => id,
  steady: (row) => row,
  columns: (now) => [
    { title: "AT", cell: ({ at }) => formatAge(now() - at) },
    { title: "NAME", cell: toPlace },
    { title: "KIND", cell: ({ kind }) => kind },
    { title: "BY", cell: ({ actor }) => actor },
    { title: "TEXT", cell: ({ text }) => text },
  ],
  examples: ["--since 12h --watch", "--condition by-person", '"*/clicks" --condition states changes'],
};

/** As far down as the line speaks: a project, a workspace, a processor, or none of them. */
function toPlace({ project, workspace, processor }: JournalListing): string {
  const parts = [project, workspace, processor].filter((part) => part !== null);
  return parts.length === 0 ? "-" : parts.join("/");
}
