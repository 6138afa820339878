// The service account's token: kept until shortly before it expires, fetched by one request at a time however many
// wait, and never more often than the token endpoint allows. It must never reach a log, an error or another process.
import { performance } from "node:perf_hooks";
import { AppError } from "../base/errors.js";
import type { Secret } from "../base/secret.js";
import { toBrokenReplyError, toFailureError, toReplyError, toUnintelligible } from "./errors.js";
import { ExchangeFailure } from "./exchange.js";
import type { HttpReply } from "./exchange.js";
import type { Patience, Transport } from "./transport.js";
import { waitFor } from "./transport.js";
import { TOKEN_PATH, parseJson, parseToken } from "./wire.js";

/** 10 a minute per address and client (docs/atlas.md 5); the rest is left to other processes of this installation. */
const FETCHES_PER_WINDOW = 8;
const WINDOW_MS = 60_000;
/** Its own, not the caller's: a caller who leaves must not end what the others wait for. */
const FETCH_TIMEOUT_MS = 10_000;
/** A token is renewed this long before its end, or a tenth of its life before it if that is less. */
const RENEW_BEFORE_MS = 60_000;
/** A late answer may quote a token that has been replaced since. */
const TOKENS_KNOWN = 4;
/** So long a refused credential, or a fruitless replacement, is not tried again. */
const REFUSED_FOR_MS = 30_000;

/** `renewAt`: on performance.now()'s clock, so that a wall clock that is set keeps no dead token alive. */
interface HeldToken {
  readonly text: string;
  readonly renewAt: number;
}

export interface TokenSource {
  /** Throws an AppError (nothing of the caller's was sent) or, when the caller's patience ends, ExchangeFailure. */
  get(patience: Patience): Promise<HeldToken>;
  /** A token other than this one; callers who refused the same token share one request. */
  replace(refused: HeldToken, patience: Patience): Promise<HeldToken>;
  /** Whether a 401 may be the token's fault and a new one may be had now. */
  mayReplace(refused: HeldToken): boolean;
  /** What came of the request with the new token. If it was refused as well, no token is replaced for half a minute. */
  noteReplacement(isCured: boolean): void;
  /** Takes the secret, what was made of it, and the last few tokens out of a text. */
  scrub(text: string): string;
}

export interface TokenSourceOptions {
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly transport: Transport;
  readonly userAgent: string;
}

/**
 * Fetches nothing before the first `get`. One per credential: two would share its limit without knowing of each other.
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const fetcher = new TokenFetcher(options);
  let held: HeldToken | undefined;
  let issued: readonly string[] = [];
  let fruitlessUntil = Number.NEGATIVE_INFINITY;
  const keep = (token: HeldToken): HeldToken => {
    held = token;
    issued = [...issued, token.text].slice(-TOKENS_KNOWN);
    return token;
  };
  const get = async (patience: Patience): Promise<HeldToken> => {
    if (held !== undefined && performance.now() < held.renewAt) return held;
    return waitFor(() => fetcher.fetch().then(keep), patience);
  };
  return {
    get,
    replace: (refused, patience) => {
      // Someone else may have replaced it already: then theirs is taken.
      if (held === refused) held = undefined;
      return get(patience);
    },
    mayReplace: (refused) => held !== refused || (performance.now() >= fruitlessUntil && fetcher.mayFetch()),
    noteReplacement: (isCured) => {
      if (!isCured) fruitlessUntil = performance.now() + REFUSED_FOR_MS;
    },
    scrub: (text) => fetcher.scrub(text, issued),
  };
}

/** Single flight, the endpoint's limit, and the memory of a refusal. */
class TokenFetcher {
  readonly #options: TokenSourceOptions;
  #flight: Promise<HeldToken> | undefined;
  #fetchedAt: readonly number[] = [];
  #refusal: { readonly error: AppError; readonly until: number } | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** Whether a fetch could succeed now: one is under way, or the limit has room and no refusal stands. */
  mayFetch(): boolean {
    return this.#flight !== undefined || (this.#toWaitMs() <= 0 && this.#findRefusal() === undefined);
  }

