// What people say about one processor or workspace beside its policy, and why things are as they are: explained, tried
// again, armed, left alone, released, looked at now. Each is in force when it is answered.
import { z } from "zod";
import { approve } from "../../../app/act/approvals.js";
import { arm, release, suspend, unapprove, unpark, unsuspend } from "../../../app/act/interventions.js";
import { beginPass } from "../../../app/act/pass.js";
import { explain } from "../../../app/look/explain.js";
import { explainAt } from "../../../app/look/explain-past.js";
import { describeLive } from "../../../app/look/live.js";
import { readPlainPage } from "../../../app/look/one-page.js";
import type { Right } from "../../../domain/access.js";
import { parseDurationMs } from "../../../domain/duration.js";
import { formatProcessorRef } from "../../../domain/refs.js";
import { parseSince } from "../../../domain/tell/listing.js";
import type { ProcessorRef, WorkspaceRef } from "../../../domain/refs.js";
import { RUNGS } from "../../../domain/rungs.js";
import type { Rung } from "../../../domain/rungs.js";
import { explanationSchema } from "../explained.js";
import {
  MOMENT_RULE,
  durationText,
  momentText,
  processorPath,
  processorRef,
  reasonText,
  time,
  workspacePath,
  workspaceRef,
} from "../names.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute } from "../route.js";
import { suspensionRow } from "../rows.js";

const PATH = "/processors/:project/:workspace/:processor";

const NOT_THEN = "live asks Atlas now, and at is about a moment of the past";
const LIVE_THEN = { field: "live", value: "true", allowed: "false where at is given" } as const;

const explanation = defineRoute<ProcessorRef, { readonly live: boolean; readonly at?: string | undefined }>({
  method: "GET",
  path: `${PATH}/explain`,
  operationId: "explainProcessor",
  tag: "processors",
  summary: "Say why one processor is as it is, and what comes next",
  rights: ["read"],
  params: processorPath,
  query: z.strictObject({
    live: z.boolean().default(false).meta({ description: "Also ask Atlas for its messages and lag." }),
    at: momentText.optional().meta({
      description: `As it stood then: ${MOMENT_RULE}.`,
    }),
  }),
  answers: [{ status: 200, description: "The explanation.", schema: explanationSchema }],
  problems: ["not-found", "conflict", "atlas"],
  run: async ({ app, params, query }) => {
    const at = query.at === undefined ? undefined : parseSince(query.at);
    if (at !== undefined && query.live)
      throw new Problem("invalid-request", NOT_THEN, { errors: [LIVE_THEN] });
    if (at !== undefined) return { body: await explainAt(app, params, at) };
    const told = await explain(app, params);
    return { body: query.live ? { ...told, live: await describeLive(app, params) } : told };
  },
});

const changed = z.object({
  isChanged: z.boolean().meta({ description: "false: there was nothing to do." }),
});

/** Saying it twice is no failure: the second time there is nothing to do. */
function defineIntervention(spec: {
  readonly name: string;
  readonly operationId: string;
  readonly summary: string;
  readonly right: Right;
  readonly act: typeof unpark;
}): ApiRoute {
  return defineRoute<ProcessorRef>({
    method: "POST",
    path: `${PATH}/${spec.name}`,
    operationId: spec.operationId,
    tag: "processors",
    summary: spec.summary,
    rights: [spec.right],
    params: processorPath,
    isMutation: true,
    answers: [{ status: 200, description: "It is in force.", schema: changed }],
    problems: ["not-found", "conflict"],
    run: async ({ app, params, accept }) => {
      await accept(params);
      return { body: { isChanged: await spec.act(app, params) } };
    },
  });
}

const unparking = defineIntervention({
  name: "unpark",
  operationId: "unparkProcessor",
  summary: "Forget the counted attempts, so that the next pass tries again",
  right: "edit-policy",
  act: unpark,
});

const arming = defineIntervention({
  name: "arm",
  operationId: "armPosition",
  summary: "Use the declared position again at the next start from rest, which discards the checkpoint",
  right: "start-fresh",
  act: arm,
});

const unapproving = defineIntervention({
  name: "unapprove",
  operationId: "withdrawApproval",
  summary: "Take back an approval that has not been used",
  right: "start-fresh",
  act: unapprove,
});

interface ApprovalBody {
  readonly rung: Rung;
  readonly for: string;
  readonly reason: string;
}

