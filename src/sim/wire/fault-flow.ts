// Carries one admitted request out, with or without a scripted fault: apply, hold, answer, or fail to answer. Delays of
// faults are simulated milliseconds. What was applied stands in the log entry, whatever the caller gets to see: tests
// judge a client by the one, and the client knows only the other.
import type { Call, Handler, Reply } from "../operations/handler.js";
import type { Refusal } from "../world/refusals.js";
import { reset, send, sendOversized, sendSlowly, sendTruncated } from "./exchange.js";
import type { Exchange, Outgoing } from "./exchange.js";
import type { Fault, FaultAction } from "../faults/faults.js";
import { span } from "../world/moves.js";
import { toErrorOutgoing, toJsonOutgoing, toOutgoing } from "./outgoing.js";
import type { LogEntry } from "./request-log.js";
import type { SimContext } from "./sim-context.js";

/** A request that passed identity, budget and version. */
export interface Admitted {
  readonly exchange: Exchange;
  readonly entry: LogEntry;
  readonly handler: Handler;
  readonly call: Omit<Call, "now">;
  readonly mediaType: string;
  /** RateLimit-* of its draw. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a fault bends what the operation does or shows. */
type Bend = Pick<Call, "lens" | "failAfterMs">;
type FaultOf<K extends FaultAction["kind"]> = Extract<FaultAction, { kind: K }>;

interface Flow {
  readonly context: SimContext;
  readonly admitted: Admitted;
}

/** Lets the world carry it out and waits as long as the world holds it. Rejects when the simulator closes. */
async function perform({ context, admitted }: Flow, bend: Bend = {}): Promise<Reply> {
  // Settled before, so that it meets the world as it is now, and behind, so that an effect of this moment is in the
  // log.
  const now = context.settle();
  const reply = admitted.handler({ ...admitted.call, ...bend, now });
  admitted.entry.applied = reply.isApplied;
  context.settle();
  // A mutation may have moved the count of a fault rule, which the state file keeps.
  if (admitted.exchange.method !== "GET") context.touch();
  if (reply.replyAt !== null) {
    await context.clock.sleepUntil(reply.replyAt, context.closing);
    context.settle();
  }
  return reply;
}

/** Rejects when the simulator closes, as every wait here does: nothing may keep it from ending. */
async function pause({ context }: Flow, simulatedMs: number): Promise<void> {
  await context.clock.sleepUntil(context.clock.now() + span(context.world, simulatedMs), context.closing);
}

/** Before anything is sent: the entry says what was going to be answered, also if it never leaves. */
function note({ entry }: Admitted, out: Outgoing): Outgoing {
  entry.status = out.status;
  entry.errorCode = out.headers["X-Error-Code"] ?? null;
  return out;
}

function render({ admitted }: Flow, reply: Reply): Outgoing {
  const { exchange, mediaType, headers } = admitted;
  return note(admitted, toOutgoing(reply, { query: exchange.query, mediaType, headers }));
}

interface ErrorSpec {
  readonly status: number;
  readonly errorCode?: string | undefined;
  readonly detail?: string | undefined;
  readonly parameters?: readonly (string | number)[] | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of a script. What it does not say is that of a server in trouble. */
function renderError({ admitted }: Flow, spec: ErrorSpec): Outgoing {
  const refusal = {
    status: spec.status,
    errorCode: spec.errorCode ?? "UNEXPECTED_ERROR",
    detail: spec.detail ?? "Unexpected error.",
    parameters: spec.parameters ?? [],
  };
  const headers = { ...admitted.headers, ...spec.headers };
  return note(admitted, toErrorOutgoing(refusal, { query: admitted.exchange.query, headers }));
}

function sendStatus(flow: Flow, action: FaultOf<"status">): void {
  const { admitted } = flow;
  const retryAfter = action.retryAfter === undefined ? {} : { "Retry-After": String(action.retryAfter) };
  const headers = { ...action.headers, ...retryAfter };
  const out =
    action.body === undefined
      ? renderError(flow, { ...action, headers })
      : note(admitted, toJsonOutgoing(action.status, action.body, { ...admitted.headers, ...headers }));
  send(admitted.exchange, out);
}

/** Bytes that are no JSON, or only look so, under whatever type. */
function sendText(flow: Flow, out: { status: number; type: string; text: string }): void {
  const headers = { "Content-Type": out.type };
  send(
    flow.admitted.exchange,
    note(flow.admitted, { status: out.status, headers, body: Buffer.from(out.text) }),
  );
}

/** Answers now; the world carries it out later, though nobody waits for it. */
async function applyLate(flow: Flow, action: FaultOf<"late-apply">): Promise<void> {
  const { admitted } = flow;
  const refusal = { ...action, errorCode: action.errorCode ?? "STREAM_PROCESSOR_TIMEOUT" };
  send(admitted.exchange, renderError(flow, refusal));
  await pause(flow, action.afterMs);
  await perform(flow);
}

/** Quotes the credential back, as gateways that help with debugging do; clients must not print it. */
function sendEcho(flow: Flow, { status, quotes, as }: FaultOf<"echo">): void {
  const { exchange, mediaType } = flow.admitted;
  const { authorization = "" } = exchange.req.headers;
  const quoted = quotes === "header" ? authorization : authorization.replace(/^\S+\s+/, "");
  if (as === "text") sendText(flow, { status, type: mediaType, text: `{"authorization": ${quoted}` });
  else send(exchange, renderError(flow, { status, detail: `Not with ${quoted}.` }));
}

/** One entry for each kind: a kind that the table lacks does not compile. */
type Spoiler = (flow: Flow, action: FaultAction) => Promise<void> | void;
type Spoilers = {
  readonly [K in FaultAction["kind"]]: (flow: Flow, action: FaultOf<K>) => Promise<void> | void;
};

const SPOILERS: Spoilers = {
  status: sendStatus,
  delay: async (flow, action) => {
    await pause(flow, action.ms);
    await carryOut(flow);
  },
  // Three ways to lose an answer. Before: nothing was done. After, or with another status: it was.
  "reset-before": ({ admitted }) => {
    reset(admitted.exchange);
  },
  "reset-after": async (flow) => {
    await perform(flow);
    reset(flow.admitted.exchange);
  },
  "status-after-apply": async (flow, action) => {
    await perform(flow);
    send(flow.admitted.exchange, renderError(flow, action));
  },
  "late-apply": applyLate,
  "then-failed": (flow, action) => carryOut(flow, { failAfterMs: action.afterMs }),
  // No answer at all. The socket stays with the caller, who has to give up by itself.
  hang: async (flow, action) => {
    if (action.applies) await perform(flow);
  },
  trickle: async (flow, action) => {
    const out = render(flow, await perform(flow));
    await sendSlowly(flow.admitted.exchange, out, {
      bytes: action.bytes,
      pause: () => pause(flow, action.everyMs),
    });
  },
  truncated: async (flow) => {
    sendTruncated(flow.admitted.exchange, render(flow, await perform(flow)));
  },
  // A status of success over a body that cannot be parsed: the client knows nothing.
  garbage: async (flow, action) => {
    if (action.applies) await perform(flow);
    sendText(flow, { status: 200, type: flow.admitted.mediaType, text: '{"_id": "\u0000\ufffd, ]]' });
  },
  html: async (flow, action) => {
    if (action.applies) await perform(flow);
    const text = `<html><head><title>${String(action.status)}</title></head><body>Gateway</body></html>`;
    sendText(flow, { status: action.status, type: "text/html", text });
  },
  empty: async (flow, { status, applies }) => {
    const { admitted } = flow;
    if (applies) await perform(flow);
    send(admitted.exchange, note(admitted, { status, headers: admitted.headers, body: Buffer.alloc(0) }));
  },
  oversized: async (flow, action) => {
    const out = render(flow, await perform(flow));
    await sendOversized(flow.admitted.exchange, out, action.bytes);
  },
  echo: sendEcho,
  // The world is as it is; only this one view of it is bent.
  "stale-read": (flow) => carryOut(flow, { lens: { isStale: true } }),
  "unknown-state": (flow, action) => carryOut(flow, { lens: { state: action.state } }),
};

async function carryOut(flow: Flow, bend: Bend = {}): Promise<void> {
  send(flow.admitted.exchange, render(flow, await perform(flow, bend)));
}

/**
 * Carries the request out under its fault. A hanging one keeps its socket until the caller or the simulator ends it.
 */
export async function runAdmitted(
  context: SimContext,
  admitted: Admitted,
  fault: Fault | undefined,
): Promise<void> {
  const flow = { context, admitted };
  if (fault === undefined) {
    await carryOut(flow);
    return;
  }
  admitted.entry.faultId = fault.id;
  admitted.entry.faultKind = fault.action.kind;
  context.touch();
  // A met rule has counted, and counts are part of the state.
  // The table is keyed by the action's own kind, which the type checker cannot follow through the look-up.
  const spoil = SPOILERS[fault.action.kind] as Spoiler;
  await spoil(flow, fault.action);
}

/** A refusal before any fault: identity, budget, version, route. */
export function sendRefusal(admitted: Pick<Admitted, "exchange" | "entry">, refusal: Refusal): void {
  const out = toErrorOutgoing(refusal, { query: admitted.exchange.query });
  admitted.entry.status = out.status;
  admitted.entry.errorCode = refusal.errorCode;
  send(admitted.exchange, out);
}
