// Policies one by one: read, written, deleted, and the way back to an older version. Files of many are in
// routes/policy-files.ts.
import { z } from "zod";
import { apply, deletePolicy, findPolicy, planWrites } from "../../../app/declare/apply.js";
import type { Applied, ApplyPlan } from "../../../app/declare/apply.js";
import { getHistory, planRollback } from "../../../app/declare/history.js";
import { readPolicyPage } from "../../../app/look/one-page.js";
import type { OnePageQuery } from "../../../app/look/one-page.js";
import type { PolicyListing } from "../../../app/look/page-listing.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import type { DeclaredPolicy } from "../../../domain/status.js";
import { toPolicyFields } from "../../../policy-file/merge.js";
import { policyFieldsSchema } from "../../../policy-file/schema.js";
import type { PolicyFields } from "../../../policy-file/schema.js";
import { defineList } from "../lists.js";
import { processorPath, processorRef, time } from "../names.js";
import { appliedSchema, findNeededRights, toAppliedBody } from "../planned.js";
import { readOnePolicy } from "../policy-bodies.js";
import {
  DELETE_HEADERS,
  WRITE_HEADERS,
  checkPreconditions,
  toPreconditionFailed,
  toVersionTag,
} from "../preconditions.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute, Call } from "../route.js";

const PATH = "/policies/:project/:workspace/:processor";
const RULE = { tag: "policies", params: processorPath } as const;

const fields = policyFieldsSchema.meta({ id: "PolicyFields", description: "As in a policy file." });

const policyRow = z
  .object({
    ref: processorRef,
    version: z.int(),
    declaredAt: time,
    policy: fields.meta({ description: "The effective policy, defaults merged." }),
  })
  .meta({ id: "Policy" });

function toPolicyBody({ ref, declared }: PolicyListing): z.infer<typeof policyRow> {
  const { version, declaredAt, policy } = declared;
  return { ref, version, declaredAt, policy: toPolicyFields(policy) };
}

const list = defineList({
  name: "policies",
  tag: "policies",
  summary: "List policies, defaults merged",
  row: policyRow,
  toRow: toPolicyBody,
  read: (app, query: OnePageQuery) => readPolicyPage(app, query),
});

const get = defineRoute<ProcessorRef>({
  ...RULE,
  method: "GET",
  path: PATH,
  operationId: "getPolicy",
  summary: "Show one policy; its ETag names the version",
  rights: ["read"],
  answers: [{ status: 200, description: "The policy.", schema: policyRow }],
  problems: ["not-found"],
  run: async ({ app, params }) => toFound(params, await findPolicy(app, params)),
});

function toFound(ref: ProcessorRef, declared: DeclaredPolicy | undefined) {
  if (declared === undefined) {
    throw new Problem("not-found", `no policy names ${formatProcessorRef(ref)}`);
  }
  return { body: toPolicyBody({ ref, declared }), headers: { etag: toVersionTag(declared) } };
}

const allowFuture = z
  .boolean()
  .default(false)
  .meta({ description: "Take a startAtOperationTime that is still to come." });
const dryRun = z.boolean().default(false).meta({ description: "Say what would be done, and do nothing." });

interface PutQuery {
  readonly allowFuture: boolean;
}

const put = defineRoute<ProcessorRef, PutQuery, PolicyFields>({
  ...RULE,
  method: "PUT",
  path: PATH,
  operationId: "putPolicy",
  summary: "Declare one policy; what is left out has its default",
  rights: ["edit-policy"],
  query: z.strictObject({ allowFuture }),
  body: fields,
  requestHeaders: WRITE_HEADERS,
  isMutation: true,
  answers: [
    { status: 200, description: "The policy as it stands now.", schema: policyRow },
    { status: 201, description: "The policy, which is new.", schema: policyRow },
  ],
  problems: ["precondition-failed", "precondition-required", "conflict"],
  run: async (call) => {
    const { app, params: ref, query, body, headers } = call;
    const { policy, written } = readOnePolicy(ref, body, query.allowFuture);
    const before = await findPolicy(app, ref);
    checkPreconditions(headers, ref, before);
    const { project, workspace } = ref;
    const plan = await planWrites(app, {
      candidates: [{ ref, before, after: policy, written }],
      workspaces: [{ project, workspace }],
    });
    await write(call, ref, plan);
    const found = toFound(ref, await findPolicy(app, ref));
    return { ...found, status: before === undefined ? 201 : 200 };
  },
});