  fetch(): Promise<HeldToken> {
    this.#flight ??= this.#fetchOnce().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  scrub(text: string, issued: readonly string[]): string {
    const known = [this.#options.clientSecret.reveal(), this.#toBasic(), ...issued];
    return known.reduce((left, secret) => left.replaceAll(secret, "[redacted]"), text);
  }

  #toBasic(): string {
    const { clientId, clientSecret } = this.#options;
    return Buffer.from(`${clientId}:${clientSecret.reveal()}`, "utf8").toString("base64");
  }

  async #fetchOnce(): Promise<HeldToken> {
    const refusal = this.#findRefusal();
    if (refusal !== undefined) throw refusal;
    const waitMs = this.#toWaitMs();
    if (waitMs > 0) throw toTooOften(waitMs);
    const now = performance.now();
    // Counted before it is sent: one whose answer is lost has been counted by the endpoint all the same.
    this.#fetchedAt = [...this.#fetchedAt, now].slice(-FETCHES_PER_WINDOW);
    try {
      return await this.#request(now);
    } catch (error) {
      this.#remember(error);
      throw error;
    }
  }

  async #request(now: number): Promise<HeldToken> {
    const reply = await this.#exchange(now + FETCH_TIMEOUT_MS);
    if (reply.status < 200 || reply.status > 299) {
      throw toReplyError("token", reply, (text) => this.scrub(text, []));
    }
    if (reply.body === undefined) throw toBrokenReplyError("token", reply);
    const json = parseJson(reply.body.toString("utf8"));
    const token = json === undefined ? undefined : parseToken(json.value);
    if (token === undefined) throw toUnintelligible("token", reply.status, "it holds no token");
    // From before the request: its life began at some time after that.
    return { text: token.text, renewAt: now + token.livesMs - Math.min(RENEW_BEFORE_MS, token.livesMs / 10) };
  }

  async #exchange(deadline: number): Promise<HttpReply> {
    const { transport, userAgent } = this.#options;
    const headers = {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      "user-agent": userAgent,
      authorization: `Basic ${this.#toBasic()}`,
    };
    const body = "grant_type=client_credentials";
    try {
      return await transport.exchange({ method: "POST", path: TOKEN_PATH, headers, body }, { deadline });
    } catch (error) {
      throw error instanceof ExchangeFailure ? toFailureError("token", error) : error;
    }
  }

  /** A refused credential stays refused for a while, and a 429 for as long as it says: no storm on the endpoint. */
  #remember(error: unknown): void {
    if (!(error instanceof AppError)) return;
    const isFinal = error.code === "atlas.denied" || error.code === "atlas.rate_limited";
    if (!isFinal) return;
    this.#refusal = { error, until: performance.now() + (error.retryAfterMs ?? REFUSED_FOR_MS) };
  }

  #findRefusal(): AppError | undefined {
    if (this.#refusal === undefined || performance.now() >= this.#refusal.until) return undefined;
    const { error, until } = this.#refusal;
    if (error.code !== "atlas.rate_limited") return error;
    return toTooOften(until - performance.now());
  }

  /** Until the oldest of the last few fetches has left the window. */
  #toWaitMs(): number {
    const oldest = this.#fetchedAt.length < FETCHES_PER_WINDOW ? undefined : this.#fetchedAt[0];
    return oldest === undefined ? 0 : oldest + WINDOW_MS - performance.now();
  }
}

function toTooOften(waitMs: number): AppError {
  return new AppError("atlas.rate_limited", "the token endpoint has been asked as often as it allows", {
    context: { operation: "token", sent: false, transient: true },
    retryAfterMs: Math.max(1_000, Math.ceil(waitMs)),
  });
}
