// API keys: HTTP digest, RFC 7616 with MD5 and qop=auth, as Atlas challenges (docs/atlas.md 5). A nonce carries the
// time it was made at and a signature, so only the use counts of nonces are kept. "Stale" is said to a right signature
// alone: a client may then sign again without asking its user, and must not be asked to with a wrong key. Never logs a
// key.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { isSameText } from "./oauth.js";
import type { SimSettings } from "../settings/settings-table.js";

export interface ApiKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

export type DigestVerdict =
  { readonly kind: "passed" } | { readonly kind: "challenge"; readonly isStale: boolean };

const REALM = "MMS Public API";
// Bounds the memory. The one used longest ago is forgotten first; it could be used again while its life lasts.
const KEPT_NONCES = 10_000;

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** The fields of a header of scheme and `name=value`, quoted or bare; a later one of the same name wins. */
function parseFields(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = "", quoted, bare] of header.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    fields.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
  }
  return fields;
}

/** One per process: the secret behind its nonces is drawn anew, so that those of an earlier process are stale. */
export class Digest {
  private key: ApiKey;
  private readonly settings: SimSettings;
  private readonly nonceSecret = randomBytes(16);
  private readonly lastCounts = new Map<string, number>();

  constructor(key: ApiKey, settings: SimSettings) {
    this.key = key;
    this.settings = settings;
  }

  /** Whoever signs with the old one is refused from now on. */
  replaceKey(privateKey: string): void {
    this.key = { ...this.key, privateKey };
  }

  /** The value of WWW-Authenticate, with a new nonce. Costs no memory, because anybody may ask for one. */
  challenge(now: number, isStale: boolean): string {
    const text = `${now.toString(36)}.${randomBytes(6).toString("hex")}`;
    const nonce = `${text}.${this.signatureOf(text)}`;
    return `Digest realm="${REALM}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=${String(isStale)}`;
  }

  /**
   * Checks a signed request: the signature first, then the nonce's age and its use count, which must grow. A count is
   * spent by a right signature only; else anybody could use up a nonce that is not theirs.
   */
  verify(request: {
    readonly authorization: string;
    readonly method: string;
    readonly url: string;
    readonly now: number;
  }): DigestVerdict {
    const fields = parseFields(request.authorization);
    const get = (name: string): string => fields.get(name) ?? "";
    const inner = md5(`${this.key.publicKey}:${REALM}:${this.key.privateKey}`);
    const outer = md5(`${request.method}:${get("uri")}`);
    const nonce = get("nonce");
    const expected = md5(`${inner}:${nonce}:${get("nc")}:${get("cnonce")}:auth:${outer}`);
    const isSigned =
      get("username") === this.key.publicKey &&
      get("realm") === REALM &&
      get("qop") === "auth" &&
      get("uri") === request.url &&
      isSameText(get("response"), expected);
    if (!isSigned) return { kind: "challenge", isStale: false };
    // No number at all is no larger than the last, and therefore stale.
    const count = Number.parseInt(get("nc"), 16);
    if (!this.isFresh(nonce, request.now) || !(count > (this.lastCounts.get(nonce) ?? 0))) {
      return { kind: "challenge", isStale: true };
    }
    this.remember(nonce, count);
    return { kind: "passed" };
  }

  private isFresh(nonce: string, now: number): boolean {
    const cut = nonce.lastIndexOf(".");
    const text = nonce.slice(0, Math.max(0, cut));
    if (!isSameText(nonce.slice(cut + 1), this.signatureOf(text))) return false;
    const madeAt = Number.parseInt(text.split(".")[0] ?? "", 36);
    return now - madeAt < this.settings["digest.nonceLifetimeMs"];
  }

  private remember(nonce: string, count: number): void {
    // Behind the others: a Map keeps the order in which its keys were first set.
    this.lastCounts.delete(nonce);
    this.lastCounts.set(nonce, count);
    if (this.lastCounts.size <= KEPT_NONCES) return;
    const oldest = this.lastCounts.keys().next();
    if (oldest.done !== true) this.lastCounts.delete(oldest.value);
  }

  private signatureOf(text: string): string {
    return createHmac("sha256", this.nonceSecret).update(text).digest("hex").slice(0, 16);
  }
}
