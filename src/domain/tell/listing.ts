// What people may ask of a listing: its conditions, the columns it sorts by, and the time `--since` looks at. Closed
// lists, one per noun, so that a wrong word is refused before anything is opened; the store says each of them in SQL.
import { parseDurationMs } from "../duration.js";
import { JOURNAL_FAMILIES } from "../journal.js";
import { isUtcTime } from "../start-options.js";
import type { Selector } from "./selector.js";

/** Of a listing -> condition -> what is true of a row in it. */
export const CONDITIONS = {
  policies: {
    started: "declares STARTED",
    stopped: "declares STOPPED",
    enforced: "mode enforce",
    observed: "mode observe",
    scheduled: "declares a restart schedule",
    positioned: "declares a position other than the checkpoint",
  },
  processors: {
    drifting: "is not as its policy says",
    failed: "Atlas shows it FAILED",
    parked: "Headgate gave up on it under this version",
    suspended: "left alone for now, because a person said so",
    held: "its whole project is held",
    barred: "a call's fate is unknown, and it may still take effect",
    missing: "declared, but not in Atlas",
    unmanaged: "in Atlas, but no policy names it",
    changing: "a change is running on it",
    "backing-off": "waits before its next attempt",
    recovering: "waits for its turn in an incident",
    expiring: "has rested so long that soon it cannot resume any more",
    stuck: "in transition for too long",
    degraded: "runs, and has not proved itself since its start",
    braked: "held by the mutation brake",
    waiting: "waits for a place, a grace to end, a transition or a second look",
    refused: "Atlas refused the tier of this version",
    observed: "mode observe: nothing is done to it",
    "as-declared": "runs or rests as declared",
  },
  workspaces: {
    held: "its whole project is held",
    braked: "the mutation brake holds changes back",
    absent: "Atlas has no such workspace",
    failing: "its last pass could not observe it",
    unobserved: "never seen by a complete pass",
    drifting: "a processor is not as its policy says",
    changing: "a change is running",
  },
  projects: {
    held: "the whole project waits",
    blocked: "Atlas asked for a pause in calls",
    braked: "the mutation brake holds a workspace",
    failing: "the last pass of a workspace could not observe it",
    drifting: "a processor is not as its policy says",
    changing: "a change is running",
  },
  changes: {
    running: "has not ended",
    succeeded: "ended as asked",
    failed: "ended otherwise",
    superseded: "ended because something newer replaced it",
    cancelled: "ended by a person",
    lost: "its run disappeared",
    owing: "has stopped a processor and not started it yet",
    "by-person": "asked for by a person",
    "by-pass": "asked for by a pass",
    scheduled: "for a slot of a restart schedule",
  },
  suspensions: {
    ending: "ends within an hour",
    drifting: "the processor is not as its policy says",
    failed: "Atlas shows the processor FAILED",
    changing: "a change is still running",
  },
  budgets: {
    blocked: "Atlas asked for a pause in calls",
    low: "only people get calls",
    empty: "nobody gets a call now",
  },
  incidents: {
    open: "is not over",
    closed: "is over",
    announced: "a person began it",
  },
  journal: {
    ...JOURNAL_FAMILIES,
    "by-person": "a person did it",
    "by-headgate": "Headgate did it, or saw it",
  },
  notifications: {
    waiting: "is not sent yet",
    delivered: "its channel took it",
    repeated: "the same was told within the hour",
    lost: "was refused, or given up after a day",
    webhook: "to the webhook",
    slack: "to Slack",
    mail: "by e-mail",
  },
  schedules: {
    effective: "the next slot restarts it, as things stand",
    observed: "mode observe: slots are skipped",
    stopped: "declared STOPPED: slots are skipped",
    suspended: "slots are skipped until the suspension ends",
    parked: "Headgate gave up on it: slots are skipped",
  },
} as const;

export type ListingName = keyof typeof CONDITIONS;
export type Condition<Name extends ListingName> = keyof (typeof CONDITIONS)[Name];

/** The columns a listing sorts by; the first is the one it has by itself. */
export const SORTS = {
  policies: ["name", "version", "state", "mode", "tier", "declared"],
  processors: ["name", "declared", "observed", "tier", "since", "why", "attempts"],
  workspaces: ["name", "observed", "processors", "drifting", "changes"],
  projects: ["name", "workspaces", "processors", "drifting", "changes", "observed"],
  changes: ["opened", "closed", "name", "kind", "by", "posts", "outcome"],
  suspensions: ["until", "since", "name", "by"],
  budgets: ["name", "left", "capacity", "refill", "used", "blocked"],
  incidents: ["opened", "closed", "name", "members", "down"],
  journal: ["at", "name", "kind", "by"],
  notifications: ["at", "name", "kind", "channel"],
  schedules: ["name", "cron", "timezone", "spread", "declared"],
} as const satisfies Record<ListingName, readonly string[]>;

export type SortColumn<Name extends ListingName> = (typeof SORTS)[Name][number];

/** As in "only those opened since then": each listing has one time of its own. */
export const SINCE: Readonly<Record<ListingName, string>> = {
  policies: "declared",
  processors: "whose reason changed",
  workspaces: "observed",
  projects: "observed",
  changes: "opened",
  suspensions: "suspended",
  budgets: "called with",
  incidents: "opened",
  journal: "written",
  notifications: "of what happened",
  schedules: "declared",
};

/** The parts of a selector that a listing has. */
export const PARTS: Readonly<Record<ListingName, 1 | 2 | 3>> = {
  policies: 3,
  processors: 3,
  workspaces: 2,
  projects: 1,
  changes: 3,
  suspensions: 3,
  budgets: 1,
  incidents: 1,
  journal: 3,
  notifications: 3,
  schedules: 3,
};

export type Since =
  { readonly kind: "ago"; readonly ms: number } | { readonly kind: "at"; readonly at: number };

/** Undefined where the text is neither a duration nor an ISO 8601 UTC time. */
export function parseSince(text: string): Since | undefined {
  const ms = parseDurationMs(text);
  // A duration is kept as one: it is counted back from the database's time and not from this machine's.
  if (ms !== undefined) return { kind: "ago", ms };
  return isUtcTime(text) ? { kind: "at", at: Date.parse(text) } : undefined;
}

export interface Sort {
  readonly column: string;
  readonly isDescending: boolean;
}

/** Which rows, and in which order. What is absent narrows nothing. */
export interface ListQuery {
  /** Any of them. */
  readonly selectors?: readonly Selector[];
  /** Any of them, of the listing's own. */
  readonly conditions?: readonly string[];
  /** Any of them: of a listing whose rows may have failed. */
  readonly classes?: readonly string[];
  readonly since?: Since;
  readonly sort?: Sort;
  readonly limit?: number;
  /** Only rows that this means, whatever else was asked for: a listing's own parts of it. */
  readonly within?: Selector;
  /** Only rows behind the one with this key, in the order that was asked for. */
  readonly after?: RowKey;
}

/** Where a row stands in the order of its listing: the values it is sorted by, as Postgres writes them. */
export type RowKey = readonly (string | null)[];
