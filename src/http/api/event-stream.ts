// Server-sent events: bounded in how long a stream lasts and in how many there are, with a heartbeat so that proxies
// keep it open and a dead client is noticed. A client that is let go comes back with Last-Event-ID and misses nothing.
import type { FastifyReply, FastifyRequest } from "fastify";
import { toProblem, toProblemDocument, Problem } from "./problems.js";
import type { StreamEvent } from "./route.js";

/** Then the client connects anew; a change may run for hours. */
const STREAM_MS = 15 * 60_000;
const HEARTBEAT_MS = 15_000;
/** Each costs a statement every 300 ms. */
const STREAMS_MAX = 100;
/** After which a client asks again, ms. */
const RETRY_MS = 1_000;

/** Streams of this process. */
const open = new Set<AbortController>();

/** When the server closes: its clients come back to another one. */
export function endStreams(): void {
  for (const stream of open) stream.abort();
}

export type Events = AsyncGenerator<readonly StreamEvent[]>;

/** Throws a problem before the first byte; what fails later is an event `problem`. */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  begin: (leaveOff: AbortSignal) => Events | undefined,
): Promise<FastifyReply> {
  if (open.size >= STREAMS_MAX) {
    throw new Problem("too-many-requests", `${String(STREAMS_MAX)} streams are open already`, {
      headers: { "retry-after": "5" },
    });
  }
  const leaving = new AbortController();
  const events = begin(leaving.signal);
  if (events === undefined) throw new Error("a route without a stream was asked for one");
  open.add(leaving);
  try {
    // The first turn says whether there is anything to follow; until then it may still be a problem.
    const first = await events.next();
    reply.hijack();
    await write(request, reply, { first, events, leaving });
  } finally {
    open.delete(leaving);
    await events.return(undefined);
  }
  return reply;
}

interface Streaming {
  readonly first: IteratorResult<readonly StreamEvent[], unknown>;
  readonly events: Events;
  readonly leaving: AbortController;
}

async function write(
  request: FastifyRequest,
  reply: FastifyReply,
  { first, events, leaving }: Streaming,
): Promise<void> {
  const { raw } = reply;
  const leave = (): void => {
    leaving.abort();
  };
  const end = setTimeout(leave, STREAM_MS);
  const heartbeat = setInterval(() => raw.write(": alive\n\n"), HEARTBEAT_MS);
  raw.on("close", leave);
  if (raw.destroyed) leave();
  try {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    // Without buffering by a proxy, else events come when the stream is over.
    raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    raw.write(`retry: ${String(RETRY_MS)}\n\n`);
    for (let turn = first; turn.done !== true; turn = await events.next()) {
      for (const event of turn.value) raw.write(format(event));
    }
  } catch (error) {
    const document = toProblemDocument(toProblem(error), request.id);
    raw.write(format({ event: "problem", data: document }));
  } finally {
    clearTimeout(end);
    clearInterval(heartbeat);
    raw.end();
  }
}

/** One line of data each: JSON holds no line break. */
function format({ id, event, data }: StreamEvent): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    `event: ${event}`,
    `data: ${JSON.stringify(data)}`,
  ];
  return `${lines.join("\n")}\n\n`;
}
