// Files of policies, as `apply` and `diff` take them: many at once, in the workspaces that they name.
import { z } from "zod";
import { apply, planApply } from "../../../app/declare/apply.js";
import { countChanges, isWorthShowing } from "../../../app/look/planned.js";
import type { Right } from "../../../domain/access.js";
import type { PolicySet } from "../../../policy-file/document.js";
import {
  appliedSchema,
  diffSchema,
  findNeededRights,
  toAppliedBody,
  toWorkspaceBody,
  toWritesBody,
} from "../planned.js";
import { readPolicyBody } from "../policy-bodies.js";
import { toPreconditionFailed } from "../preconditions.js";
import { defineRoute } from "../route.js";
import type { ApiRoute, Call } from "../route.js";

const MEDIA_TYPES = ["application/yaml", "text/yaml", "application/json"] as const;
const FILE_MAX = 8 * 1024 * 1024;

const file = z
  .union([z.string(), z.record(z.string(), z.unknown())], { error: "a policy file, as YAML or JSON" })
  .meta({ description: "A policy file: documents of YAML, or one as JSON." });

const flag = (description: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean().default(false).meta({ description });

interface ApplyQuery {
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly allowFuture: boolean;
  readonly releaseBrake: boolean;
}

const bulkApply = defineRoute<object, ApplyQuery, unknown>({
  method: "POST",
  path: "/policies::apply",
  operationId: "applyPolicies",
  tag: "policies",
  summary: "Declare what a policy file says; applying an equal file writes nothing",
  rights: ["edit-policy"],
  query: z.strictObject({
    dryRun: flag("Say what would be written and done, and write nothing."),
    prune: flag("Also delete policies that the file no longer contains, in the workspaces it names."),
    allowFuture: flag("Take a startAtOperationTime that is still to come."),
    releaseBrake: flag("Let go what the mutation brake would hold of what is written."),
  }),
  body: file,
  textBody: MEDIA_TYPES,
  bodyLimit: FILE_MAX,
  isMutation: true,
  answers: [{ status: 200, description: "What was written.", schema: appliedSchema }],
  problems: ["precondition-failed"],
  run: async (call) => {
    const { app, query, accept } = call;
    const set = readPolicyBody(call.body, query.allowFuture);
    demandAll(call, "edit-policy", set);
    const plan = await planApply(app, { ...set, prune: query.prune });
    for (const right of findNeededRights(plan)) demandAll(call, right, set);
    if (query.dryRun) return { body: toAppliedBody(plan) };
    if (plan.writes.length === 0) return { body: toAppliedBody(plan, {}) };
    const [first, ...others] = set.workspaces;
    await accept(first !== undefined && others.length === 0 ? first : {});
    const done = await apply(app, { ...plan, isBraked: plan.isBraked && query.releaseBrake }).catch(
      (error: unknown) => {
        throw toPreconditionFailed(error);
      },
    );
    return { body: toAppliedBody(plan, done) };
  },
});

/** Of every workspace that the file names: half a file is never applied. */
function demandAll(
  { demand }: Pick<Call<unknown, unknown, unknown>, "demand">,
  right: Right,
  { workspaces }: PolicySet,
): void {
  for (const workspace of workspaces) demand(right, workspace);
}

const diff = defineRoute<object, { readonly prune: boolean }, unknown>({
  method: "POST",
  path: "/policies::diff",
  operationId: "diffPolicies",
  tag: "policies",
  summary: "Show what applying a policy file would change, and what the next pass would then do",
  rights: ["plan"],
  query: z.strictObject({ prune: flag("As if policies that the file no longer contains were deleted.") }),
  body: file,
  textBody: MEDIA_TYPES,
  bodyLimit: FILE_MAX,
  answers: [{ status: 200, description: "The differences.", schema: diffSchema }],
  run: async (call) => {
    const { app, query } = call;
    const set = readPolicyBody(call.body, true);
    demandAll(call, "plan", set);
    const plan = await planApply(app, { ...set, prune: query.prune });
    return {
      body: {
        ...toWritesBody(plan),
        changes: countChanges(plan.planned),
        workspaces: plan.planned.map((one) => toWorkspaceBody(one, isWorthShowing)),
      },
    };
  },
});

export const POLICY_FILE_ROUTES: readonly ApiRoute[] = [bulkApply, diff];
