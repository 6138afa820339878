// HTTP digest as the simulator checks it: a signature over exactly what was asked, by the key, under a nonce of its own
// that is neither old nor used. The signing side here is written after RFC 7616, apart from the client under src/atlas.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Digest } from "../../../../src/sim/access/digest.js";
import type { DigestVerdict } from "../../../../src/sim/access/digest.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";

const KEY = { publicKey: "pubkey01", privateKey: "private-very-secret-value" };
const NOW = Date.UTC(2026, 0, 1);
const URL_ASKED = "/api/atlas/v2/groups/g/streams?pageNum=1";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const aDigest = (set: readonly string[] = []): Digest => new Digest(KEY, buildSettings(set));
const nonceOf = (challenge: string): string => /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";

interface Signing {
  readonly nonce: string;
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly method?: string;
  readonly uri?: string;
  readonly nc?: string;
  readonly cnonce?: string;
  readonly qop?: string;
}

function sign(given: Signing): string {
  const { nonce, username = KEY.publicKey, password = KEY.privateKey, realm = "MMS Public API" } = given;
  const { method = "GET", uri = URL_ASKED, nc = "00000001", cnonce = "c0ffee", qop = "auth" } = given;
  const inner = md5(`${username}:${realm}:${password}`);
  const response = md5(`${inner}:${nonce}:${nc}:${cnonce}:${qop}:${md5(`${method}:${uri}`)}`);
  const quoted = { username, realm, nonce, uri, response, cnonce };
  const fields = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`);
  return `Digest ${[...fields, `qop=${qop}`, `nc=${nc}`, "algorithm=MD5"].join(", ")}`;
}

function verify(
  digest: Digest,
  authorization: string,
  at: { now?: number; method?: string; url?: string } = {},
): DigestVerdict {
  return digest.verify({ authorization, method: "GET", url: URL_ASKED, now: NOW, ...at });
}

/** "passed", "refused", or "stale" for what a client may sign again under the new nonce. */
const wordOf = (verdict: DigestVerdict): string =>
  verdict.kind === "passed" ? "passed" : verdict.isStale ? "stale" : "refused";

it("challenges as Atlas was recorded to", () => {
  expect(aDigest().challenge(NOW, false)).toMatch(
    /^Digest realm="MMS Public API", domain="", nonce="[\w.]+", algorithm=MD5, qop="auth", stale=false$/,
  );
  expect(aDigest().challenge(NOW, true)).toContain("stale=true");
});

it("never makes the same nonce twice, also within a millisecond", () => {
  const digest = aDigest();
  const nonces = Array.from({ length: 500 }, () => nonceOf(digest.challenge(NOW, false)));
  expect(new Set(nonces).size).toBe(500);
});

it("refuses the old private key once its owner has replaced it, also under a nonce of before", () => {
  const digest = aDigest();
  const nonce = nonceOf(digest.challenge(NOW, false));
  expect(wordOf(verify(digest, sign({ nonce })))).toBe("passed");
  digest.replaceKey("another-private-key");
  expect(wordOf(verify(digest, sign({ nonce, nc: "00000002" })))).toBe("refused");
  const signed = sign({ nonce, nc: "00000002", password: "another-private-key" });
  expect(wordOf(verify(digest, signed))).toBe("passed");
});

interface Row {
  readonly reason: string;
  readonly signing: Omit<Signing, "nonce">;
  readonly at?: { readonly method?: string; readonly url?: string };
  readonly want: string;
}

const ROWS: readonly Row[] = [
  { reason: "as it should be", signing: {}, want: "passed" },
  {
    reason: "another method, signed so",
    signing: { method: "POST" },
    at: { method: "POST" },
    want: "passed",
  },
  { reason: "a method that was not signed", signing: {}, at: { method: "POST" }, want: "refused" },
  {
    reason: "an address that was not signed",
    signing: {},
    at: { url: "/api/atlas/v2/groups/other" },
    want: "refused",
  },
  {
    reason: "a query that was not signed",
    signing: {},
    at: { url: `${URL_ASKED}&pretty=true` },
    want: "refused",
  },
  { reason: "another address, signed so", signing: { uri: "/other" }, want: "refused" },
  { reason: "a wrong private key", signing: { password: "guess" }, want: "refused" },
  { reason: "another public key", signing: { username: "pubkey02" }, want: "refused" },
  { reason: "another realm", signing: { realm: "elsewhere" }, want: "refused" },
  { reason: "another quality of protection", signing: { qop: "auth-int" }, want: "refused" },
  { reason: "no quality of protection", signing: { qop: "" }, want: "refused" },
  { reason: "any client nonce", signing: { cnonce: "0a4f113b" }, want: "passed" },
  { reason: "a count further on", signing: { nc: "0000ffff" }, want: "passed" },
  { reason: "a count of nothing", signing: { nc: "00000000" }, want: "stale" },
  { reason: "a count that is none", signing: { nc: "zzzzzzzz" }, want: "stale" },
];

it.each(ROWS)("answers $want: $reason", ({ signing, at, want }) => {
  const digest = aDigest();
  const nonce = nonceOf(digest.challenge(NOW, false));
  expect(wordOf(verify(digest, sign({ ...signing, nonce }), at))).toBe(want);
});

it.each([
  { reason: "nothing", authorization: "Digest" },
  { reason: "no response", authorization: 'Digest username="pubkey01", realm="MMS Public API", qop=auth' },
  { reason: "no fields at all", authorization: "Digest abc, def" },
  { reason: "another scheme's", authorization: "Basic cHVia2V5MDE6eA==" },
])("refuses a header that says $reason", ({ authorization }) => {
  expect(wordOf(verify(aDigest(), authorization))).toBe("refused");
});

it("refuses whatever is changed in a signed header", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("username", "realm", "nonce", "uri", "response", "cnonce"),
      fc.nat(500),
      fc.constantFrom("A", "0", "~"),
      (field, position, put) => {
        const digest = aDigest();
        const signed = sign({ nonce: nonceOf(digest.challenge(NOW, false)) });
        const changed = signed.replace(new RegExp(`\\b${field}="([^"]*)"`), (_, value: string) => {
          const at = position % value.length;
          return `${field}="${value.slice(0, at)}${put}${value.slice(at + 1)}"`;
        });
        fc.pre(changed !== signed);
        expect(wordOf(verify(digest, changed))).toBe("refused");
        expect(wordOf(verify(digest, signed))).toBe("passed");
      },
    ),
  );
});

