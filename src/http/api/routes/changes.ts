// Changes: asked for, listed, shown, followed and cancelled. A change is made by a run that goes on whatever becomes of
// the request; the answer says where to look.
import { z } from "zod";
import { requestChange } from "../../../app/act/change.js";
import { cancelChange } from "../../../app/act/interventions.js";
import { awaitChangeOf, findChangeById } from "../../../app/look/change.js";
import { followChange } from "../../../app/look/follow.js";
import { readPlainPage } from "../../../app/look/one-page.js";
import type { OnePageQuery } from "../../../app/look/one-page.js";
import type { ChangeListing } from "../../../app/look/page-listing.js";
import type { ChangeKind } from "../../../domain/decide/decision.js";
import { parseDurationMs } from "../../../domain/duration.js";
import type { ProcessorRef } from "../../../domain/refs.js";
import { hasPosition, isToCome } from "../../../domain/start-options.js";
import type { StartOptions } from "../../../domain/start-options.js";
import { defineList } from "../lists.js";
import { changeId, durationText, processorRef, reasonText, startOptions } from "../names.js";
import { Problem } from "../problems.js";
import { defineRoute } from "../route.js";
import type { ApiRoute, Call, StreamEvent } from "../route.js";
import { changeRow } from "../rows.js";
import { formatEventId, parseEventId } from "../event-id.js";

const list = defineList({
  name: "changes",
  tag: "changes",
  summary: "List starts, stops and restarts, newest first",
  row: changeRow,
  read: (app, query: OnePageQuery) => readPlainPage(app, "changes", query),
});

const asked = z
  .strictObject({
    processor: processorRef,
    kind: z.enum(["start", "stop", "restart"]),
    options: startOptions.optional().meta({
      description: "Of a start or restart; absent: as declared. A position discards the checkpoint.",
    }),
    allowFuture: z.boolean().default(false),
    reason: reasonText.default("asked for over HTTP"),
    suspendFor: durationText
      .optional()
      .meta({ description: "Also leave the processor alone so long: needed against its declaration." }),
  })
  .meta({ id: "ChangeRequest" });

interface AskedBody {
  readonly processor: ProcessorRef;
  readonly kind: ChangeKind;
  readonly options?: StartOptions | undefined;
  readonly allowFuture: boolean;
  readonly reason: string;
  readonly suspendFor?: string | undefined;
}

const requested = z
  .object({
    kind: z.enum(["started", "joined"]).meta({ description: "joined: an equal one ran already." }),
    isWaitingForPlace: z.boolean(),
    workflowId: z.string(),
    runId: z.string(),
    change: changeRow
      .nullable()
      .meta({ description: "null: it has not been opened yet; list changes later." }),
  })
  .meta({ id: "RequestedChange" });

/** How long a client waits to be given the id; a worker takes a run up within milliseconds. */
const OPENING_MS = 3_000;

const create = defineRoute<object, object, AskedBody>({
  method: "POST",
  path: "/changes",
  operationId: "createChange",
  tag: "changes",
  summary: "Start, stop or restart one processor",
  rights: ["restart", "stop"],
  body: asked as unknown as z.ZodType<AskedBody>,
  isMutation: true,
  answers: [{ status: 202, description: "It is under way.", schema: requested }],
  problems: ["not-found", "conflict"],
  run: async (call) => {
    const { app, accept, body } = call;
    const { processor: ref, kind, reason: why, suspendFor } = body;
    demandRights(call);
    const options = readOptions(body);
    await accept(ref);
    const suspendForMs = suspendFor === undefined ? undefined : parseDurationMs(suspendFor);
    const { runId, workflowId, ...begun } = await requestChange(app, {
      ref,
      kind,
      why,
      options,
      ...(suspendForMs === undefined ? {} : { suspendForMs }),
    });
    const change = await awaitChangeOf(app, { ref, runId }, OPENING_MS);
    return {
      status: 202,
      headers: change === undefined ? {} : { location: `/v1/changes/${change.id}` },
      body: {
        kind: begun.kind,
        isWaitingForPlace: begun.isWaitingForPlace,
        workflowId,
        runId,
        change: change ?? null,
      },
    };
  },
});

function demandRights({ demand, body }: Call<object, object, AskedBody>): void {
  const { processor, kind, options, suspendFor } = body;
  demand(kind === "stop" ? "stop" : "restart", processor);
  if (suspendFor !== undefined) demand("suspend", processor);
  if (options !== undefined && hasPosition(options)) demand("start-fresh", processor);
}

