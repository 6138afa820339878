// The HTTP server: its limits, its errors and its end. What it serves is registered by its faces. Everything that comes
// before a face (a request that is not HTTP, a header that is too long, a path that nobody has) is answered here, with
// a JSON body in the form of the face it was meant for: some clients of Atlas take an error without a body for success.
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { STATUS_CODES } from "node:http";
import { performance } from "node:perf_hooks";
import Fastify from "fastify";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../base/logger.js";
import { PROBLEM_TYPE, toPlainProblem, toProblemDocument } from "./api/problems.js";
import type { AtlasError, Rendered } from "./gateway/form.js";
import { renderError } from "./gateway/form.js";
import { NOT_FOUND, sendRendered } from "./gateway/routes.js";
import { toRequestId } from "./request-id.js";

export interface Listening {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** TLS ends at a proxy in front, whose X-Forwarded-For says where a request came from. */
  readonly isBehindProxy: boolean;
}

/** Bytes, milliseconds, characters. */
const LIMITS = {
  body: 1024 * 1024,
  header: 16 * 1024,
  /** From the first byte of a request to its last. */
  requestMs: 30_000,
  headersMs: 15_000,
  keepAliveMs: 72_000,
  /** Above the 128 characters of a name, each percent-encoded. */
  parameter: 2_000,
} as const;

/** Without routes. Nothing listens yet. */
export function createHttpServer(
  { tls, isBehindProxy }: Pick<Listening, "tls" | "isBehindProxy">,
  log: Logger,
): FastifyInstance {
  const http = { maxHeaderSize: LIMITS.header, headersTimeout: LIMITS.headersMs };
  const options = {
    bodyLimit: LIMITS.body,
    requestTimeout: LIMITS.requestMs,
    keepAliveTimeout: LIMITS.keepAliveMs,
    exposeHeadRoutes: false,
    // One hop: what a client itself put into the header is behind it.
    trustProxy: isBehindProxy ? (_address: string, hop: number) => hop === 0 : false,
    requestIdHeader: false as const,
    genReqId: toRequestId,
    routerOptions: { maxParamLength: LIMITS.parameter },
    forceCloseConnections: "idle" as const,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      answerError(error, request, reply);
    },
  };
  const server = (tls === undefined
    ? Fastify({ ...options, http })
    : Fastify({ ...options, https: { ...http, ...tls } })) as unknown as FastifyInstance;
  server.setErrorHandler((error: FastifyError, request, reply) => {
    if (toStatus(error) >= 500)
      log.error("request.failed", { request: request.id, error: error.message, stack: error.stack ?? "" });
    answerError(error, request, reply);
  });
  server.setNotFoundHandler((request, reply) => {
    answerError({ statusCode: 404 }, request, reply);
  });
  secure(server, tls !== undefined || isBehindProxy);
  refuseWhenEnding(server);
  logRequests(server, log);
  return server;
}

function secure(server: FastifyInstance, isEncrypted: boolean): void {
  server.addHook("onRequest", (request, reply, done) => {
    void reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      ...(isEncrypted ? { "strict-transport-security": "max-age=31536000" } : {}),
    });
    done();
  });
}

/** Connections that are kept alive would bring new requests for as long as old ones are waited for. */
function refuseWhenEnding(server: FastifyInstance): void {
  let isEnding = false;
  server.addHook("preClose", (done) => {
    isEnding = true;
    done();
  });
  server.addHook("onRequest", (request, reply, done) => {
    if (!isEnding) {
      done();
      return;
    }
    void reply.header("retry-after", "5");
    answerError({ statusCode: 503 }, request, reply);
  });
  server.addHook("onSend", (_request, reply, payload) => {
    if (isEnding) void reply.header("connection", "close");
    return Promise.resolve(payload);
  });
}

/**
 * Whoever asks for something to be done is logged at info, whoever looks at debug. Never a query, a header or a body.
 */
function logRequests(server: FastifyInstance, log: Logger): void {
  server.addHook("onResponse", (request, reply, done) => {
    const level = request.method === "GET" ? "debug" : "info";
    log[level]("request.answered", {
      request: request.id,
      method: request.method,
      path: (request.raw.url ?? "").split("?")[0] ?? "",
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      address: request.ip,
    });
    done();
  });
}

