// Who is asking: a service account's Bearer token or an API key's digest. An unsigned request gets the challenge and
// nothing else, though it may carry its whole body: every vendor client sends each call bare first (docs/atlas.md 12).
// One identity of each kind is known, and what it may do is not simulated. Never puts a credential into an answer or a
// log.
import { randomBytes } from "node:crypto";
import { Digest } from "./digest.js";
import type { ApiKey } from "./digest.js";
import { OAuth } from "./oauth.js";
import type { ServiceAccount } from "./oauth.js";
import type { Refusal } from "../world/refusals.js";
import type { SimSettings } from "../settings/settings-table.js";

export type SimCredentials = ServiceAccount & ApiKey;

/** The given credentials, the missing ones made up in the forms Atlas uses. */
export function completeCredentials(given: Partial<SimCredentials> = {}): SimCredentials {
  return {
    clientId: given.clientId ?? `mdb_sa_id_${randomBytes(12).toString("hex")}`,
    clientSecret: given.clientSecret ?? `mdb_sa_sk_${randomBytes(20).toString("hex")}`,
    publicKey: given.publicKey ?? randomBytes(4).toString("hex"),
    privateKey: given.privateKey ?? randomBytes(16).toString("hex"),
  };
}

/** `by` is what the events name as who did it: the client id or the public key. */
export type Identity =
  { readonly kind: "known"; readonly by: string } | { readonly kind: "refused"; readonly refusal: Refusal };

/** `url` is path and query as sent, because that is what a digest signs. `now` is epoch milliseconds. */
export interface AuthRequest {
  readonly authorization: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly now: number;
}

export class Auth {
  readonly oauth: OAuth;
  readonly digest: Digest;
  private readonly credentials: SimCredentials;

  constructor(credentials: SimCredentials, settings: SimSettings) {
    this.credentials = credentials;
    this.oauth = new OAuth(credentials, settings);
    this.digest = new Digest(credentials, settings);
  }

  /**
   * Judges by the scheme alone, whatever its case. Whoever names none that is known is challenged for a digest: that is
   * what Atlas does with a bare request (docs/atlas.md 5).
   */
  identify(request: AuthRequest): Identity {
    const { authorization = "", now } = request;
    const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
    if (scheme.toLowerCase() === "bearer") {
      // No digest challenge here: a client with a token must fetch another one, and not ask for a key.
      return this.oauth.isLive(value, now)
        ? { kind: "known", by: this.credentials.clientId }
        : { kind: "refused", refusal: unauthorized('Bearer error="invalid_token"') };
    }
    if (scheme.toLowerCase() === "digest") {
      const verdict = this.digest.verify({ ...request, authorization });
      if (verdict.kind === "passed") return { kind: "known", by: this.credentials.publicKey };
      return { kind: "refused", refusal: unauthorized(this.digest.challenge(now, verdict.isStale)) };
    }
    return { kind: "refused", refusal: unauthorized(this.digest.challenge(now, false)) };
  }
}

/** The 401 of docs/atlas.md 5, recorded; errorCode UNEXPECTED_ERROR is what is really sent. */
function unauthorized(challenge: string): Refusal {
  return {
    status: 401,
    errorCode: "UNEXPECTED_ERROR",
    detail: "You are not authorized for this resource.",
    parameters: [],
    headers: { "WWW-Authenticate": challenge },
  };
}
