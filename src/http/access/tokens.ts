// Access tokens: short-lived JWTs that any server of the installation signs and knows. A signature proves nothing but
// that a server made it: whether the token still holds, its key's row says. Never logs a token.
import { createHash, randomUUID } from "node:crypto";
import { SignJWT, jwtVerify } from "jose";
import { z } from "zod";
import type { Client, SigningKeys, TokenClaims } from "../../app/access/callers.js";

/** As Atlas's. Terraform's provider asks for a new one before every call if it is below 600. */
export const TOKEN_LIFE_SECONDS = 3_600;

/** Its digest fills base64url to the last bit, so that no two texts are the same signature. */
const ALGORITHM = "HS384";
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]{64}$/;

const Claims = z.object({
  sub: z.string(),
  jti: z.uuid(),
  exp: z.int().positive(),
  gen: z.int().positive(),
});

const toIssuer = ({ installation }: SigningKeys): string => `headgate-${installation}`;

/** Dated by the database's clock, as everything that servers have to agree on. */
export async function signToken(
  keys: SigningKeys,
  client: Pick<Client, "generation" | "now"> & { readonly clientId: string },
): Promise<string> {
  const issuedAt = Math.floor(client.now / 1_000);
  return new SignJWT({ gen: client.generation })
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setIssuer(toIssuer(keys))
    .setAudience(toIssuer(keys))
    .setSubject(client.clientId)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_LIFE_SECONDS)
    .sign(keys.token);
}

/** What a token of ours says of itself, expired or not; undefined for every other text. */
export async function readToken(keys: SigningKeys, token: string): Promise<TokenClaims | undefined> {
  if (!SHAPE.test(token)) return undefined;
  try {
    const { payload } = await jwtVerify(token, keys.token, {
      algorithms: [ALGORITHM],
      typ: "JWT",
      issuer: toIssuer(keys),
      audience: toIssuer(keys),
      // The database judges the time, together with the rest.
      currentDate: new Date(0),
    });
    const { sub, jti, exp, gen } = Claims.parse(payload);
    return { clientId: sub, generation: gen, jti, expiresAt: exp * 1_000 };
  } catch {
    return undefined;
  }
}

export type TokenReader = typeof readToken;

/** Tokens that are remembered, the newest ones: far more than there are clients. */
const READ_MAX = 1_000;

/** What a token is remembered by: the token itself is kept nowhere. */
export function toTokenDigest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

/**
 * As `readToken`, and remembers which tokens were ours: the keys of an installation never change, so a signature that
 * was right once stays right. Says no more of a token than that, so nothing outlives its end because of it.
 */
export function createTokenReader(): TokenReader {
  const read = new Map<string, TokenClaims>();
  return async (keys, token) => {
    const digest = toTokenDigest(token);
    const known = read.get(digest);
    if (known !== undefined) return known;
    const claims = await readToken(keys, token);
    if (claims === undefined) return undefined;
    read.set(digest, claims);
    if (read.size > READ_MAX) read.delete(read.keys().next().value ?? digest);
    return claims;
  };
}