/** Nothing where nothing changes. The brake holds what it would hold: nobody has seen the plan and agreed. */
async function write(
  { app, demand, accept }: Call<unknown, unknown, unknown>,
  ref: ProcessorRef,
  plan: ApplyPlan,
): Promise<Applied> {
  for (const right of findNeededRights(plan)) demand(right, ref);
  if (plan.writes.length === 0) return {};
  await accept(ref);
  return apply(app, { ...plan, isBraked: false }).catch((error: unknown) => {
    throw toPreconditionFailed(error);
  });
}

const remove = defineRoute<ProcessorRef>({
  ...RULE,
  method: "DELETE",
  path: PATH,
  operationId: "deletePolicy",
  summary: "Delete one policy; its processor stays as it is, unmanaged",
  rights: ["edit-policy"],
  requestHeaders: DELETE_HEADERS,
  isMutation: true,
  answers: [{ status: 204, description: "It is deleted." }],
  problems: ["not-found", "precondition-failed", "precondition-required"],
  run: async ({ app, params: ref, headers, accept }) => {
    const declared = await findPolicy(app, ref);
    if (declared === undefined) throw new Problem("not-found", `no policy names ${formatProcessorRef(ref)}`);
    checkPreconditions({ "if-match": headers["if-match"] }, ref, declared);
    await accept(ref);
    await deletePolicy(app, ref, declared).catch((error: unknown) => {
      throw toPreconditionFailed(error);
    });
    return { status: 204 };
  },
});

const versionRow = z
  .object({
    version: z.int(),
    kind: z.enum(["created", "changed", "deleted"]),
    author: z.string(),
    at: time,
    sameAs: z.int().nullable().meta({ description: "The newest older version that declared the same." }),
    changes: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
    oneOffs: z
      .array(z.object({ at: time, actor: z.string(), why: z.string(), text: z.string() }))
      .meta({ description: "Starts under it with other options than it declares, newest first." }),
  })
  .meta({ id: "PolicyVersion" });

const VERSIONS_MAX = 1_000;

const history = defineRoute<ProcessorRef, { readonly limit: number }>({
  ...RULE,
  method: "GET",
  path: `${PATH}/history`,
  operationId: "getPolicyHistory",
  summary: "List the versions of one policy, newest first; also of one that was deleted",
  rights: ["read"],
  query: z.strictObject({ limit: z.int().min(1).max(VERSIONS_MAX).default(100) }),
  answers: [{ status: 200, description: "Versions.", schema: z.object({ items: z.array(versionRow) }) }],
  problems: ["not-found"],
  run: async ({ app, params, query }) => ({ body: { items: await getHistory(app, params, query.limit) } }),
});

const rollback = defineRoute<ProcessorRef, { readonly dryRun: boolean }, { readonly to: number }>({
  ...RULE,
  method: "POST",
  path: `${PATH}/rollback`,
  operationId: "rollBackPolicy",
  summary: "Declare what an older version declared, as a new version",
  rights: ["edit-policy"],
  query: z.strictObject({ dryRun }),
  body: z.strictObject({ to: z.int().min(1).max(2_147_483_647) }),
  isMutation: true,
  answers: [{ status: 200, description: "What was written.", schema: appliedSchema }],
  problems: ["not-found", "precondition-failed"],
  run: async (call) => {
    const { app, params: ref, query, body } = call;
    const plan = await planRollback(app, ref, body.to);
    if (query.dryRun) return { body: toAppliedBody(plan) };
    return { body: toAppliedBody(plan, await write(call, ref, plan)) };
  },
});

export const POLICY_ROUTES: readonly ApiRoute[] = [list, get, put, remove, history, rollback];
