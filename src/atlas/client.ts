// The Atlas client: what Headgate asks of Atlas and what it does there, in Headgate's words. It retries nothing, decides
// nothing and keeps nothing but connections and a token; every failure is an AppError with context {operation, sent, transient}.
import { performance } from "node:perf_hooks";
import { AppError } from "../errors.js";
import type { Observation, WorkspaceLimits } from "../domain/observation.js";
import type { StartOptions } from "../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { createSigner } from "./auth.js";
import type { AtlasCredentials } from "./auth.js";
import {
  readErrorBody,
  readRetryAfterMs,
  toBrokenReplyError,
  toFailureError,
  toReplyError,
  toUnintelligible,
} from "./errors.js";
import type { Operation } from "./errors.js";
import { ExchangeFailure } from "./exchange.js";
import type { HttpReply } from "./exchange.js";
import { readPages } from "./listing.js";
import type { Signer } from "./signer.js";
import { createTransport } from "./transport.js";
import type { Patience, Transport } from "./transport.js";
import {
  MEDIA,
  parseJson,
  parseProcessor,
  parseProcessorPage,
  parseWorkspaceLimits,
  toListPath,
  toProcessorPath,
  toStartBody,
  toWorkspacePath,
} from "./wire.js";

export type { AtlasCredentials } from "./auth.js";

/** What one answer told about the budget of calls (atlas-facts 6). */
export interface RateLimitReading {
  readonly project: string;
  readonly limit?: number;
  readonly remaining?: number;
  /** Only on 429 and 503. */
  readonly retryAfterMs?: number;
}

export interface ReadCall {
  readonly signal?: AbortSignal;
  /** Of the whole call, all pages. Default 30,000. */
  readonly timeoutMs?: number;
  /** Awaited before every page: the budget's port. What it throws ends the call. */
  readonly admit?: () => Promise<void>;
}

export interface WriteCall {
  readonly signal?: AbortSignal;
  /** On performance.now()'s clock: past it the request is not handed to the socket, and waiting for its answer ends. */
  readonly deadline: number;
}

export interface AtlasClient {
  /** Complete or an error; undefined where the workspace is 404. */
  listProcessors(
    ref: WorkspaceRef,
    call: ReadCall,
  ): Promise<{ readonly observations: readonly Observation[]; readonly pages: number } | undefined>;
  /** Undefined where Atlas has no such processor or workspace. */
  getProcessor(ref: ProcessorRef, call: ReadCall): Promise<Observation | undefined>;
  /** Undefined where Atlas has no such workspace. */
  getWorkspace(ref: WorkspaceRef, call: ReadCall): Promise<WorkspaceLimits | undefined>;
  /** Not idempotent. Returns when Atlas has accepted it; throws `atlas.ambiguous` where its effect is not known. */
  startWith(ref: ProcessorRef, options: StartOptions, call: WriteCall): Promise<void>;
  /** Not idempotent; as startWith. */
  stop(ref: ProcessorRef, call: WriteCall): Promise<void>;
  close(): Promise<void>;
}

export interface AtlasClientOptions {
  /** The origin, with or without `/api/atlas/v2`. */
  readonly baseUrl: string;
  readonly credentials: AtlasCredentials;
  readonly userAgent: string;
  /** Called at once after each answer that tells of the budget. Must not throw. */
  readonly onRateLimit?: (reading: RateLimitReading) => void;
  /** Takes the 400 "stream processor doesn't exist" of Atlas before 5 June 2026 for a 404 (atlas-facts 1e). Default false. */
  readonly acceptsLegacyNotFound?: boolean;
}

const READ_TIMEOUT_MS = 30_000;

/** Throws `config.invalid` for a base URL that is none. Opens no connection yet. */
export function createAtlasClient(options: AtlasClientOptions): AtlasClient {
  const transport = createTransport(toOrigin(options.baseUrl));
  const caller = new Caller(options, transport);
  return {
    listProcessors: (ref, call) => listProcessors(caller, ref, call),
    getProcessor: (ref, call) => getProcessor(caller, ref, call),
    getWorkspace: (ref, call) => getWorkspace(caller, ref, call),
    startWith: async (ref, startOptions, call) => {
      await caller.write({
        operation: "startWith",
        project: ref.project,
        path: checked(() => toProcessorPath(ref, "startWith")),
        accept: MEDIA.startWith,
        body: toStartBody(startOptions),
        patience: call,
      });
    },
    stop: async (ref, call) => {
      await caller.write({
        operation: "stop",
        project: ref.project,
        path: checked(() => toProcessorPath(ref, "stop")),
        accept: MEDIA.processor,
        patience: call,
      });
    },
    close: () => transport.close(),
  };
}

async function listProcessors(
  caller: Caller,
  ref: WorkspaceRef,
  call: ReadCall,
): ReturnType<AtlasClient["listProcessors"]> {
  const patience = toPatience(call);
  return readPages(async (pageNum) => {
    await call.admit?.();
    const path = checked(() => toListPath(ref, pageNum));
    const reply = await caller.read({
      operation: "list",
      project: ref.project,
      path,
      accept: MEDIA.processor,
      patience,
    });
    return reply === undefined ? undefined : toWords("list", reply, parseProcessorPage);
  });
}

async function getProcessor(
  caller: Caller,
  ref: ProcessorRef,
  call: ReadCall,
): Promise<Observation | undefined> {
  await call.admit?.();
  const reply = await caller.read({
    operation: "get",
    project: ref.project,
    path: checked(() => toProcessorPath(ref)),
    accept: MEDIA.processor,
    patience: toPatience(call),
  });
  if (reply === undefined) return undefined;
  const observation = toWords("get", reply, parseProcessor);
  if (observation.processor !== ref.processor) {
    throw toUnintelligible("get", reply.status, "it tells of another processor");
  }
  return observation;
}

