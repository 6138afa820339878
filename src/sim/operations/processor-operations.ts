// The operations on processors: each takes a call and answers with what the world says. No I/O, no waiting: a held
// answer names the time until which it is held.
import { answer, hold, refuse } from "./handler.js";
import type { Call, Handler, Reply } from "./handler.js";
import { createBody, modifyBody, parseBody, startWithBody } from "./bodies.js";
import { answerPage } from "./paging.js";
import { createProcessor, deleteProcessor, modifyProcessor } from "../world/processor-edits.js";
import { missingProcessor } from "../world/refusals.js";
import { requestStart, requestStop } from "../world/start-stop.js";
import { viewProcessor } from "./views.js";
import { findTarget, findWorkspace } from "../world/world-lookup.js";
import type { SimProcessor, StartOptions } from "../world/world-model.js";

function answerProcessor(call: Call, processor: SimProcessor, isWrite = false): Reply {
  const { world, address, now, lens } = call;
  const workspace = findWorkspace(world, address);
  if (workspace.kind === "refused") return refuse(workspace.refusal);
  const target = { address, workspace: workspace.value, processor };
  const view = viewProcessor(world, target, { now, lens, isWrite });
  if (view !== undefined) return answer(view);
  return refuse(
    missingProcessor(address, { status: 404, errorCode: world.settings["missingProcessor.errorCode"] }),
  );
}

const list: Handler = (call) => {
  const { world, address, now, lens } = call;
  const workspace = findWorkspace(world, address);
  if (workspace.kind === "refused") return refuse(workspace.refusal);
  const { processors } = workspace.value;
  return answerPage(call, {
    items: processors.values(),
    count: processors.size,
    view: (processor) =>
      viewProcessor(world, { address, workspace: workspace.value, processor }, { now, lens }),
  });
};

const get: Handler = (call) => {
  const hit = findTarget(call.world, call.address);
  return hit.kind === "refused" ? refuse(hit.refusal) : answerProcessor(call, hit.value.processor);
};

const create: Handler = (call) => {
  const body = parseBody(call.rawBody, createBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { cause, now } = call;
  const address = { ...call.address, processor: body.value.name };
  const made = createProcessor(call.world, address, { draft: body.value, cause, now });
  if (made.kind === "refused") return refuse(made.refusal);
  return answerProcessor({ ...call, address }, made.value, true);
};

const modify: Handler = (call) => {
  const body = parseBody(call.rawBody, modifyBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { cause, now, address } = call;
  const made = modifyProcessor(call.world, address, { draft: body.value, cause, now });
  if (made.kind === "refused") return refuse(made.refusal);
  const state = call.world.settings["modify.replyState"];
  const lens = { ...(state === "" ? {} : { state }), ...call.lens };
  return answerProcessor({ ...call, lens }, made.value, true);
};

const remove: Handler = (call) => {
  const gone = deleteProcessor(call.world, call.address, call);
  return gone.kind === "refused" ? refuse(gone.refusal) : answer(null, 204);
};

function startWithOptions(call: Call, options: StartOptions): Reply {
  const { cause, now, failAfterMs = null } = call;
  return hold(requestStart(call.world, call.address, { options, cause, now, failAfterMs }));
}

/** Whatever body comes with the old verb is ignored: it declares none (docs/atlas.md 1d). */
const start: Handler = (call) => startWithOptions(call, {});

const startWith: Handler = (call) => {
  const body = parseBody(call.rawBody, startWithBody);
  return body.kind === "refused" ? refuse(body.refusal) : startWithOptions(call, body.value);
};

const stop: Handler = (call) => hold(requestStop(call.world, call.address, call));

export const PROCESSOR_OPERATIONS = {
  list,
  get,
  create,
  modify,
  delete: remove,
  start,
  startWith,
  stop,
} as const;
