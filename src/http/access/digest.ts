// Digest log-ins, RFC 7616 with qop=auth: challenges, and what a signed request proves. Pure but for the nonces it
// remembers. Knows no keys: their HA1 are handed in. Never logs a header.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { DIGEST_REALM } from "../../app/access/secrets.js";

const ALGORITHMS = { MD5: "md5", "SHA-256": "sha256" } as const;
type DigestAlgorithm = keyof typeof ALGORITHMS;

/** What a header says, none of it believed yet. */
export interface SignedDigest {
  readonly username: string;
  readonly algorithm: DigestAlgorithm;
  readonly nonce: string;
  readonly count: string;
  readonly clientNonce: string;
  readonly uri: string;
  readonly response: string;
}

/** One parameter and the comma behind it. Sticky: nothing between two of them is skipped. */
const FIELD = /\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/y;

/** Undefined if it is malformed, names a parameter twice, or asks for what was not offered. */
export function parseDigest(text: string): SignedDigest | undefined {
  const fields = parseFields(text);
  if (fields === undefined) return undefined;
  const get = (name: string): string => fields.get(name) ?? "";
  const algorithm = fields.get("algorithm") ?? "MD5";
  const isOffered =
    get("realm") === DIGEST_REALM && get("qop") === "auth" && /^[0-9a-f]{8}$/i.test(get("nc"));
  if (!isOffered || !isAlgorithm(algorithm)) return undefined;
  return {
    username: get("username"),
    algorithm,
    nonce: get("nonce"),
    count: get("nc"),
    clientNonce: get("cnonce"),
    uri: get("uri"),
    response: get("response"),
  };
}

function isAlgorithm(text: string): text is DigestAlgorithm {
  return Object.hasOwn(ALGORITHMS, text);
}

function parseFields(text: string): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>();
  for (let at = 0; at < text.length; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const [, name = "", quoted, bare] = FIELD.exec(text) ?? [];
    const key = name.toLowerCase();
    if (key === "" || fields.has(key)) return undefined;
    fields.set(key, quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return fields;
}

/** Whether whoever signed the request knows the key. Takes as long wherever the difference is. */
export function isSignedBy(ha1: string, method: string, signed: SignedDigest): boolean {
  const hash = (text: string): string => createHash(ALGORITHMS[signed.algorithm]).update(text).digest("hex");
  const { nonce, count, clientNonce, uri, response } = signed;
  const expected = hash(`${ha1}:${nonce}:${count}:${clientNonce}:auth:${hash(`${method}:${uri}`)}`);
  return isSameText(expected, response);
}

function isSameText(one: string, two: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(two)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** From when a nonce is stale: long enough for every client, and for clocks of servers that differ. */
const NONCE_LIFE_MS = 300_000;
/** Time, random bytes and signature, each a multiple of three: base64url fills no byte halfway. */
const TIME_BYTES = 6;
const RANDOM_BYTES = 12;
const SIGNATURE_BYTES = 18;
const NONCES_MAX = 20_000;

export interface Nonces {
  /** Costs no memory, because anybody may ask for one. */
  make(key: Uint8Array): string;
  /**
   * Whether a nonce is one of this installation, in its life, and this count higher than the last. Remembers the count,
   * so it is to be called for a right signature only: else anybody could use up a nonce that is not theirs.
   */
  spend(key: Uint8Array, nonce: string, count: string): boolean;
}

/**
 * Of one process: a request that was recorded may be sent once more to another server in the nonce's life. `now` is
 * epoch milliseconds.
 */
export function createNonces(now: () => number): Nonces {
  const counts = new Map<string, number>();
  // What was made until then and is not remembered may have been used: it is stale.
  let forgottenUntil = 0;
  const sign = (key: Uint8Array, head: Buffer): string => {
    const signature = createHmac("sha256", key).update(head).digest().subarray(0, SIGNATURE_BYTES);
    return Buffer.concat([head, signature]).toString("base64url");
  };
  return {
    make: (key) => {
      const time = Buffer.alloc(TIME_BYTES);
      time.writeUIntBE(now(), 0, TIME_BYTES);
      return sign(key, Buffer.concat([time, randomBytes(RANDOM_BYTES)]));
    },
    spend: (key, nonce, count) => {
      const head = Buffer.from(nonce, "base64url").subarray(0, TIME_BYTES + RANDOM_BYTES);
      if (head.length < TIME_BYTES + RANDOM_BYTES || !isSameText(sign(key, head), nonce)) return false;
      const madeAt = head.readUIntBE(0, TIME_BYTES);
      const last = counts.get(nonce);
      const isForgotten = last === undefined && madeAt <= forgottenUntil;
      if (isForgotten || Math.abs(now() - madeAt) > NONCE_LIFE_MS) return false;
      const used = Number.parseInt(count, 16);
      if (used <= (last ?? 0)) return false;
      counts.set(nonce, used);
      if (counts.size > NONCES_MAX) forgottenUntil = forgetOldest(counts, forgottenUntil);
      return true;
    },
  };
}

/** The time that the forgotten one was made at, if it is later than those before. */
function forgetOldest(counts: Map<string, number>, forgottenUntil: number): number {
  const oldest = counts.keys().next().value ?? "";
  counts.delete(oldest);
  const madeAt = Buffer.from(oldest, "base64url").readUIntBE(0, TIME_BYTES);
  return Math.max(forgottenUntil, madeAt);
}

/**
 * Values of WWW-Authenticate, each to be a header of its own. MD5 first and by itself, in Atlas's own form: the client
 * inside Atlas's Go SDK reads the first header alone, and refuses one with a parameter that it does not know. curl
 * takes the first one too. Both have one nonce, because Python's requests reads all headers as one and takes the last
 * of each.
 */
export function toChallenges(nonce: string, isStale: boolean): readonly string[] {
  const digests = Object.keys(ALGORITHMS).map(
    (algorithm) =>
      `Digest realm="${DIGEST_REALM}", domain="", nonce="${nonce}", algorithm=${algorithm}, qop="auth", ` +
      `stale=${String(isStale)}`,
  );
  return [...digests, `Bearer realm="${DIGEST_REALM}"`];
}