const approving = defineRoute<ProcessorRef, object, ApprovalBody>({
  method: "POST",
  path: `${PATH}/approve`,
  operationId: "approveRung",
  tag: "processors",
  summary: "Allow one rung of the ladder, once, where a position is lost",
  // Whatever it is, it may discard a checkpoint.
  rights: ["start-fresh"],
  params: processorPath,
  body: z
    .strictObject({
      rung: z.enum(RUNGS).meta({ description: "The one that the reason of the parked processor names." }),
      for: durationText,
      reason: reasonText,
    })
    .meta({ id: "ApprovalRequest" }),
  isMutation: true,
  answers: [{ status: 200, description: "It is in force.", schema: z.object({ until: time }) }],
  problems: ["not-found", "conflict"],
  run: async ({ app, params, accept, body: { rung, for: duration, reason: why } }) => {
    await accept(params);
    return { body: await approve(app, { ref: params, rung, forMs: parseDurationMs(duration) ?? 0, why }) };
  },
});

interface SuspensionBody {
  readonly processor: ProcessorRef;
  readonly for: string;
  readonly reason: string;
}

const suspending = defineRoute<object, object, SuspensionBody>({
  method: "POST",
  path: "/suspensions",
  operationId: "createSuspension",
  tag: "fleet",
  summary: "Leave one processor alone for some time; what runs on it goes on",
  rights: ["suspend"],
  body: z
    .strictObject({ processor: processorRef, for: durationText, reason: reasonText })
    .meta({ id: "SuspensionRequest" }),
  isMutation: true,
  answers: [{ status: 201, description: "It is in force.", schema: suspensionRow }],
  problems: ["not-found"],
  run: async ({ app, demand, accept, body }) => {
    const { processor: ref, for: duration, reason: why } = body;
    demand("suspend", ref);
    await accept(ref);
    await suspend(app, { ref, forMs: parseDurationMs(duration) ?? 0, why });
    const { rows } = await readPlainPage(app, "suspensions", { selectors: [ref], limit: 1 });
    const [row] = rows;
    if (row === undefined) {
      throw new Problem("conflict", `the suspension of ${formatProcessorRef(ref)} was ended meanwhile`);
    }
    return { status: 201, body: row };
  },
});

const unsuspending = defineRoute<ProcessorRef>({
  method: "DELETE",
  path: "/suspensions/:project/:workspace/:processor",
  operationId: "endSuspension",
  tag: "fleet",
  summary: "End a suspension before its time",
  rights: ["suspend"],
  params: processorPath,
  isMutation: true,
  answers: [{ status: 204, description: "It has ended." }],
  problems: ["not-found"],
  run: async ({ app, params, accept }) => {
    await accept(params);
    if (await unsuspend(app, params)) return { status: 204 };
    throw new Problem("not-found", `${formatProcessorRef(params)} is not suspended`);
  },
});

const releasing = defineRoute<WorkspaceRef>({
  method: "POST",
  path: "/workspaces/:project/:workspace/release-brake",
  operationId: "releaseBrake",
  tag: "fleet",
  summary: "Let the stops and restarts proceed that the mutation brake holds now; later ones are held again",
  rights: ["edit-policy"],
  params: workspacePath,
  isMutation: true,
  answers: [
    {
      status: 200,
      description: "They proceed.",
      schema: z.object({ released: z.int().meta({ description: "Processors that were held." }) }),
    },
  ],
  problems: ["not-found"],
  run: async ({ app, params, accept }) => {
    await accept(params);
    return { body: { released: await release(app, params) } };
  },
});

/** As many as one run may name. */
const WORKSPACES_MAX = 1_000;

const reconciling = defineRoute<object, object, { readonly workspaces: readonly WorkspaceRef[] }>({
  method: "POST",
  path: "/reconcile",
  operationId: "reconcile",
  tag: "fleet",
  summary: "Make a pass over workspaces now: observe, plan and start what is planned",
  rights: ["restart"],
  body: z.strictObject({
    workspaces: z.array(workspaceRef).min(1).max(WORKSPACES_MAX),
  }),
  isMutation: true,
  answers: [
    {
      status: 202,
      description: "The pass has begun.",
      schema: z.object({ workflowId: z.string(), runId: z.string() }),
    },
  ],
  problems: ["not-found"],
  run: async ({ app, demand, accept, body: { workspaces } }) => {
    for (const workspace of workspaces) demand("restart", workspace);
    const [first, ...others] = workspaces;
    await accept(first !== undefined && others.length === 0 ? first : {});
    return { status: 202, body: await beginPass(app, workspaces) };
  },
});

export const INTERVENTION_ROUTES: readonly ApiRoute[] = [
  explanation,
  unparking,
  approving,
  unapproving,
  arming,
  suspending,
  unsuspending,
  releasing,
  reconciling,
];
