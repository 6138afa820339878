// A way to Atlas that keeps what passes: every request as it was on the wire and every reply that came back whole. It
// passes bytes, pauses, resets and silence on unchanged, to the simulator and to the real Atlas alike. What it keeps
// holds credentials: it must never be printed.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { gunzipSync } from "node:zlib";
import { Pool, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import type { Secret } from "../../src/base/secret.js";

export interface RecordedReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Unzipped. */
  readonly body: string;
}

export interface RecordedExchange {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Null while it is under way, and where none came back whole. */
  reply: RecordedReply | null;
  tookMs: number;
  /** The kind of the scripted fault that met it, by the simulator's log. */
  faultKind: string | null;
}

export interface Recorder {
  readonly url: string;
  readonly exchanges: readonly RecordedExchange[];
  /** Resolves when nothing is under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Of one connection, not of the message (RFC 9110 7.6.1); lengths are written anew. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "proxy-authorization", "proxy-connection", "upgrade"],
]);
const LARGEST_KEPT = 32 * 1024 * 1024;

function toForwarded(
  headers: IncomingHttpHeaders,
  without: readonly string[],
): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name) && !without.includes(name));
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toText(body: Buffer, headers: IncomingHttpHeaders): string {
  return (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
}

export async function startRecorder(target: {
  readonly origin: string;
  readonly proxy?: Secret | undefined;
}): Promise<Recorder> {
  const { origin, proxy } = target;
  const patient = { headersTimeout: 0, bodyTimeout: 0, connections: 128 };
  const upstream: Dispatcher =
    proxy === undefined ? new Pool(origin, patient) : new ProxyAgent({ ...patient, uri: proxy.reveal() });
  const exchanges: RecordedExchange[] = [];
  const underWay = new Set<Promise<void>>();
  const server = createServer((req, res) => {
    const passing = passOn({ upstream, origin, exchanges }, req, res).finally(() => {
      underWay.delete(passing);
    });
    underWay.add(passing);
  });
  server.keepAliveTimeout = 65_000;
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    exchanges,
    settle: async () => {
      await Promise.all(underWay);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await upstream.destroy();
    },
  };
}

interface Onward {
  readonly upstream: Dispatcher;
  readonly origin: string;
  readonly exchanges: RecordedExchange[];
}

/** Ends the caller's connection as the other side's ended; never throws. */
async function passOn(onward: Onward, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const gone = new AbortController();
  res.once("close", () => {
    gone.abort();
  });
  const startedAt = performance.now();
  try {
    const body = await readAll(req as AsyncIterable<Buffer>);
    const { method = "GET", url = "/", headers } = req;
    const exchange: RecordedExchange = {
      ...{ method, url, headers, body: body.toString("utf8") },
      ...{ reply: null, tookMs: 0, faultKind: null },
    };
    onward.exchanges.push(exchange);
    const reply = await onward.upstream.request({
      origin: onward.origin,
      path: url,
      method: method,
      headers: toForwarded(headers, ["host", "content-length"]),
      body: body.length === 0 ? null : body,
      signal: gone.signal,
    });
    exchange.reply = await passBack(reply, res, gone.signal);
    exchange.tookMs = performance.now() - startedAt;
  } catch {
    req.socket.resetAndDestroy();
  }
}

async function passBack(
  reply: Dispatcher.ResponseData,
  res: ServerResponse,
  signal: AbortSignal,
): Promise<RecordedReply> {
  const { statusCode: status, headers } = reply;
  res.writeHead(status, toForwarded(headers, []));
  res.flushHeaders();
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_KEPT) kept.push(chunk);
    if (!res.write(chunk)) await once(res, "drain", { signal });
  }
  res.end();
  return { status, headers, body: size > LARGEST_KEPT ? "" : toText(Buffer.concat(kept), headers) };
}
