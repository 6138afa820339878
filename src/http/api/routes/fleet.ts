// The fleet as it is stored: lists of everything and single things by name. Reads only.
import { z } from "zod";
import { readPlainPage, readProcessorPage, readSchedulePage } from "../../../app/look/one-page.js";
import type { OnePageQuery } from "../../../app/look/one-page.js";
import { CLASS_NAMES } from "../../../domain/failure-classes.js";
import type { ListingName } from "../../../domain/tell/listing.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../../domain/refs.js";
import { defineList } from "../lists.js";
import type { ListParameters } from "../lists.js";
import { processorPath, projectPath, workspacePath } from "../names.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute } from "../route.js";
import {
  budgetRow,
  incidentRow,
  journalRow,
  notificationRow,
  processorRow,
  projectRow,
  scheduleRow,
  suspensionRow,
  workspaceRow,
} from "../rows.js";

type PlainName = Parameters<typeof readPlainPage>[1];

const PLAIN = {
  workspaces: { tag: "fleet", row: workspaceRow, summary: "List workspaces that policies name" },
  projects: { tag: "fleet", row: projectRow, summary: "List projects" },
  suspensions: { tag: "fleet", row: suspensionRow, summary: "List suspensions in force" },
  budgets: { tag: "fleet", row: budgetRow, summary: "List the calls to Atlas that each project has left" },
  incidents: { tag: "fleet", row: incidentRow, summary: "List incidents, newest first" },
  journal: { tag: "fleet", row: journalRow, summary: "List what happened and who did it, newest first" },
  notifications: {
    tag: "fleet",
    row: notificationRow,
    summary: "List the word that goes out of events, by channel, newest first",
  },
} as const satisfies Partial<Record<ListingName & PlainName, object>>;

/** Slots of each schedule: a page of schedules must not become a hundred thousand slots. */
const SLOTS_MAX = 20;

const schedules = defineList({
  name: "schedules",
  tag: "fleet",
  summary: "List the next slots of restart schedules; limit counts schedules",
  row: scheduleRow,
  extra: { next: z.int().min(1).max(SLOTS_MAX).default(1).meta({ description: "Slots of each." }) },
  read: (app, query: OnePageQuery, asked: ListParameters) => {
    const { next } = asked as ListParameters & { readonly next: number };
    return readSchedulePage(app, { ...query, slots: next });
  },
});

/** Shown as it is stored, whatever the time is; and what people poll most. */
const processors = defineList({
  name: "processors",
  tag: "processors",
  summary: "List processors, declared or seen",
  row: processorRow,
  extra: {
    class: z
      .array(z.enum(CLASS_NAMES))
      .max(CLASS_NAMES.length)
      .optional()
      .meta({ description: "Only what has failed, of any of these classes." }),
  },
  read: (app, query: OnePageQuery) => readProcessorPage(app, query),
  isSteady: true,
});

const lists = Object.entries(PLAIN).map(([name, { tag, row, summary }]) =>
  defineList({
    name: name as keyof typeof PLAIN,
    tag,
    summary,
    row,
    read: (app, query: OnePageQuery) => readPlainPage<PlainName>(app, name as PlainName, query),
  }),
);

const processor = defineRoute<ProcessorRef>({
  method: "GET",
  path: "/processors/:project/:workspace/:processor",
  operationId: "getProcessor",
  tag: "processors",
  summary: "Show what is declared and seen of one processor",
  rights: ["read"],
  params: processorPath,
  answers: [{ status: 200, description: "The processor.", schema: processorRow }],
  problems: ["not-found"],
  run: ({ app, params }) =>
    getOne((query) => readProcessorPage(app, query), {
      ref: params,
      missing: `no processor ${formatProcessorRef(params)} is declared or was seen in Atlas`,
    }),
});

const workspace = defineRoute<WorkspaceRef>({
  method: "GET",
  path: "/workspaces/:project/:workspace",
  operationId: "getWorkspace",
  tag: "fleet",
  summary: "Show one workspace",
  rights: ["read"],
  params: workspacePath,
  answers: [{ status: 200, description: "The workspace.", schema: workspaceRow }],
  problems: ["not-found"],
  run: ({ app, params }) =>
    getOne((query) => readPlainPage(app, "workspaces", query), {
      ref: params,
      missing: `no workspace ${formatWorkspaceRef(params)} has policies`,
    }),
});

const project = defineRoute<{ readonly project: string }>({
  method: "GET",
  path: "/projects/:project",
  operationId: "getProject",
  tag: "fleet",
  summary: "Show one project",
  rights: ["read"],
  params: projectPath,
  answers: [{ status: 200, description: "The project.", schema: projectRow }],
  problems: ["not-found"],
  run: ({ app, params }) =>
    getOne((query) => readPlainPage(app, "projects", query), {
      ref: params,
      missing: `nothing is declared for project ${params.project}, and nothing was seen of it`,
    }),
});

/** By the listing's own statement: one thing and a list of it never differ. */
async function getOne(
  read: (query: OnePageQuery) => Promise<{ readonly rows: readonly unknown[] }>,
  of: One,
): Promise<{ readonly body: unknown }> {
  const selector = { workspace: "*", processor: "*", ...of.ref };
  const { rows } = await read({ selectors: [selector], limit: 1 });
  const [row] = rows;
  if (row === undefined) throw new Problem("not-found", of.missing);
  return { body: row };
}

interface One {
  readonly ref: Partial<ProcessorRef> & { readonly project: string };
  readonly missing: string;
}

export const FLEET_ROUTES: readonly ApiRoute[] = [
  processors,
  ...lists,
  schedules,
  processor,
  workspace,
  project,
];