async function getWorkspace(
  caller: Caller,
  ref: WorkspaceRef,
  call: ReadCall,
): Promise<WorkspaceLimits | undefined> {
  await call.admit?.();
  const reply = await caller.read({
    operation: "workspace",
    project: ref.project,
    path: checked(() => toWorkspacePath(ref)),
    accept: MEDIA.workspace,
    patience: toPatience(call),
  });
  return reply === undefined ? undefined : toWords("workspace", reply, parseWorkspaceLimits);
}

interface CallSpec {
  readonly operation: Operation;
  readonly project: string;
  readonly path: string;
  readonly accept: string;
  readonly body?: string;
  readonly patience: Patience;
}

/** A reply that arrived whole. */
interface WholeReply extends HttpReply {
  readonly body: Buffer;
}

class Caller {
  readonly #options: AtlasClientOptions;
  readonly #transport: Transport;
  readonly #signer: Signer;

  constructor(options: AtlasClientOptions, transport: Transport) {
    this.#options = options;
    this.#transport = transport;
    this.#signer = createSigner(options.credentials, { transport, userAgent: options.userAgent });
  }

  /** Undefined where Atlas says, in its own words, that there is no such thing. A proxy's 404 page proves nothing. */
  async read(spec: CallSpec): Promise<WholeReply | undefined> {
    const reply = await this.#send(spec, "GET");
    if (this.#isNotFound(spec, reply)) return undefined;
    if (reply.status === 404) throw toUnintelligible(spec.operation, 404, "a 404 that is not Atlas's");
    return this.#toWhole(spec, reply);
  }

  /** Any whole 2xx is acceptance: the specification gives these answers no body (atlas-facts 1d, 12). */
  async write(spec: CallSpec): Promise<void> {
    const reply = this.#toWhole(spec, await this.#send(spec, "POST"));
    const text = reply.body.toString("utf8").trim();
    if (text !== "" && parseJson(text) === undefined) {
      throw toUnintelligible(spec.operation, reply.status, "it is not JSON");
    }
  }

  #toWhole(spec: CallSpec, reply: HttpReply): WholeReply {
    if (reply.status < 200 || reply.status > 299) {
      throw toReplyError(spec.operation, reply, (text) => this.#signer.scrub(text));
    }
    if (reply.body === undefined) throw toBrokenReplyError(spec.operation, reply);
    return { ...reply, body: reply.body };
  }

  #isNotFound(spec: CallSpec, reply: HttpReply): boolean {
    if (reply.status !== 404 && reply.status !== 400) return false;
    const { isAtlas, detail } = readErrorBody(reply);
    if (reply.status === 404) return isAtlas;
    const isLegacy = this.#options.acceptsLegacyNotFound === true && spec.operation === "get";
    return isLegacy && /stream processor (doesn't|does not) exist/i.test(detail);
  }

  async #send(spec: CallSpec, method: "GET" | "POST"): Promise<HttpReply> {
    const { path, patience } = spec;
    const send = async (authorization?: string): Promise<HttpReply> => {
      const headers = {
        accept: spec.accept,
        "user-agent": this.#options.userAgent,
        ...(spec.body === undefined ? {} : { "content-type": spec.accept }),
        ...(authorization === undefined ? {} : { authorization }),
      };
      const request = { method, path, headers, ...(spec.body === undefined ? {} : { body: spec.body }) };
      const reply = await this.#transport.exchange(request, patience);
      this.#report(spec.project, reply);
      return reply;
    };
    try {
      return await this.#signer.sendSigned({ method, path, patience, send });
    } catch (error) {
      throw error instanceof ExchangeFailure ? toFailureError(spec.operation, error) : error;
    }
  }

  #report(project: string, reply: HttpReply): void {
    const limit = toCount(reply.headers["ratelimit-limit"]);
    const remaining = toCount(reply.headers["ratelimit-remaining"]);
    const retryAfterMs = readRetryAfterMs(reply);
    if (limit === undefined && remaining === undefined && retryAfterMs === undefined) return;
    this.#options.onRateLimit?.({
      project,
      ...(limit === undefined ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

function toPatience({ signal, timeoutMs = READ_TIMEOUT_MS }: ReadCall): Patience {
  return { deadline: performance.now() + timeoutMs, ...(signal === undefined ? {} : { signal }) };
}

function toWords<T>(operation: Operation, reply: WholeReply, parse: (value: unknown) => T | undefined): T {
  const json = parseJson(reply.body.toString("utf8"));
  const words = json === undefined ? undefined : parse(json.value);
  if (words !== undefined) return words;
  const why = json === undefined ? "it is not JSON" : "a field that must be there is not, or of another kind";
  throw toUnintelligible(operation, reply.status, why);
}

function toCount(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** A name that no ref may hold is refused before anything is sent. */
function checked(toPath: () => string): string {
  try {
    return toPath();
  } catch (error) {
    throw new AppError("request.refused", "a name holds characters that a path may not", {
      context: { sent: false, transient: false },
      cause: error,
    });
  }
}

function toOrigin(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new AppError("config.invalid", "the Atlas base URL is not a URL");
  const url = new URL(baseUrl);
  const isPlain = /^\/(api\/atlas\/v2\/?)?$/.test(url.pathname) && url.username === "" && url.search === "";
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new AppError("config.invalid", "the Atlas base URL must be an http or https origin");
  }
  return url.origin;
}
