// `get workspaces` and `get projects`: how they are observed, and what holds them.
import type { ProjectListing, WorkspaceListing } from "../../app/look/page-listing.js";
import { formatWorkspaceRef } from "../../domain/refs.js";
import type { Column } from "../terminal/output.js";
import { formatAge } from "../terminal/output.js";
import { formatBraked, formatCount, formatSpan } from "../../domain/tell/wording.js";
import type { Noun } from "./noun.js";
import { toCountTone } from "./tones.js";

/** What both have, so that a project's numbers are read as its workspaces' are. */
interface Counted {
  readonly observedAt: number | null;
  readonly processors: number;
  readonly drifting: number;
  readonly openChanges: number;
}

const toCountColumns = (): readonly Column<Counted>[] => [
  { title: "PROCESSORS", cell: ({ processors }) => String(processors) },
  {
    title: "DRIFTING",
    cell: ({ drifting }) => String(drifting),
    tone: ({ drifting }) => toCountTone(drifting),
  },
  {
    title: "CHANGES",
    cell: ({ openChanges }) => String(openChanges),
    tone: ({ openChanges }) => toCountTone(openChanges),
  },
];

/** The age and not the time: whoever looks wants to know whether it is still looked at. */
const toObservedColumn = (now: () => number): Column<Counted> => ({
  title: "OBSERVED",
  cell: ({ observedAt }) => formatAge(observedAt === null ? null : now() - observedAt),
});

export const workspaces: Noun<WorkspaceListing> = {
  name: "workspaces",
  description: "each workspace: how it is observed, and what holds it back",
  pages: ({ pageWorkspaces }) => pageWorkspaces,
  label: ({ ref }) => formatWorkspaceRef(ref),
  // Both move with every pass: they make no news for --watch.
  steady: (row) => ({ ...row, observedAt: null, dueAt: null }),
  columns: (now) => [
    { title: "WORKSPACE", cell: ({ ref }) => formatWorkspaceRef(ref) },
    toObservedColumn(now),
    ...toCountColumns(),
    { title: "NOTE", cell: toWorkspaceNote, tone: () => "bad" },
  ],
  examples: ["--condition held braked failing", "--sort drifting:desc --limit 10"],
};

/**
 * The widest cause alone. A hold is of the whole project and explains whatever else is wrong, and what the brake holds
 * back is no error of the last pass.
 */
function toWorkspaceNote({ ref, heldWhy, braked, isAbsent, lastError }: WorkspaceListing): string {
  if (heldWhy !== null) return `held: ${heldWhy}`;
  if (braked !== null) {
    return `${formatBraked(braked)} held by the mutation brake: headgate release-brake "${formatWorkspaceRef(ref)}"`;
  }
  if (isAbsent) return "Atlas has no such workspace";
  return lastError ?? "";
}

// Atlas counts calls by project, and a hold is of a project: so its listing is about what holds it back.
export const projects: Noun<ProjectListing> = {
  name: "projects",
  description: "each project: what it has, and what holds it back",
  pages: ({ pageProjects }) => pageProjects,
  label: ({ project }) => project,
  steady: (row) => ({ ...row, observedAt: null }),
  columns: (now) => [
    { title: "PROJECT", cell: ({ project }) => project },
    toObservedColumn(now),
    { title: "WORKSPACES", cell: (row) => String(row.workspaces) },
    ...toCountColumns(),
    { title: "NOTE", cell: (row) => toProjectNote(row, now()), tone: () => "bad" },
  ],
  examples: ["--condition held blocked", "--sort drifting:desc"],
};

/** A hold alone says it all; otherwise everything that is wrong, because each has a remedy of its own. */
function toProjectNote(row: ProjectListing, now: number): string {
  // The row may be older than the column that says since when.
  if (row.heldWhy !== null) return `held for ${formatSpan(now - (row.heldSince ?? now))}: ${row.heldWhy}`;
  const notes = [
    row.blockedUntil !== null && `Atlas asked for no calls for ${formatSpan(row.blockedUntil - now)}`,
    row.braked > 0 && `${formatCount(row.braked, "workspace")} braked`,
    row.failing > 0 && `${formatCount(row.failing, "workspace")} failing`,
  ];
  return notes.filter((note) => note !== false).join(", ");
}
