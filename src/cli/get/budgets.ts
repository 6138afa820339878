// `get budgets`: the calls to Atlas that each project has left.
import type { BudgetListing } from "../../app/look/page-listing.js";
import { formatAge } from "../terminal/output.js";
import { formatSpan } from "../../domain/tell/wording.js";
import type { Noun } from "./noun.js";

export const budgets: Noun<BudgetListing> = {
  name: "budgets",
  description: "the calls to Atlas that each project has left; people, changes and passes share them",
  pages: ({ pageBudgets }) => pageBudgets,
  label: ({ project }) => project,
  steady: (row) => row,
  columns: (now) => [
    { title: "PROJECT", cell: ({ project }) => project },
    {
      title: "LEFT",
      cell: ({ left }) => String(left),
      tone: ({ left }) => (left < 1 ? "bad" : undefined),
    },
    { title: "CAPACITY", cell: ({ capacity }) => String(capacity) },
    { title: "REFILL", cell: ({ refillPerMinute }) => `${String(refillPerMinute)}/min` },
    { title: "USED", cell: ({ usedAt }) => formatAge(now() - usedAt) },
    { title: "BLOCKED", cell: (row) => toBlocked(row, now()) ?? "-", tone: (row) => toTone(row, now()) },
  ],
  examples: ["--condition low blocked", "--sort left --watch"],
};

function toBlocked({ blockedUntil }: BudgetListing, now: number): string | undefined {
  return blockedUntil === null || blockedUntil <= now ? undefined : `for ${formatSpan(blockedUntil - now)}`;
}

function toTone(row: BudgetListing, now: number): "bad" | undefined {
  return toBlocked(row, now) === undefined ? undefined : "bad";
}
