// The listing of the journal. SQL only; which rows and in which order is listing-sql.ts's.
import { JOURNAL_KINDS } from "../../../domain/journal.js";
import type { JournalFamily } from "../../../domain/journal.js";
import type { ListingSource } from "./listing-sql.js";

export interface JournalListing {
  readonly id: string;
  /** Null for a line about the whole installation; the parts below it are null if it is about all of them. */
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  readonly at: number;
  readonly kind: string;
  readonly actor: string;
  readonly text: string;
  readonly changeId: string | null;
}

/** Kinds are of our own closed list, so they need no parameters. */
function ofFamily(family: JournalFamily): string {
  const kinds = Object.entries(JOURNAL_KINDS).filter(([, one]) => one === family);
  return `l.kind in (${kinds.map(([kind]) => `'${kind}'`).join(", ")})`;
}

/** The newest first, by id: that is the order in which they were written, also over a clock that went back. */
export const JOURNAL: ListingSource<"journal"> = {
  select: `select l.id::text as id, l.project, l.workspace, l.processor, l.at, l.kind, l.actor, l.text,
       l.change_id as "changeId"
     from journal l`,
  parts: ["l.project", "l.workspace", "l.processor"],
  conditions: {
    policies: ofFamily("policies"),
    changes: ofFamily("changes"),
    states: ofFamily("states"),
    slots: ofFamily("slots"),
    exceptions: ofFamily("exceptions"),
    incidents: ofFamily("incidents"),
    keys: ofFamily("keys"),
    installation: ofFamily("installation"),
    requests: ofFamily("requests"),
    "by-person": "l.actor <> 'headgate'",
    "by-headgate": "l.actor = 'headgate'",
  },
  since: "l.at",
  sorts: {
    at: ["l.id"],
    name: ["l.project", "l.workspace", "l.processor"],
    kind: ["l.kind"],
    by: ["l.actor"],
  },
  order: ["l.id desc"],
};
