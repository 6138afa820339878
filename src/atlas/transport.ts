// The one door to the network: kept-alive connections to one origin, a total deadline, an abort signal and a
// cap on what a reply may hold. It never retries, never follows a redirect and knows nothing of Atlas.
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Pool, ProxyAgent, buildConnector } from "undici";
import type { Dispatcher } from "undici";
import type { Secret } from "../base/secret.js";
import { createPace } from "./dials.js";
import { Exchange, ExchangeFailure } from "./exchange.js";
import type { HttpReply } from "./exchange.js";
import { toProxyFailure } from "./proxy-words.js";

/** What a reply may hold, before and after it is unzipped. A longer page is asked for again with fewer items. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/**
 * Atlas holds a POST for as long as its work takes (docs/atlas.md 1b, 1c). So POSTs have connections of their own, one
 * for each activity of a worker (src/temporal/worker.ts): no read waits behind them, and none of them waits for
 * another.
 */
const MAX_CONNECTIONS = { GET: 128, POST: 512 };
/** Of TCP and TLS together. Ours, because a call's own time may be much longer. */
const CONNECT_TIMEOUT_MS = 10_000;

/** When an exchange, or the wait for something it needs, has to end. */
export interface Patience {
  /** On performance.now()'s clock. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface HttpRequest {
  readonly method: HttpMethod;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Transport {
  /** Throws ExchangeFailure if no status came back; everything else is a reply. */
  exchange(request: HttpRequest, patience: Patience): Promise<HttpReply>;
  /** Ends after the requests under way have. */
  close(): Promise<void>;
}

const unzip = promisify(gunzip);

export interface TransportOptions {
  readonly maxBytes?: number;
  readonly proxy?: Secret | undefined;
}

/**
 * One request at a time on a connection: one that is lost takes no other request with it. No time-outs of undici's:
 * every exchange has its own deadline, for all of it.
 */
const POOL = {
  pipelining: 1,
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
};

/**
 * The way to the proxy itself: one that takes the question for a tunnel and never answers it counts as not connected.
 */
function toProxy(proxy: URL, options: object): Dispatcher {
  return new Pool(proxy, { ...options, headersTimeout: CONNECT_TIMEOUT_MS });
}

interface PoolOptions {
  readonly proxy: Secret | undefined;
  readonly connections: number;
  /** Given from outside: undici throws away a pool that lost its last connection, and makes a new one. */
  readonly pace: ReturnType<typeof createPace>;
}

function openPool(origin: string, { proxy, connections, pace }: PoolOptions): Dispatcher {
  if (proxy === undefined)
    return new Pool(origin, {
      ...POOL,
      connections,
      connect: pace(buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false })),
    });
  // Through the tunnel: what is dialled is the proxy, and Atlas beyond it.
  const factory = (beyond: URL, options: object): Dispatcher => {
    const { connect } = options as { readonly connect: buildConnector.connector };
    return new Pool(beyond, { ...options, connect: pace(connect) });
  };
  return new ProxyAgent({ ...POOL, connections, uri: proxy.reveal(), clientFactory: toProxy, factory });
}

/** Connects at first use. A request is handed to a socket once at most, and never after its deadline. */
export function createTransport(origin: string, options: TransportOptions = {}): Transport {
  const { maxBytes = MAX_BODY_BYTES, proxy } = options;
  const pace = createPace();
  const pools = {
    GET: openPool(origin, { proxy, pace, connections: MAX_CONNECTIONS.GET }),
    POST: openPool(origin, { proxy, pace, connections: MAX_CONNECTIONS.POST }),
  };
  let closing: Promise<void> | undefined;
  return {
    exchange: async (request, patience) => {
      const exchange = new Exchange({ deadline: patience.deadline, maxBytes });
      const begunAt = performance.now();
      const reply = await withPatience(exchange, patience, () => {
        pools[request.method === "GET" ? "GET" : "POST"].dispatch(
          {
            ...request,
            origin,
            headers: { "accept-encoding": "gzip", ...request.headers },
            body: request.body ?? null,
          },
          exchange,
        );
      }).catch((error: unknown) => {
        const isOnTheWay =
          error instanceof ExchangeFailure && !error.sent && patience.signal?.aborted !== true;
        if (proxy === undefined || !isOnTheWay) throw error;
        throw toProxyFailure(error, new URL(proxy.reveal()), Math.round(performance.now() - begunAt));
      });
      return decode(reply, maxBytes);
    },
    close: () => (closing ??= Promise.all([pools.GET.close(), pools.POST.close()]).then(() => undefined)),
  };
}

function withPatience(exchange: Exchange, patience: Patience, start: () => void): Promise<HttpReply> {
  return whilePatient(patience, {
    begin: () => {
      start();
      return exchange.outcome;
    },
    expire: () => {
      exchange.expire();
    },
    abort: (reason) => {
      exchange.giveUp("the call was aborted", reason);
    },
  });
}

interface Waiting<T> {
  /** Not called if the patience is over before it begins. */
  readonly begin: () => Promise<T>;
  readonly expire: () => void;
  readonly abort: (reason: unknown) => void;
}

/** Checks first, so that what is too late begins nothing; takes timer and listener away however it ends. */
async function whilePatient<T>({ deadline, signal }: Patience, waiting: Waiting<T>): Promise<T> {
  if (signal?.aborted === true) {
    throw new ExchangeFailure("the call was aborted", { sent: false, cause: signal.reason });
  }
  const leftMs = deadline - performance.now();
  if (leftMs <= 0) throw new ExchangeFailure("the deadline passed before the request", { sent: false });
  const onAbort = (): void => {
    waiting.abort(signal?.reason);
  };
  const timer = setTimeout(waiting.expire, leftMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await waiting.begin();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Waits for something shared with other callers: leaving it does not end it. */
export async function waitFor<T>(shared: () => Promise<T>, patience: Patience): Promise<T> {
  let leave!: (failure: ExchangeFailure) => void;
  const left = new Promise<never>((_resolve, reject) => {
    leave = reject;
  });
  return whilePatient(patience, {
    begin: () => Promise.race([shared(), left]),
    expire: () => {
      leave(new ExchangeFailure("the deadline passed before the request", { sent: false }));
    },
    abort: (reason) => {
      leave(new ExchangeFailure("the call was aborted", { sent: false, cause: reason }));
    },
  });
}

/** By us, because undici hands over what came: its length is bounded before it is unzipped, and again while it is. */
async function decode(reply: HttpReply, maxBytes: number): Promise<HttpReply> {
  const { status, headers, body } = reply;
  if (body === undefined || body.length === 0 || headers["content-encoding"]?.toLowerCase() !== "gzip") {
    return reply;
  }
  try {
    return { status, headers, body: await unzip(body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return { status, headers, defect: isTooLarge ? "oversized" : "cut off" };
  }
}
