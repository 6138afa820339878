// One call to Atlas: signed, sent, its budget headers reported, its failure turned into an AppError. Retries nothing
// and knows no operation; what is asked and how the answer reads stand in client.ts and project-reads.ts. Every
// AppError of a call has a context {operation, sent, transient}, and `sent: false` must only be said if Atlas cannot
// have got it.
import type { OnStats } from "./wire-processors.js";
import { performance } from "node:perf_hooks";
import { AppError } from "../base/errors.js";
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
import type { Signer } from "./signer.js";
import type { HttpMethod, Patience, Transport } from "./transport.js";
import { MAX_LIMIT, parseJson } from "./wire.js";

/** What one answer told about the budget of calls (docs/atlas.md 6). */
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

/** A read of a list, with what is known of its pages. */
export interface ListCall extends ReadCall {
  /** To begin with. Default: the most that Atlas gives. */
  readonly pageSize?: number;
  /**
   * Awaited before a smaller size is tried, so that it is known even if the list then fails. What it throws ends the
   * call.
   */
  readonly onSmallerPages?: (pageSize: number) => Promise<void>;
  /** Told how each processor gets on, for whoever wants to read it. */
  readonly onStats?: OnStats;
}

export interface CallerOptions {
  readonly credentials: AtlasCredentials | undefined;
  readonly credentialsByProject?: ReadonlyMap<string, AtlasCredentials>;
  readonly userAgent: string;
  readonly onRateLimit?: (reading: RateLimitReading) => void;
  readonly acceptsLegacyNotFound?: boolean;
}

/** For who gives none: a terminal. The loop gives its own. */
const READ_TIMEOUT_MS = 30_000;
/** Their answers tell of endpoint sets of their own, not of the budget (docs/atlas.md 6). */
const OTHER_SETS: ReadonlySet<Operation> = new Set<Operation>(["events", "rateLimits"]);
/** What draws on the budget: everything below this part of a project's path (docs/atlas.md 6). */
export const BUDGETED_PATH = /^\/api\/atlas\/v2\/groups\/[^/]+\/streams(?:[/:?]|$)/;

/** `accept` is the version that is asked for, and of a body the one that it is written in. */
export interface CallSpec {
  readonly operation: Operation;
  readonly project: string;
  readonly path: string;
  readonly accept: string;
  readonly body?: string | Buffer;
  /** Of the body; absent: as accepted. */
  readonly contentType?: string;
  readonly patience: Patience;
}

/** A reply that arrived whole. */
export interface WholeReply extends HttpReply {
  readonly body: Buffer;
}

export class Caller {
  readonly #options: CallerOptions;
  readonly #transport: Transport;
  /** One per credential, so that projects which share one share its token. */
  readonly #signers = new Map<AtlasCredentials, Signer>();

  constructor(options: CallerOptions, transport: Transport) {
    this.#options = options;
    this.#transport = transport;
  }

  /** What Atlas's events call us in a project; undefined where we have no credential for it. */
  findOwnName(project: string): string | undefined {
    const { credentialsByProject, credentials } = this.#options;
    const own = credentialsByProject?.get(project) ?? credentials;
    return own?.kind === "api-key" ? own.publicKey : own?.clientId;
  }

