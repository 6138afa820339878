// Who calls: what the HTTP face asks of the store about a credential whose signature it has checked itself. One
// statement each. Whatever was revoked or rotated is unknown from that moment on, to every server.
import { hkdfSync, webcrypto } from "node:crypto";
import {
  findClient,
  findDigestKey,
  findTokenHolder,
  insertRevokedToken,
  noteKeyUse,
  readSigningSecret,
} from "../../store/access/callers.js";
import type { Client, DigestKey, KnownCaller, TokenClaims } from "../../store/access/callers.js";
import { readInstallation } from "../../store/installation.js";
import type { AppDeps } from "../deps.js";

export type { Client, DigestKey, KnownCaller, TokenClaims } from "../../store/access/callers.js";

/** The keys that servers sign with. Never logged. */
export interface SigningKeys {
  /** Imported once: doing it for each token costs as much as the check itself. */
  readonly token: webcrypto.CryptoKey;
  readonly nonce: Uint8Array;
  /** Whose tokens these are: those of another installation are worth nothing here. */
  readonly installation: string;
}

export interface Callers {
  /** The same for all servers of the installation; read once. */
  readSigningKeys(): Promise<SigningKeys>;
  findTokenHolder(claims: TokenClaims): Promise<KnownCaller | undefined>;
  findDigestKey(publicKey: string): Promise<DigestKey | undefined>;
  findClient(clientId: string): Promise<Client | undefined>;
  noteUse(keyId: string): Promise<void>;
  revokeToken(claims: Pick<TokenClaims, "jti" | "expiresAt">): Promise<void>;
}

/** Of HMAC-SHA-384, as long as its digest. */
const KEY_BYTES = 48;

export function toTokenKey(bytes: Uint8Array): Promise<webcrypto.CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-384" };
  return webcrypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}

/** Each throws `store.unavailable` while Postgres is away. */
export function openCallers({ store }: Pick<AppDeps, "store">): Callers {
  let keys: Promise<SigningKeys> | undefined;
  const readKeys = async (): Promise<SigningKeys> => {
    const [secret, { id }] = await Promise.all([readSigningSecret(store), readInstallation(store)]);
    const derive = (purpose: string): Uint8Array =>
      new Uint8Array(hkdfSync("sha384", secret, "", `headgate ${purpose}`, KEY_BYTES));
    return { token: await toTokenKey(derive("token")), nonce: derive("nonce"), installation: id };
  };
  return {
    readSigningKeys: () =>
      // Kept only if it was read: the next request asks again.
      (keys ??= readKeys().catch((error: unknown) => {
        keys = undefined;
        throw error;
      })),
    findTokenHolder: (claims) => findTokenHolder(store, claims),
    findDigestKey: (publicKey) => findDigestKey(store, publicKey),
    findClient: (clientId) => findClient(store, clientId),
    noteUse: (keyId) => noteKeyUse(store, keyId),
    revokeToken: (claims) => insertRevokedToken(store, claims),
  };
}