type Fault = Partial<Pick<FastifyError, "statusCode" | "message">>;

function toStatus({ statusCode }: Fault): number {
  return statusCode !== undefined && statusCode >= 400 && statusCode <= 599 ? statusCode : 500;
}

/** By status; the words of a framework name its own parts, so only those that a client can use are kept. */
const WORDS: Readonly<Record<number, readonly [errorCode: string, detail: string]>> = {
  400: ["BAD_REQUEST", "The request cannot be read."],
  404: [NOT_FOUND.errorCode, NOT_FOUND.detail],
  408: ["REQUEST_TIMEOUT", "The request did not arrive in time."],
  413: ["REQUEST_ENTITY_TOO_LARGE", "The body is too long."],
  414: ["URI_TOO_LONG", "The path is too long."],
  415: ["UNSUPPORTED_MEDIA_TYPE", "The media type of the body is not supported."],
  431: ["REQUEST_HEADER_FIELDS_TOO_LARGE", "The headers are too long."],
  503: ["SERVICE_UNAVAILABLE", "The server is ending. Please send the request again."],
};

function toForm(status: number): AtlasError {
  const [errorCode, detail] = WORDS[status] ?? ["UNEXPECTED_ERROR", "An unexpected error occurred."];
  return { status, errorCode, detail };
}

/** A problem document (RFC 9457) for Headgate's own API, Atlas's form for the rest. */
function answerError(error: Fault, request: FastifyRequest, reply: FastifyReply): void {
  const status = toStatus(error);
  const url = request.raw.url ?? "";
  const form = toForm(status);
  if (url.startsWith("/api/")) {
    sendRendered(reply, renderError(form, new URLSearchParams(url.split("?")[1])));
    return;
  }
  const document = toProblemDocument(toPlainProblem(status, form.detail), request.id);
  void reply
    .code(document.status)
    .header("content-type", PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(document)));
}

/** By Node's code for what broke before there was a request. */
const BROKEN: Readonly<Partial<Record<string, number>>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface BrokenRequest extends Error {
  readonly code?: string;
  /** A buffer, where Fastify's types have something else; there if its bytes were what broke. */
  readonly rawPacket?: unknown;
}

/** The start of the request line is all there is to go by. */
function isMeantForApi({ rawPacket }: BrokenRequest): boolean {
  return Buffer.isBuffer(rawPacket) && /^[A-Z]+ \/v1\//.test(rawPacket.toString("latin1", 0, 20));
}

function renderProblem({ status, detail }: AtlasError): Rendered {
  const requestId = randomUUID();
  const document = toProblemDocument(toPlainProblem(status, detail), requestId);
  return {
    status: document.status,
    headers: { "content-type": PROBLEM_TYPE, "x-request-id": requestId },
    body: JSON.stringify(document),
  };
}

function answerBrokenRequest(this: unknown, error: BrokenRequest, socket: Socket): void {
  // Whoever has gone away needs no answer.
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const form = toForm(BROKEN[error.code ?? ""] ?? 400);
  const { status, headers, body } = isMeantForApi(error)
    ? renderProblem(form)
    : renderError(form, new URLSearchParams());
  const lines = Object.entries({
    ...headers,
    connection: "close",
    "content-length": Buffer.byteLength(body),
  });
  const head = lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("");
  socket.end(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}\r\n${head}\r\n${body.toString()}`);
}

/** The address it listens at, as a URL. Throws where it cannot. */
export async function listen(server: FastifyInstance, { host, port, tls }: Listening): Promise<string> {
  await server.listen({ host, port });
  const address = server.server.address();
  if (address === null || typeof address === "string")
    throw new Error("a server that listens has an address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${tls === undefined ? "http" : "https"}://${name}:${String(address.port)}`;
}

/** Takes nothing new, and resolves when what was accepted has been answered, or after `graceMs` and a moment. */
export async function endServer(
  server: FastifyInstance,
  ending: AbortController,
  graceMs: number,
): Promise<void> {
  const begunAt = performance.now();
  const timer = setTimeout(() => {
    ending.abort(new Error(`the server ends after ${String(Math.round(performance.now() - begunAt))} ms`));
  }, graceMs);
  try {
    await server.close();
  } finally {
    clearTimeout(timer);
  }
}
