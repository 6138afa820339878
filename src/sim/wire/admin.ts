// The back door of the simulator, under /_sim/, for tests and the dev stack: log, faults, world, clock, settings. No
// credentials, therefore only for callers on this machine. Nothing here exists in Atlas, nothing of it is logged, and
// no budget is drawn on. Each answer is about the world as it is now: it is settled before a door opens.
import { z } from "zod";
import { parseJson } from "../operations/bodies.js";
import { send } from "./exchange.js";
import { readFaultScript } from "./fault-script.js";
import type { Exchange } from "./exchange.js";
import type { ManualClock } from "../world/clock.js";
import { applyMutation, parseMutations } from "../world/mutations.js";
import { toJsonOutgoing } from "./outgoing.js";
import type { SimContext } from "./sim-context.js";
import { toSnapshot } from "../world/world-snapshot.js";

type Answer = readonly [status: number, body: unknown];
type Door = (context: SimContext, exchange: Exchange) => Answer;

/** By the socket's address and never by a header, which anybody can write. IPv4 may come mapped into IPv6. */
const isLoopback = (address: string | undefined): boolean =>
  address === "::1" || /^(::ffff:)?127[.]\d+[.]\d+[.]\d+$/.test(address ?? "");

/** A body that cannot be parsed is undefined, which every schema refuses with its own words. */
function readBody(exchange: Exchange): unknown {
  const body = parseJson(exchange.rawBody);
  return body.kind === "parsed" ? body.value : undefined;
}

/** `since` is exclusive, so that a reader passes the last number it has seen. */
const readLog: Door = (context, { query }) => {
  const entries = context.log.since(Number(query.get("since") ?? "0"));
  const limit = Number(query.get("limit") ?? String(entries.length));
  return [200, { entries: entries.slice(0, limit) }];
};

const postFaults: Door = (context, exchange) => {
  const rules = readFaultScript(readBody(exchange), context.world);
  context.faults.install(rules, exchange.query.get("replace") === "true");
  context.touch();
  return [200, context.faults.toSnapshot()];
};

const deleteFaults: Door = (context) => {
  context.faults.clear();
  context.touch();
  return [200, context.faults.toSnapshot()];
};

/**
 * All mutations at one moment. 404 if any of them named something that is not there; the others are carried out all the
 * same, and the answer says how many.
 */
const postWorld: Door = (context, exchange) => {
  const mutations = parseMutations(readBody(exchange));
  const faults = mutations.map((one) => applyMutation(context.world, one, context.clock.now()));
  context.settle();
  context.touch();
  const found = faults.filter((fault) => fault !== null);
  return [found.length === 0 ? 200 : 404, { applied: faults.length - found.length, faults: found }];
};

/**
 * Only a clock that a test moves by hand. Time passes at once for whoever sleeps, and the world follows before the
 * answer.
 */
const postClock: Door = (context, exchange) => {
  if (context.clock.kind !== "manual") return [409, { detail: "the clock is the real one" }];
  const { advanceMs } = z.strictObject({ advanceMs: z.number().nonnegative() }).parse(readBody(exchange));
  (context.clock as ManualClock).advance(advanceMs);
  return [200, { now: context.settle() }];
};

const DOORS: Readonly<Partial<Record<string, Door>>> = {
  "GET /_sim/log": readLog,
  "GET /_sim/faults": (context) => [200, context.faults.toSnapshot()],
  "POST /_sim/faults": postFaults,
  "DELETE /_sim/faults": deleteFaults,
  "GET /_sim/world": (context) => [200, toSnapshot(context.world)],
  "POST /_sim/world": postWorld,
  "POST /_sim/clock": postClock,
  "GET /_sim/settings": (context) => [200, context.world.settings],
};

/** True for the paths of the back door. */
export function isAdminPath(path: string): boolean {
  return path === "/_sim" || path.startsWith("/_sim/");
}

export function serveAdmin(context: SimContext, exchange: Exchange): void {
  context.settle();
  const [status, body] = open(context, exchange);
  send(exchange, toJsonOutgoing(status, body));
}

function open(context: SimContext, exchange: Exchange): Answer {
  if (!isLoopback(exchange.req.socket.remoteAddress)) return [403, { detail: "only from this machine" }];
  const door = DOORS[`${exchange.method} ${exchange.path}`];
  if (door === undefined) return [404, { detail: "no such admin path" }];
  try {
    return door(context, exchange);
  } catch (error) {
    // A script that is wrong is the caller's matter; anything else is a defect of ours and ends as a 500.
    if (error instanceof z.ZodError) return [400, { detail: z.prettifyError(error) }];
    throw error;
  }
}