it.each([
  { reason: "the same count once more", counts: ["00000001", "00000001"], words: ["passed", "stale"] },
  {
    reason: "counts that grow",
    counts: ["00000001", "00000002", "0000000a"],
    words: ["passed", "passed", "passed"],
  },
  { reason: "a count that goes back", counts: ["00000005", "00000004"], words: ["passed", "stale"] },
  {
    reason: "one that goes on behind a replay",
    counts: ["00000001", "00000001", "00000002"],
    words: ["passed", "stale", "passed"],
  },
])("lets a nonce be used again only with a larger count: $reason", ({ counts, words }) => {
  const digest = aDigest();
  const nonce = nonceOf(digest.challenge(NOW, false));
  expect(counts.map((nc) => wordOf(verify(digest, sign({ nonce, nc }))))).toEqual(words);
});

it("does not spend a count on a signature that is wrong", () => {
  const digest = aDigest();
  const nonce = nonceOf(digest.challenge(NOW, false));
  expect(wordOf(verify(digest, sign({ nonce, nc: "00000009", password: "guess" })))).toBe("refused");
  expect(wordOf(verify(digest, sign({ nonce, nc: "00000001" })))).toBe("passed");
});

it("counts each nonce by itself", () => {
  const digest = aDigest();
  const [one, two] = [1, 2].map(() => nonceOf(digest.challenge(NOW, false)));
  expect(wordOf(verify(digest, sign({ nonce: one ?? "", nc: "00000007" })))).toBe("passed");
  expect(wordOf(verify(digest, sign({ nonce: two ?? "", nc: "00000001" })))).toBe("passed");
});

it.each([
  { reason: "one millisecond before its end", age: 299_999, set: [], want: "passed" },
  { reason: "at its end", age: 300_000, set: [], want: "stale" },
  {
    reason: "a life that the setting made short",
    age: 1_000,
    set: ["digest.nonceLifetimeMs=1000"],
    want: "stale",
  },
])("lets a nonce live as long as the setting says: $reason", ({ age, set, want }) => {
  const digest = aDigest(set);
  const authorization = sign({ nonce: nonceOf(digest.challenge(NOW, false)) });
  expect(wordOf(verify(digest, authorization, { now: NOW + age }))).toBe(want);
});

it.each([
  { reason: "another process", make: () => nonceOf(aDigest().challenge(NOW, false)) },
  { reason: "the client", make: () => `${NOW.toString(36)}.abcdef.0123456789abcdef` },
  { reason: "nobody", make: () => "" },
  { reason: "the client, without a signature", make: () => NOW.toString(36) },
])("calls a nonce stale that was made by $reason, though it is signed", ({ make }) => {
  expect(wordOf(verify(aDigest(), sign({ nonce: make() })))).toBe("stale");
});

it("does not take a nonce that was made younger", () => {
  const digest = aDigest();
  const [time = "", ...rest] = nonceOf(digest.challenge(NOW - 400_000, false)).split(".");
  const younger = [(Number.parseInt(time, 36) + 400_000).toString(36), ...rest].join(".");
  expect(wordOf(verify(digest, sign({ nonce: younger })))).toBe("stale");
});

it("reads an escaped quote in a field", () => {
  const uri = '/api/"odd"';
  const digest = aDigest();
  const nonce = nonceOf(digest.challenge(NOW, false));
  const authorization = sign({ nonce, uri }).replace(`uri="${uri}"`, 'uri="/api/\\"odd\\""');
  expect(wordOf(verify(digest, authorization, { url: uri }))).toBe("passed");
});
