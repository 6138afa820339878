// Calls of the simulator's operations without its server: an operation on the world of sim-world.ts, its body as text,
// its query as in a URL.
import type { Call, Handler, Reply } from "../../src/sim/operations/handler.js";
import type { World } from "../../src/sim/world/world-model.js";
import { ADDRESS, CAUSE, START } from "./sim-world.js";

export interface CallSpec {
  readonly now?: number;
  readonly address?: Partial<Call["address"]>;
  readonly resource?: string;
  /** Without its question mark. */
  readonly query?: string;
  /** As text, or as what is to be JSON. */
  readonly body?: unknown;
  readonly lens?: NonNullable<Call["lens"]>;
}

const ORIGIN = "http://127.0.0.1:7070/api/atlas/v2/x";

export function aCall(world: World, spec: CallSpec = {}): Call {
  const { now = START, address = {}, resource = "", query = "", body, lens } = spec;
  return {
    world,
    now,
    address: { ...ADDRESS, ...address },
    resource,
    query: new URLSearchParams(query),
    href: query === "" ? ORIGIN : `${ORIGIN}?${query}`,
    rawBody: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
    cause: CAUSE,
    ...(lens === undefined ? {} : { lens }),
  };
}

export function ask(handler: Handler, world: World, spec: CallSpec = {}): Reply {
  return handler(aCall(world, spec));
}

/** The JSON of an answer. */
export function bodyOf(reply: Reply): Record<string, unknown> {
  if (reply.body === null || Buffer.isBuffer(reply.body))
    throw new Error(`no JSON, but ${String(reply.status)}`);
  return reply.body;
}

/** [status, errorCode], of what was answered or refused. */
export function verdictOf({ status, refusal }: Reply): readonly [number, string | null] {
  return [status, refusal?.errorCode ?? null];
}
