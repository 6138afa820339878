// HTTP digest for API keys: RFC 7616 with MD5 and qop=auth, the only form Atlas offers (docs/atlas.md 5). A nonce is
// used again with a growing count; the private key never leaves this file but as a hash.
import { createHash, randomBytes } from "node:crypto";
import type { Secret } from "../base/secret.js";
import type { Signer } from "./signer.js";

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
}

export interface DigestInput {
  readonly challenge: DigestChallenge;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly count: number;
  readonly cnonce: string;
}

/** Atlas offers no other hash (docs/atlas.md 5); it is TLS that protects what is sent. */
const md5 = (text: string): string => createHash("md5").update(text, "utf8").digest("hex");
const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** `name=token` or `name="quoted"`, in which a backslash makes the next character itself. */
const FIELD = /([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** Undefined if the header holds no digest challenge that we can answer. Never throws, whatever the header holds. */
export function parseChallenge(header = ""): DigestChallenge | undefined {
  const start = header.search(/\bdigest\s/i);
  if (start < 0) return undefined;
  const fields = parseFields(header.slice(start));
  const { realm = "", nonce = "", qop = "", algorithm = "MD5", opaque } = fields;
  const offers = qop.split(",").map((one) => one.trim().toLowerCase());
  if (nonce === "" || algorithm.toUpperCase() !== "MD5" || !offers.includes("auth")) return undefined;
  return { realm, nonce, ...(opaque === undefined ? {} : { opaque }) };
}

/** The first of each name counts: another scheme's challenge may follow in the same header. */
function parseFields(
  text: string,
): Partial<Record<"realm" | "nonce" | "qop" | "algorithm" | "opaque", string>> {
  const pairs = [...text.matchAll(FIELD)].map(([, name = "", quoted, bare = ""]) => [
    name.toLowerCase(),
    quoted === undefined ? bare : quoted.replace(/\\(.)/g, "$1"),
  ]);
  return Object.fromEntries(pairs.reverse()) as Record<string, string>;
}

/**
 * The Authorization header of RFC 7616 section 3.4. `count` is written as eight hex digits, as the hash wants it, too.
 */
export function toDigestHeader(input: DigestInput): string {
  const { challenge, username, method, uri, cnonce } = input;
  const nc = input.count.toString(16).padStart(8, "0");
  const inner = md5(`${username}:${challenge.realm}:${input.password}`);
  const response = md5(`${inner}:${challenge.nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
  const fields = [
    `username=${quote(username)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(uri)}`,
    "algorithm=MD5",
    "qop=auth",
    `nc=${nc}`,
    `cnonce=${quote(cnonce)}`,
    `response=${quote(response)}`,
    ...(challenge.opaque === undefined ? [] : [`opaque=${quote(challenge.opaque)}`]),
  ];
  return `Digest ${fields.join(", ")}`;
}

/**
 * One request while a nonce passes, two without one or after a 401, never three. Requests at once share a nonce and
 * have a count each.
 */
export function createDigestSigner(key: { readonly publicKey: string; readonly privateKey: Secret }): Signer {
  let shared: { readonly challenge: DigestChallenge; count: number } | undefined;
  const sign = (challenge: DigestChallenge, use: { method: string; uri: string; count: number }): string =>
    toDigestHeader({
      ...use,
      challenge,
      username: key.publicKey,
      password: key.privateKey.reveal(),
      cnonce: randomBytes(12).toString("hex"),
    });
  return {
    sendSigned: async ({ method, path, send }) => {
      const known = shared;
      if (known !== undefined) known.count += 1;
      const first = await send(
        known === undefined ? undefined : sign(known.challenge, { method, uri: path, count: known.count }),
      );
      if (first.status !== 401) return first;
      // Another request may have put a fresh one there meanwhile: that one stays.
      if (shared === known) shared = undefined;
      const challenge = parseChallenge(first.headers["www-authenticate"]);
      if (challenge === undefined) return first;
      // The fresh nonce is this request's alone until it has passed: counts of parallel requests arrive out of order,
      // and a server may take a smaller count for a replay.
      const second = await send(sign(challenge, { method, uri: path, count: 1 }));
      if (second.status !== 401) shared ??= { challenge, count: 1 };
      return second;
    },
    scrub: (text) => text.replaceAll(key.privateKey.reveal(), "[redacted]"),
  };
}
