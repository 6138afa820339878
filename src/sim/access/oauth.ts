// Service accounts: token, revoke and Bearer check (docs/atlas.md 5). Tokens are signed with the client's secret, so
// that they outlive a restart of the simulator; limits and revocations are kept in memory and do not. Lives and limits
// are real milliseconds, not simulated ones: clients read them on their own clock. Never logs a token.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { SimSettings } from "../settings/settings-table.js";

export interface ServiceAccount {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** An answer of the token endpoint: its errors have a shape of their own. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly errorCode: string | null;
}

/** `form` is the body; an id and secret in it count only if there is no Basic header. `now` is epoch milliseconds. */
export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
  /** The caller's; the limit counts per address and client. */
  readonly address: string;
  readonly now: number;
}

const MINUTE_MS = 60_000;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Compares without telling by its time where the difference is. */
export function isSameText(one: string, two: string): boolean {
  const a = createHmac("sha256", "compare").update(one).digest();
  const b = createHmac("sha256", "compare").update(two).digest();
  return timingSafeEqual(a, b);
}

/** RFC 6749 5.2, which is not the shape of Atlas's other errors. */
function refuseToken(status: number, error: string, description: string): TokenAnswer {
  return { status, body: { error, error_description: description }, errorCode: error };
}

export class OAuth {
  private readonly account: ServiceAccount;
  private readonly settings: SimSettings;
  private readonly revoked = new Set<string>();
  private readonly askedAt = new Map<string, readonly number[]>();
  /** Of this process: token -> epoch milliseconds of its end. */
  private readonly live = new Map<string, number>();

  constructor(account: ServiceAccount, settings: SimSettings) {
    this.account = account;
    this.settings = settings;
  }

  /**
   * POST /api/oauth/token. Every request counts against the limit of its address and client (docs/atlas.md 5), also one
   * with a wrong secret, so that guessing is limited; only those that the limit itself refuses do not.
   */
  issue(request: TokenRequest): TokenAnswer {
    const { now, form } = request;
    const limit = this.settings["oauth.tokensPerMinute"];
    const caller = `${request.address} ${pairOf(request).split(":", 1)[0] ?? ""}`;
    const recent = (this.askedAt.get(caller) ?? []).filter((at) => at > now - MINUTE_MS);
    if (recent.length >= limit) return limited(limit);
    this.askedAt.set(caller, [...recent, now]);
    if (!this.isClient(request)) return refuseToken(401, "invalid_client", "Invalid credentials provided.");
    if (form.get("grant_type") !== "client_credentials") {
      return refuseToken(400, "unsupported_grant_type", "The grant type must be client_credentials.");
    }
    for (const [token, until] of this.live) if (until <= now) this.live.delete(token);
    if (this.live.size >= this.settings["oauth.maxLiveTokens"]) {
      return refuseToken(403, "access_denied", "Access Token limit reached.");
    }
    const lifetimeMs = this.settings["oauth.tokenLifetimeMs"];
    const token = this.sign(now, now + lifetimeMs);
    this.live.set(token, now + lifetimeMs);
    const body = {
      access_token: token,
      expires_in: Math.floor(lifetimeMs / 1_000),
      token_type: "Bearer",
    };
    return { status: 200, body, errorCode: null };
  }

  /** POST /api/oauth/revoke: 200 also for a token it does not know, as RFC 7009 asks. */
  revoke(request: TokenRequest): TokenAnswer {
    if (!this.isClient(request)) return refuseToken(401, "invalid_client", "Invalid credentials provided.");
    const token = request.form.get("token") ?? "";
    if (this.isLive(token, request.now)) {
      this.revoked.add(token);
      // Its own place: that of another would be free too early or too late.
      this.live.delete(token);
    }
    return { status: 200, body: {}, errorCode: null };
  }

  /** True for a token of ours that is neither expired nor revoked. */
  isLive(token: string, now: number): boolean {
    const [header = "", payload = "", signature = ""] = token.split(".");
    if (!isSameText(signature, this.signatureOf(`${header}.${payload}`)) || this.revoked.has(token))
      return false;
    // Behind the signature: only what was written here is ever parsed.
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    const until = typeof claims === "object" && claims !== null && "expMs" in claims ? claims.expMs : 0;
    return typeof until === "number" && until > now;
  }

  /** As given, or percent-encoded before Basic as RFC 6749 2.3.1 asks: clients do either. */
  private isClient(request: TokenRequest): boolean {
    const pair = pairOf(request);
    const { clientId, clientSecret } = this.account;
    const encoded = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
    return isSameText(pair, `${clientId}:${clientSecret}`) || isSameText(pair, encoded);
  }

  /** A JWT whose `jti` makes it the only one of its moment. `expMs` is what isLive() goes by; `exp` is for clients. */
  private sign(now: number, until: number): string {
    const header = base64url({ alg: "HS256", typ: "JWT" });
    const claims = { sub: this.account.clientId, jti: randomUUID(), iat: Math.floor(now / 1_000) };
    const payload = base64url({ ...claims, exp: Math.floor(until / 1_000), expMs: until });
    return `${header}.${payload}.${this.signatureOf(`${header}.${payload}`)}`;
  }

  private signatureOf(text: string): string {
    return createHmac("sha256", this.account.clientSecret).update(text).digest("base64url");
  }
}

/** `id:secret` as the caller gave it: Basic, or in the form. */
function pairOf({ authorization, form }: TokenRequest): string {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  return basic === undefined
    ? `${form.get("client_id") ?? ""}:${form.get("client_secret") ?? ""}`
    : Buffer.from(basic, "base64").toString();
}

/** The legacy rate-limit body of the token endpoint (docs/atlas.md 5, reported). */
function limited(limit: number): TokenAnswer {
  return {
    status: 429,
    errorCode: "RATE_LIMITED",
    body: {
      detail: `Resource /api/oauth/token is limited to ${String(limit)} requests every 1 minutes.`,
      error: 429,
      errorCode: "RATE_LIMITED",
      parameters: ["/api/oauth/token", limit, 1],
      reason: "Too Many Requests",
    },
  };
}
