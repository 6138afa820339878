// What passes would do, and what Atlas runs: asked for, never done.
import { z } from "zod";
import { exportFleet } from "../../../app/declare/export.js";
import { readPlainPage } from "../../../app/look/one-page.js";
import { planFleet } from "../../../app/look/plan.js";
import { countChanges, isWorthShowing } from "../../../app/look/planned.js";
import { parseWorkspaceRef } from "../../../domain/refs.js";
import { formatLiveWorkspaces } from "../../../policy-file/live-text.js";
import { formatCursor } from "../cursor.js";
import { readAfter, toListParameters, toListQuery, toScope } from "../lists.js";
import type { ListParameters } from "../lists.js";
import { planSchema, toWorkspaceBody } from "../planned.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute } from "../route.js";

interface PlanParameters extends ListParameters {
  readonly all: boolean;
}

/** Workspaces of a page: each is loaded with all of its processors. */
const PLANNED_MAX = 50;

const plan = defineRoute<object, PlanParameters>({
  method: "GET",
  path: "/plan",
  operationId: "getPlan",
  tag: "fleet",
  summary: "Show what the next pass would do and why, workspace by workspace, from what is stored",
  rights: ["plan"],
  query: toListParameters("workspaces", {
    limit: z.int().min(1).max(PLANNED_MAX).default(10).meta({ description: "Workspaces of a page." }),
    all: z.boolean().default(false).meta({ description: "Also what is as declared, and what is unmanaged." }),
  }) as z.ZodType<PlanParameters>,
  answers: [{ status: 200, description: "A page of the plan.", schema: planSchema }],
  run: async ({ app, holder, query: asked }) => {
    const query = toListQuery("workspaces", asked);
    const within = toScope("workspaces", holder);
    const { limit } = asked;
    const { rows, next } = await readAfter("workspaces", asked, (after) =>
      readPlainPage(app, "workspaces", { ...query, ...after, ...(within && { within }), limit }),
    );
    const planned = rows.length === 0 ? [] : await planFleet(app, { only: rows.map(({ ref }) => ref) });
    return {
      body: {
        changes: countChanges(planned),
        workspaces: planned.map((one) => toWorkspaceBody(one, asked.all ? () => true : isWorthShowing)),
        next: next === null ? null : formatCursor("workspaces", query, next),
      },
    };
  },
});

interface ExportQuery {
  readonly project?: readonly string[] | undefined;
  readonly workspace?: readonly string[] | undefined;
}

/** Each project is a call to Atlas and one for every workspace of it; somebody waits for the answer. */
const PROJECTS_MAX = 5;
const WORKSPACES_MAX = 50;
const PROJECT_ID = /^[0-9a-f]{24}$/;

const exported = defineRoute<object, ExportQuery>({
  method: "GET",
  path: "/export",
  operationId: "exportPolicies",
  tag: "policies",
  summary: "Write policies for what Atlas runs now, in mode observe, so that applying them changes nothing",
  rights: ["read"],
  query: z.strictObject({
    project: z
      .array(z.string().regex(PROJECT_ID, "24 lower-case hex digits"))
      .max(PROJECTS_MAX)
      .optional()
      .meta({ description: "All its workspaces." }),
    workspace: z
      .array(z.string().refine((text) => parseWorkspaceRef(text) !== undefined, "PROJECT/WORKSPACE"))
      .max(WORKSPACES_MAX)
      .optional()
      .meta({ description: "PROJECT/WORKSPACE." }),
  }),
  answers: [
    { status: 200, description: "A policy file.", mediaType: "application/yaml", schema: z.string() },
  ],
  problems: ["not-found", "atlas"],
  run: async ({ app, demand, query }) => {
    const projects = query.project ?? [];
    const workspaces = (query.workspace ?? []).flatMap((text) => parseWorkspaceRef(text) ?? []);
    if (projects.length + workspaces.length === 0) {
      const allowed = "at least one project or workspace";
      throw new Problem("invalid-request", `name ${allowed}`, { errors: [{ field: "query", allowed }] });
    }
    for (const project of projects) demand("read", { project });
    for (const workspace of workspaces) demand("read", workspace);
    const fleet = await exportFleet(app, { projects, workspaces }, () => undefined);
    return {
      text: formatLiveWorkspaces(fleet.workspaces, "policy.schema.json"),
      headers: { "content-type": "application/yaml; charset=utf-8" },
    };
  },
});

export const PLAN_ROUTES: readonly ApiRoute[] = [plan, exported];
