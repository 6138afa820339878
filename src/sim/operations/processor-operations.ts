// The operations on processors: each takes a call and answers with what the world says. No I/O, no waiting: a held
// answer names the time until which it is held, and whoever carries the request out waits. Bodies are read before the
// world is looked at, so that a wrong body is refused in every state. Which calls a state takes is decided in the
// world, not here.
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

/**
 * The processor as a read shows it, or as the reply to a write does, which knows it at once. One that a read does not
 * know yet is answered like one that is missing.
 */
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
  // The path of a create names no processor; the body does.
  const address = { ...call.address, processor: body.value.name };
  const made = createProcessor(call.world, address, { draft: body.value, cause, now });
  if (made.kind === "refused") return refuse(made.refusal);
  // Under its own address, or a view would look for it by the path.
  return answerProcessor({ ...call, address }, made.value, true);
};

const modify: Handler = (call) => {
  const body = parseBody(call.rawBody, modifyBody);
  if (body.kind === "refused") return refuse(body.refusal);
  const { cause, now, address } = call;
  const made = modifyProcessor(call.world, address, { draft: body.value, cause, now });
  if (made.kind === "refused") return refuse(made.refusal);
  // Atlas was seen to answer a PATCH with a state that was not the true one (docs/atlas.md 1e): clients must look
  // again.
  const state = call.world.settings["modify.replyState"];
  // What a script says of this one call goes before the setting.
  const lens = { ...(state === "" ? {} : { state }), ...call.lens };
  return answerProcessor({ ...call, lens }, made.value, true);
};

const remove: Handler = (call) => {
  const gone = deleteProcessor(call.world, call.address, call);
  return gone.kind === "refused" ? refuse(gone.refusal) : answer(null, 204);
};

/** `failAfterMs` is a scripted fault's: FAILED so long after the effect. */
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

/** By the names that the log, fault scripts and routes know them under. */
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
