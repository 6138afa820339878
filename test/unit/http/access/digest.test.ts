// Digest log-ins: the challenges to the byte, what a header may say, the signatures of RFC 7616's own example, and the
// life and counts of nonces.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createNonces, isSignedBy, parseDigest, toChallenges } from "../../../../src/http/access/digest.js";
import type { SignedDigest } from "../../../../src/http/access/digest.js";

const FIELDS = {
  username: '"hdg_pk_1"',
  realm: '"MMS Public API"',
  nonce: '"n1"',
  uri: '"/api/x?pretty=true"',
  algorithm: "MD5",
  qop: "auth",
  nc: "0000000a",
  cnonce: '"c1"',
  response: `"${"0".repeat(32)}"`,
};
const toHeader = (fields: Readonly<Record<string, string>>): string =>
  Object.entries({ ...FIELDS, ...fields })
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");

const PARSED = {
  username: "hdg_pk_1",
  algorithm: "MD5",
  nonce: "n1",
  count: "0000000a",
  clientNonce: "c1",
  uri: "/api/x?pretty=true",
  response: "0".repeat(32),
};

describe("headers", () => {
  it.each([
    { reason: "as curl writes them", text: toHeader({}), is: {} },
    {
      reason: "quoted throughout, as Atlas's Go SDK does",
      text: toHeader({ algorithm: '"MD5"', qop: '"auth"' }),
      is: {},
    },
    { reason: "SHA-256", text: toHeader({ algorithm: "SHA-256" }), is: { algorithm: "SHA-256" } },
    { reason: "no algorithm means MD5", text: toHeader({}).replace("algorithm=MD5, ", ""), is: {} },
    { reason: "without blanks", text: toHeader({}).replaceAll(", ", ","), is: {} },
    {
      reason: "with blanks around everything",
      text: ` ${toHeader({}).replaceAll("=", " = ").replace("pretty = true", "pretty=true")} `,
      is: {},
    },
    { reason: "names in capitals", text: toHeader({}).replace("username", "UserName"), is: {} },
    {
      reason: "a comma and an escaped quote in quotes",
      text: toHeader({ username: String.raw`"a\",b"` }),
      is: { username: 'a",b' },
    },
    { reason: "a parameter it does not know", text: toHeader({ opaque: '"x"' }), is: {} },
  ])("reads $reason", ({ text, is }) => {
    expect(parseDigest(text)).toEqual({ ...PARSED, ...is });
  });

  it.each([
    { reason: "nothing", text: "" },
    { reason: "no parameters", text: "hello" },
    { reason: "a quote that does not end", text: `${toHeader({})}, x="y` },
    { reason: "text behind a value", text: toHeader({}).replace('"n1"', '"n1"x') },
    { reason: "a parameter twice", text: `${toHeader({})}, nonce="n2"` },
    { reason: "another realm", text: toHeader({ realm: '"mms public api"' }) },
    { reason: "no qop, as in RFC 2069", text: toHeader({}).replace("qop=auth, ", "") },
    { reason: "a qop that was not offered", text: toHeader({ qop: "auth-int" }) },
    { reason: "an algorithm that was not offered", text: toHeader({ algorithm: "MD5-sess" }) },
    { reason: "an algorithm that every object has", text: toHeader({ algorithm: "toString" }) },
    { reason: "a count that is none", text: toHeader({ nc: "1" }) },
  ])("refuses $reason", ({ text }) => {
    expect(parseDigest(text)).toBeUndefined();
  });

  it("reads a long header of nothing but blanks, quotes or commas in no time", () => {
    for (const piece of [" ", '"', "\\", ",", "a=", 'a="b",']) {
      const began = performance.now();
      parseDigest(piece.repeat(16_000));
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});

/** RFC 7616, 3.9.1: its user, nonces and answers. */
const EXAMPLE = {
  username: "Mufasa",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  uri: "/dir/index.html",
  count: "00000001",
  clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};
const A1 = "Mufasa:http-auth@example.org:Circle of Life";
const EXAMPLES = [
  { algorithm: "MD5", hash: "md5", response: "8ca523f5e9506fed4657c9700eebdbec" },
  {
    algorithm: "SHA-256",
    hash: "sha256",
    response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  },
] as const;

it.each(EXAMPLES)(
  "knows the RFC's own answer for $algorithm, and no other",
  ({ algorithm, hash, response }) => {
    const ha1 = createHash(hash).update(A1).digest("hex");
    const signed: SignedDigest = { ...EXAMPLE, algorithm, response };
    expect(isSignedBy(ha1, "GET", signed)).toBe(true);
    expect(isSignedBy(ha1, "POST", signed)).toBe(false);
    expect(isSignedBy(ha1, "GET", { ...signed, uri: "/dir/" })).toBe(false);
    expect(isSignedBy(ha1, "GET", { ...signed, count: "00000002" })).toBe(false);
    expect(isSignedBy(ha1, "GET", { ...signed, response: response.slice(1) })).toBe(false);
    expect(isSignedBy(ha1, "GET", { ...signed, response: response.toUpperCase() })).toBe(false);
    expect(isSignedBy(createHash(hash).update(`${A1}!`).digest("hex"), "GET", signed)).toBe(false);
  },
);

it("challenges as Atlas does, MD5 first, then SHA-256 with the same nonce, then Bearer", () => {
  expect(toChallenges("abc", false)).toEqual([
    'Digest realm="MMS Public API", domain="", nonce="abc", algorithm=MD5, qop="auth", stale=false',
    'Digest realm="MMS Public API", domain="", nonce="abc", algorithm=SHA-256, qop="auth", stale=false',
    'Bearer realm="MMS Public API"',
  ]);
  expect(toChallenges("abc", true)[0]).toMatch(/, stale=true$/);
});

describe("nonces", () => {
  const KEY = Buffer.alloc(48, 7);
  const MINUTE_MS = 60_000;
  const T0 = Date.UTC(2026, 4, 4);

  function aServer(): {
    readonly nonces: ReturnType<typeof createNonces>;
    readonly pass: (ms: number) => void;
  } {
    let now = T0;
    return { nonces: createNonces(() => now), pass: (ms) => (now += ms) };
  }
  const toCount = (count: number): string => count.toString(16).padStart(8, "0");

  it("may be used again with a count that grows, and with no other", () => {
    const { nonces } = aServer();
    const nonce = nonces.make(KEY);
    expect(nonce).toMatch(/^[\w-]{48}$/);
    const spent = [1, 1, 2, 9, 3, 10].map((count) => nonces.spend(KEY, nonce, toCount(count)));
    expect(spent).toEqual([true, false, true, true, false, true]);
    expect(nonces.spend(KEY, nonces.make(KEY), toCount(0))).toBe(false);
  });

  it("ends after five minutes, and one from a clock further ahead is none", () => {
    const { nonces, pass } = aServer();
    const [one, two] = [nonces.make(KEY), nonces.make(KEY)];
    pass(5 * MINUTE_MS);
    expect(nonces.spend(KEY, one, toCount(1))).toBe(true);
    pass(1);
    expect(nonces.spend(KEY, two, toCount(1))).toBe(false);
    pass(-11 * MINUTE_MS);
    expect(nonces.spend(KEY, two, toCount(1))).toBe(false);
  });

  it("is known to another server of the same secret, and to none of another", () => {
    const [one, two] = [aServer(), aServer()];
    expect(two.nonces.spend(KEY, one.nonces.make(KEY), toCount(1))).toBe(true);
    expect(two.nonces.spend(Buffer.alloc(48, 8), one.nonces.make(KEY), toCount(1))).toBe(false);
  });

  it("is none if any one character of it differs, or there is one more or less", () => {
    const { nonces } = aServer();
    const nonce = nonces.make(KEY);
    for (let at = 0; at < nonce.length; at += 1) {
      const other = nonce[at] === "A" ? "B" : "A";
      const changed = nonce.slice(0, at) + other + nonce.slice(at + 1);
      expect(nonces.spend(KEY, changed, toCount(1))).toBe(false);
    }
    for (const wrong of ["", nonce.slice(1), `${nonce}A`, `${nonce}=`]) {
      expect(nonces.spend(KEY, wrong, toCount(1))).toBe(false);
    }
    expect(nonces.spend(KEY, nonce, toCount(1))).toBe(true);
  });

  it("is stale once it was forgotten for want of memory, used or not", () => {
    const { nonces, pass } = aServer();
    const [used, unused] = [nonces.make(KEY), nonces.make(KEY)];
    expect(nonces.spend(KEY, used, toCount(1))).toBe(true);
    pass(1);
    for (let i = 0; i < 20_000; i += 1) nonces.spend(KEY, nonces.make(KEY), toCount(1));
    expect(nonces.spend(KEY, used, toCount(1))).toBe(false);
    expect(nonces.spend(KEY, unused, toCount(1))).toBe(false);
    pass(1);
    expect(nonces.spend(KEY, nonces.make(KEY), toCount(1))).toBe(true);
  });
});
