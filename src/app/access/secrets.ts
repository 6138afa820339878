// The secrets of keys: made here, shown once, and kept as what they can be checked by. A client secret is kept as its
// Argon2id hash, a private key as its HA1, because a digest cannot be checked by less. Never logs or stores one.
import { createHash, randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import pLimit from "p-limit";
import { AppError } from "../../base/errors.js";
import type { KeptSecrets } from "../../store/access/api-keys.js";

/** Of digest: Atlas's own, because old clients of Atlas show it and some look for it. Part of every HA1. */
export const DIGEST_REALM = "MMS Public API";

/** The least that OWASP's Password Storage Cheat Sheet asks of Argon2id, the library's default: 19 MiB, two passes. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Each holds its memory and a thread of libuv's four, which files and names of hosts need too. */
const hashing = pLimit(2);
/** Waiting for their turn: about a second's worth. More are turned away rather than kept waiting. */
const HASHING_QUEUE_MAX = 50;

/** Told apart by their prefixes, so that src/base/text.ts knows a secret by its shape. */
export const toNewClientId = (): string => `hdg_sa_id_${randomBytes(12).toString("hex")}`;
export const toNewPublicKey = (): string => `hdg_pk_${randomBytes(8).toString("hex")}`;

export interface NewSecrets {
  readonly clientSecret: string;
  readonly privateKey: string;
}

/** 256 and 192 random bits: neither can be guessed, however weakly it is kept. */
export function makeSecrets(): NewSecrets {
  return {
    clientSecret: `hdg_sa_sk_${randomBytes(32).toString("base64url")}`,
    privateKey: `hdg_ak_${randomBytes(24).toString("base64url")}`,
  };
}

export async function toKeptSecrets(
  publicKey: string,
  { clientSecret, privateKey }: NewSecrets,
): Promise<KeptSecrets> {
  const a1 = `${publicKey}:${DIGEST_REALM}:${privateKey}`;
  return {
    clientSecretHash: await inTurn(() => hash(clientSecret, ARGON2)),
    ha1Md5: createHash("md5").update(a1).digest("hex"),
    ha1Sha256: createHash("sha256").update(a1).digest("hex"),
  };
}

/** Known to nobody: a secret is checked against it if its client is unknown, so that both take as long. */
let nobodysHash: Promise<string> | undefined;

/**
 * Whether a secret is the one that was hashed; false, after as long, without a hash. Throws `request.refused` if too
 * many are being checked.
 */
export async function isSecretOf(secretHash: string | undefined, secret: string): Promise<boolean> {
  nobodysHash ??= hash(randomBytes(32), ARGON2);
  const against = secretHash ?? (await nobodysHash);
  return inTurn(() => verify(against, secret));
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (hashing.pendingCount >= HASHING_QUEUE_MAX) {
    throw new AppError("request.refused", "too many secrets are being checked at once", {
      retryAfterMs: 1_000,
    });
  }
  return hashing(work);
}