  /** Throws `atlas.denied` before anything is sent: no credential is as good as one that Atlas refuses. */
  #signerOf({ operation, project }: CallSpec): Signer {
    const { credentialsByProject, credentials, userAgent } = this.#options;
    const chosen = credentialsByProject?.get(project) ?? credentials;
    if (chosen === undefined) {
      throw new AppError("atlas.denied", `no credentials are set for project ${project}`, {
        context: { operation, sent: false, transient: false },
      });
    }
    const signer =
      this.#signers.get(chosen) ?? createSigner(chosen, { transport: this.#transport, userAgent });
    this.#signers.set(chosen, signer);
    return signer;
  }

  /**
   * Undefined if Atlas says, in its own words, that there is no such thing. A proxy's 404 page proves nothing: taken
   * for absence it would show a whole workspace as missing. One call, two if a token or nonce has to be renewed.
   */
  async read(spec: CallSpec): Promise<WholeReply | undefined> {
    const reply = await this.#send(spec, "GET");
    if (this.#isNotFound(spec, reply)) return undefined;
    if (reply.status === 404) throw toUnintelligible(spec.operation, 404, "a 404 that is not Atlas's");
    return this.#toWhole(spec, reply);
  }

  /**
   * Any whole 2xx is acceptance: the specification gives these answers no body (docs/atlas.md 1d, 12). Not idempotent.
   * Throws `atlas.ambiguous` if it may have taken effect. A body that is not JSON is a login page or a proxy's: Atlas
   * may never have seen the request, and nobody may take it for done.
   */
  async write(spec: CallSpec): Promise<void> {
    const reply = this.#toWhole(spec, await this.#send(spec, "POST"));
    const text = reply.body.toString("utf8").trim();
    if (text !== "" && parseJson(text) === undefined) {
      throw toUnintelligible(spec.operation, reply.status, "it is not JSON");
    }
  }

  /**
   * One request as somebody else wrote it; whatever Atlas answers is the answer. Throws `atlas.ambiguous` if a write
   * may have taken effect and no status came back.
   */
  async relay(spec: CallSpec, method: HttpMethod): Promise<HttpReply> {
    const reply = await this.#send(spec, method);
    if (reply.body === undefined) throw toBrokenReplyError(spec.operation, reply);
    return reply;
  }

  #toWhole(spec: CallSpec, reply: HttpReply): WholeReply {
    if (reply.status < 200 || reply.status > 299) {
      throw toReplyError(spec.operation, reply, (text) => this.#signerOf(spec).scrub(text));
    }
    if (reply.body === undefined) throw toBrokenReplyError(spec.operation, reply);
    return { ...reply, body: reply.body };
  }

  /**
   * A 404, and for a GET of one processor the 400 that it was before June 2026, if the client was told to take it so.
   */
  #isNotFound(spec: CallSpec, reply: HttpReply): boolean {
    if (reply.status !== 404 && reply.status !== 400) return false;
    const { isAtlas, detail } = readErrorBody(reply);
    if (reply.status === 404) return isAtlas;
    const isLegacy = this.#options.acceptsLegacyNotFound === true && spec.operation === "get";
    return isLegacy && /stream processor (doesn't|does not) exist/i.test(detail);
  }

  async #send(spec: CallSpec, method: HttpMethod): Promise<HttpReply> {
    const { path, patience } = spec;
    const send = async (authorization?: string): Promise<HttpReply> => {
      const headers = {
        accept: spec.accept,
        "user-agent": this.#options.userAgent,
        ...(spec.body === undefined ? {} : { "content-type": spec.contentType ?? spec.accept }),
        ...(authorization === undefined ? {} : { authorization }),
      };
      const request = { method, path, headers, ...(spec.body === undefined ? {} : { body: spec.body }) };
      const reply = await this.#transport.exchange(request, patience);
      this.#report(spec, reply);
      return reply;
    };
    try {
      return await this.#signerOf(spec).sendSigned({ method, path, patience, send });
    } catch (error) {
      throw error instanceof ExchangeFailure ? toFailureError(spec.operation, error) : error;
    }
  }

  /** From every answer, failures included: a 429 tells of the budget what a success does not. */
  #report({ operation, project, path }: CallSpec, reply: HttpReply): void {
    if (OTHER_SETS.has(operation) || !BUDGETED_PATH.test(path)) return;
    const limit = toHeaderCount(reply.headers["ratelimit-limit"]);
    const remaining = toHeaderCount(reply.headers["ratelimit-remaining"]);
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

/** From now on, by the monotonic clock: a list has one patience for all its pages. */
export function toPatience({ signal, timeoutMs = READ_TIMEOUT_MS }: ReadCall): Patience {
  return { deadline: performance.now() + timeoutMs, ...(signal === undefined ? {} : { signal }) };
}

/** What `envelope=true` wraps, which a gateway may have asked for (docs/atlas.md 6); a list only gains a field. */
function openEnvelope(value: unknown): unknown {
  const isEnvelope = typeof value === "object" && value !== null && "status" in value && "content" in value;
  return isEnvelope ? value.content : value;
}

/** Throws `atlas.unintelligible` and nothing else, in words that quote nothing of the body. */
export function parseReply<T>(
  operation: Operation,
  reply: WholeReply,
  parse: (value: unknown) => T | undefined,
): T {
  const json = parseJson(reply.body.toString("utf8"));
  const words = json === undefined ? undefined : parse(openEnvelope(json.value));
  if (words !== undefined) return words;
  const why = json === undefined ? "it is not JSON" : "a field that must be there is not, or of another kind";
  throw toUnintelligible(operation, reply.status, why);
}

/** Undefined for what is no limit: a count too large to be stored would keep a 429 beside it from being stored, too. */
function toHeaderCount(header: string | undefined): number | undefined {
  const count = header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
  return count !== undefined && count <= MAX_LIMIT ? count : undefined;
}

/** A name that no ref may hold is refused before anything is sent. */
export function checked(toPath: () => string): string {
  try {
    return toPath();
  } catch (error) {
    throw new AppError(
      "request.refused",
      "the name contains a character that cannot appear in an Atlas URL",
      {
        context: { sent: false, transient: false },
        cause: error,
      },
    );
  }
}