/** Null and not {} if nothing was chosen: only then is a start of what runs already a success. */
function readOptions({ kind, options, allowFuture }: AskedBody): StartOptions | null {
  if (options === undefined || Object.keys(options).length === 0) return null;
  const refuse = (field: string, value: string, allowed: string): Problem =>
    new Problem("invalid-request", `${field}: ${allowed}`, { errors: [{ field, value, allowed }] });
  if (kind === "stop") throw refuse("body.options", Object.keys(options).join(", "), "absent for a stop");
  const { startAtOperationTime: at = "" } = options;
  const field = "body.options.startAtOperationTime";
  // This machine's clock, as lint has it.
  if (!allowFuture && isToCome(options, Date.now())) {
    throw refuse(field, at, "a time that has passed, or allowFuture true");
  }
  return options;
}

interface ById {
  readonly id: string;
}

const byId = z.strictObject({ id: changeId });

/** Throws `not-found`, and `forbidden` where it is outside of the key's scope. */
async function findAllowed({ app, params, demand }: Call<ById, unknown, unknown>): Promise<ChangeListing> {
  const change = await findChangeById(app, params.id);
  if (change === undefined) throw new Problem("not-found", `no change has the id ${params.id}`);
  demand("read", change.ref);
  return change;
}

const get = defineRoute<ById>({
  method: "GET",
  path: "/changes/:id",
  operationId: "getChange",
  tag: "changes",
  summary: "Show one change",
  rights: ["read"],
  params: byId,
  answers: [{ status: 200, description: "The change.", schema: changeRow }],
  problems: ["not-found"],
  run: async (call) => ({ body: await findAllowed(call) }),
});

const cancel = defineRoute<ById>({
  method: "POST",
  path: "/changes/:id/cancel",
  operationId: "cancelChange",
  tag: "changes",
  summary: "Ask a running change to end; a restart that has stopped its processor leaves it stopped",
  rights: ["stop"],
  params: byId,
  isMutation: true,
  answers: [{ status: 202, description: "It was asked to end.", schema: changeRow }],
  problems: ["not-found", "conflict"],
  run: async (call) => {
    const { app, demand, accept } = call;
    const change = await findAllowed(call);
    demand("stop", change.ref);
    const ended = new Problem("conflict", `change ${change.id} has ended already: ${change.outcome ?? ""}`);
    if (change.closedAt !== null) throw ended;
    await accept(change.ref);
    if ((await cancelChange(app, change.id)) === undefined) throw ended;
    return { status: 202, body: change };
  },
});

const events = defineRoute<ById>({
  method: "GET",
  path: "/changes/:id/events",
  operationId: "followChange",
  tag: "changes",
  summary: "Follow one change step by step until it has ended, by server-sent events",
  rights: ["read"],
  params: byId,
  requestHeaders: z.looseObject({
    "last-event-id": z.string().max(2_000).optional().meta({ description: "Go on behind this event." }),
  }),
  answers: [
    {
      status: 200,
      mediaType: "text/event-stream",
      // The document has no word for one event; a text would say that each is one.
      schema: z.unknown(),
      description:
        "Events happening (at, kind, text), at its end one event closed (outcome), and problem if it fails.",
    },
  ],
  problems: ["not-found"],
  run: async (call) => ({ body: await findAllowed(call) }),
  stream: (call, leaveOff) => toEvents(call, leaveOff),
});

async function* toEvents(
  { app, params, headers }: Call<ById, unknown, unknown>,
  leaveOff: AbortSignal,
): AsyncGenerator<readonly StreamEvent[]> {
  const { "last-event-id": last } = headers;
  const after = typeof last === "string" ? parseEventId(last) : undefined;
  for await (const { happenings, told, outcome } of followChange(app, { id: params.id, after }, leaveOff)) {
    // Only the last of a reading has an id: whoever was cut off in between is told all of them again.
    const id = formatEventId(told);
    const shown = happenings.map((data, index): StreamEvent => {
      const isLast = index === happenings.length - 1;
      return { ...(isLast ? { id } : {}), event: "happening", data };
    });
    yield outcome === null ? shown : [...shown, { event: "closed", data: { outcome } }];
  }
}

export const CHANGE_ROUTES: readonly ApiRoute[] = [list, create, get, cancel, events];
