// `get changes`: what was done, by whom, and how it ended.
import type { ChangeListing } from "../../app/look/page-listing.js";
import { formatProcessorRef } from "../../domain/refs.js";
import { formatAge } from "../terminal/output.js";
import type { Noun } from "./noun.js";
import { toOutcomeTone } from "./tones.js";

export const changes: Noun<ChangeListing> = {
  name: "changes",
  description: "starts, stops and restarts, newest first",
  pages: ({ pageChanges }) => pageChanges,
  label: ({ id }) => id,
  steady: (row) => row,
  columns: (now) => [
    { title: "ID", cell: ({ id }) => id },
    { title: "PROCESSOR", cell: ({ ref }) => formatProcessorRef(ref) },
    { title: "KIND", cell: ({ kind }) => kind },
    { title: "BY", cell: ({ actor }) => actor },
    { title: "OPENED", cell: ({ openedAt }) => formatAge(now() - openedAt) },
    { title: "POSTS", cell: ({ posts }) => String(posts) },
    {
      title: "OUTCOME",
      cell: ({ outcome }) => outcome ?? "running",
      tone: ({ outcome }) => toOutcomeTone(outcome),
    },
    { title: "WHY", cell: ({ why, outcomeText }) => (outcomeText === null ? why : `${why}: ${outcomeText}`) },
  ],
  examples: ["--condition running --watch", "--condition failed lost --since 12h"],
};
