// One HTTP exchange: the request read whole, and the ways its answer can leave, the spoilt ones among them. Knows bytes
// and sockets only, nothing of Atlas. Every way out bears a caller who has gone: a write to a destroyed socket must not
// throw.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Raw path, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Scheme, host and url, for links. */
  readonly href: string;
  readonly rawBody: string;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Reads the request; undefined when its body is too large (the rest of it is dropped). */
export async function readExchange(
  req: IncomingMessage,
  res: ServerResponse,
  how: { readonly scheme: string; readonly maxBytes: number },
): Promise<Exchange | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > how.maxBytes) return undefined;
    chunks.push(chunk);
  }
  const url = req.url ?? "/";
  const cut = url.indexOf("?");
  return {
    req,
    res,
    method: req.method ?? "GET",
    url,
    path: cut < 0 ? url : url.slice(0, cut),
    query: new URLSearchParams(cut < 0 ? "" : url.slice(cut + 1)),
    href: `${how.scheme}://${req.headers.host ?? "localhost"}${url}`,
    rawBody: Buffer.concat(chunks).toString("utf8"),
  };
}

/** Sends a whole answer; nothing when the caller has gone. */
export function send({ req, res }: Pick<Exchange, "req" | "res">, out: Outgoing): void {
  if (res.destroyed || res.headersSent) return;
  // With neither: a length that is not followed by a body would leave the caller waiting.
  const isBodiless = out.status === 204 || req.method === "HEAD";
  const length = isBodiless ? {} : { "Content-Length": String(out.body.length) };
  res.writeHead(out.status, { ...out.headers, ...length });
  res.end(isBodiless ? undefined : out.body);
}

/** Ends the connection with a reset, no answer. */
export function reset({ req }: Exchange): void {
  req.socket.resetAndDestroy();
}

/** Announces the whole answer, sends half of it, and closes. */
export function sendTruncated({ req, res }: Exchange, out: Outgoing): void {
  if (res.destroyed) return;
  const half = out.body.subarray(0, Math.max(1, Math.floor(out.body.length / 2)));
  // One byte more than there is: also a body of one byte comes short.
  res.writeHead(out.status, { ...out.headers, "Content-Length": String(out.body.length + 1) });
  res.write(half, () => {
    req.socket.destroy();
  });
}

/** Sends the answer some bytes at a time; `pause` is waited for between them. */
export async function sendSlowly(
  exchange: Exchange,
  out: Outgoing,
  how: { readonly bytes: number; readonly pause: () => Promise<void> },
): Promise<void> {
  const { res } = exchange;
  if (res.destroyed) return;
  res.writeHead(out.status, { ...out.headers, "Content-Length": String(out.body.length) });
  let at = 0;
  while (at < out.body.length && res.writable) {
    res.write(out.body.subarray(at, at + how.bytes));
    at += how.bytes;
    await how.pause();
  }
  res.end();
}

/** An endless-looking JSON answer of about `bytes`, as fast as the caller reads; the caller may hang up. */
export async function sendOversized({ res }: Exchange, out: Outgoing, bytes: number): Promise<void> {
  if (res.destroyed) return;
  res.writeHead(out.status, out.headers);
  const chunk = Buffer.alloc(64 * 1024, " ");
  function* chunks(): Generator<Buffer> {
    yield Buffer.from('{"results":[');
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
    yield Buffer.from("]}");
  }
  await pipeline(Readable.from(chunks()), res).catch(() => undefined);
}
