// Who calls: a request's Authorization header into the holder of a key. Bearer for tokens, Digest for keys of old
// clients; Basic is for the token endpoint alone. Throws `store.unavailable` while Postgres is away, and nothing else.
// Never logs or answers a part of a credential.
import { randomBytes } from "node:crypto";
import type { Callers, DigestKey, KnownCaller } from "../../app/access/callers.js";
import { shareReads } from "../../base/shared-reads.js";
import { createNonces, isSignedBy, parseDigest, toChallenges } from "./digest.js";
import type { Nonces } from "./digest.js";
import type { LogIn, Limits } from "./limits.js";
import { createTokenReader, toTokenDigest } from "./tokens.js";
import type { TokenReader } from "./tokens.js";

export interface SignedRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** The peer's, for limits. */
  readonly address: string;
}

/** Whose key came with a request, and what Postgres showed when that was found out, after the request had come. */
export type IdentifiedCaller = Pick<KnownCaller, "holder" | "shown">;

export type Identity =
  | ({ readonly kind: "known" } & IdentifiedCaller)
  | {
      readonly kind: "unknown";
      /** Values of WWW-Authenticate. */
      readonly challenges: readonly string[];
    }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

export interface Authenticator {
  identify(request: SignedRequest): Promise<Identity>;
}

export interface AuthenticatorParts {
  readonly callers: Callers;
  readonly limits: Limits;
  /** Epoch milliseconds, for the life of nonces. */
  readonly now?: () => number;
}

/** What was found out about a credential, before limits and challenges. */
type Finding =
  | ({ readonly kind: "known" } & IdentifiedCaller)
  /** Wrong, or of nobody: counted as a failed log-in. */
  | { readonly kind: "wrong"; readonly attempt: LogIn }
  /** Right once and over now: an ended token, a nonce to be replaced. No guess, so not counted. */
  | { readonly kind: "over"; readonly isStale: boolean }
  | { readonly kind: "limited"; readonly retryAfterSeconds: number };

/** Of one token: with one alone, all who call with it would wait for its statement and then be answered in a burst. */
const LOOKS_AT_ONCE = 2;

export function createAuthenticator({
  callers,
  limits,
  now = () => Date.now(),
}: AuthenticatorParts): Authenticator {
  const nonces = createNonces(now);
  const judges = {
    callers,
    limits,
    nonces,
    readToken: createTokenReader(),
    share: shareReads(LOOKS_AT_ONCE),
  };
  const challenge = async (isStale: boolean): Promise<Identity> => {
    const { nonce } = await callers.readSigningKeys();
    return { kind: "unknown", challenges: toChallenges(nonces.make(nonce), isStale) };
  };
  return {
    identify: async (request) => {
      const wait = limits.request(request.address);
      if (wait > 0) return { kind: "limited", retryAfterSeconds: wait };
      // The first half of a digest exchange carries none, and is no failed log-in.
      if (request.authorization === undefined) return challenge(false);
      const finding = await findOut(judges, request, request.authorization);
      switch (finding.kind) {
        case "known": {
          const keyWait = limits.ofKey(finding.holder.keyId);
          return keyWait > 0 ? { kind: "limited", retryAfterSeconds: keyWait } : finding;
        }
        case "wrong": {
          const failureWait = limits.failed(finding.attempt);
          return failureWait > 0 ? { kind: "limited", retryAfterSeconds: failureWait } : challenge(false);
        }
        case "over":
          return challenge(finding.isStale);
        case "limited":
          return finding;
      }
    },
  };
}

interface Judges {
  readonly callers: Callers;
  readonly limits: Limits;
  readonly nonces: Nonces;
  readonly readToken: TokenReader;
  readonly share: ReturnType<typeof shareReads>;
}

async function findOut(judges: Judges, request: SignedRequest, authorization: string): Promise<Finding> {
  const [, scheme = "", rest = ""] = /^([A-Za-z]+) +(.*)$/s.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return findBearer(judges, request, rest);
    case "digest":
      return findDigest(judges, request, rest);
    default:
      return { kind: "wrong", attempt: { address: request.address, name: "" } };
  }
}

/**
 * A signature cannot be guessed, so that a right one is never refused for the failures of others. One statement says
 * whether the token still holds. It begins after the request has come, so what was revoked before is not taken; whoever
 * comes with the same token meanwhile shares the next.
 */
async function findBearer(
  { callers, readToken, share }: Judges,
  { address }: SignedRequest,
  token: string,
): Promise<Finding> {
  const claims = await readToken(await callers.readSigningKeys(), token);
  if (claims === undefined) return { kind: "wrong", attempt: { address, name: "" } };
  const caller = await share(toTokenDigest(token), async () => {
    const found = await callers.findTokenHolder(claims);
    if (found?.isUseDue === true) await callers.noteUse(found.holder.keyId);
    return found;
  });
  return caller === undefined ? { kind: "over", isStale: false } : { kind: "known", ...caller };
}

/** Of nobody: a signature is checked against it if its user is unknown, so that both take as long. */
const NOBODY: Pick<DigestKey, "ha1Md5" | "ha1Sha256"> = {
  ha1Md5: randomBytes(16).toString("hex"),
  ha1Sha256: randomBytes(32).toString("hex"),
};

async function findDigest(
  { callers, limits, nonces }: Judges,
  { method, url, address }: SignedRequest,
  text: string,
): Promise<Finding> {
  const signed = parseDigest(text);
  const attempt = { address, name: signed?.username ?? "" };
  const wait = limits.attempt(attempt);
  if (wait > 0) return { kind: "limited", retryAfterSeconds: wait };
  if (signed?.uri !== url) return { kind: "wrong", attempt };
  const [keys, key] = await Promise.all([callers.readSigningKeys(), callers.findDigestKey(signed.username)]);
  const { ha1Md5, ha1Sha256 } = key ?? NOBODY;
  const isRight = isSignedBy(signed.algorithm === "MD5" ? ha1Md5 : ha1Sha256, method, signed);
  if (key === undefined || !isRight) return { kind: "wrong", attempt };
  limits.succeeded(attempt);
  if (!nonces.spend(keys.nonce, signed.nonce, signed.count)) return { kind: "over", isStale: true };
  if (key.isUseDue) await callers.noteUse(key.holder.keyId);
  return { kind: "known", holder: key.holder, shown: key.shown };
}
