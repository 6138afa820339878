// Tokens: what they say, how long they live, and that nothing but what a server of this installation signed is one.
import { SignJWT, UnsecuredJWT, decodeJwt, decodeProtectedHeader } from "jose";
import fc from "fast-check";
import { expect, it } from "vitest";
import { toTokenKey } from "../../../../src/app/access/callers.js";
import { createTokenReader, readToken, signToken } from "../../../../src/http/access/tokens.js";

const KEYS = {
  token: await toTokenKey(new Uint8Array(48).fill(7)),
  nonce: new Uint8Array(48),
  installation: "0badcafe",
};
const NOW = Date.UTC(2026, 4, 4, 9, 42, 0, 500);
const CLIENT = { clientId: "hdg_sa_id_1", generation: 3, now: NOW };
const token = await signToken(KEYS, CLIENT);

it("says whose it is, since and until when, and who made it for whom; each has an id of its own", async () => {
  expect(decodeProtectedHeader(token)).toEqual({ alg: "HS384", typ: "JWT" });
  const seconds = Math.floor(NOW / 1_000);
  expect(decodeJwt(token)).toEqual({
    gen: 3,
    iss: "headgate-0badcafe",
    aud: "headgate-0badcafe",
    sub: "hdg_sa_id_1",
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    iat: seconds,
    exp: seconds + 3_600,
  });
  expect(decodeJwt(await signToken(KEYS, CLIENT)).jti).not.toBe(decodeJwt(token).jti);
});

it("is read back, expired or not: the database judges the time", async () => {
  const { jti } = decodeJwt(token);
  const read = {
    clientId: "hdg_sa_id_1",
    generation: 3,
    jti,
    expiresAt: (Math.floor(NOW / 1_000) + 3_600) * 1_000,
  };
  expect(await readToken(KEYS, token)).toEqual(read);
  const old = await signToken(KEYS, { ...CLIENT, now: 1_000 });
  expect(await readToken(KEYS, old)).toMatchObject({ expiresAt: 3_601_000 });
});

const claims = decodeJwt(token);
const signed = (
  payload: object,
  header: object = {},
  key: typeof KEYS.token | Uint8Array = KEYS.token,
): Promise<string> =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg: "HS384", typ: "JWT", ...header }).sign(key);

it("reads what has the right claims and signature", async () => {
  expect(await readToken(KEYS, await signed(claims))).toEqual(await readToken(KEYS, token));
});

it.each([
  { reason: "no token", text: () => "" },
  { reason: "unsigned", text: () => new UnsecuredJWT(claims).encode() },
  {
    reason: "unsigned, with a signature's length behind it",
    text: () => new UnsecuredJWT(claims).encode() + "A".repeat(64),
  },
  { reason: "signed with another key", text: () => signed(claims, {}, new Uint8Array(48).fill(8)) },
  {
    reason: "signed by another algorithm",
    text: () => signed(claims, { alg: "HS512" }, new Uint8Array(64).fill(7)),
  },
  { reason: "of another type", text: () => signed(claims, { typ: "other" }) },
  { reason: "of another installation", text: () => signed({ ...claims, iss: "headgate-1" }) },
  { reason: "for another installation", text: () => signed({ ...claims, aud: "headgate-1" }) },
  { reason: "without an end", text: () => signed({ ...claims, exp: undefined }) },
  { reason: "with an id that is no UUID", text: () => signed({ ...claims, jti: "1" }) },
  { reason: "without a generation", text: () => signed({ ...claims, gen: undefined }) },
  { reason: "with a generation that is a text", text: () => signed({ ...claims, gen: "3" }) },
  { reason: "with a blank behind it", text: () => `${token} ` },
])("is none: $reason", async ({ text }) => {
  expect(await readToken(KEYS, await text())).toBeUndefined();
});

it("is none if any one byte of it differs, whatever it is then", async () => {
  const change = fc.record({ at: fc.nat({ max: token.length - 1 }), code: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, code }) => {
      const other = String.fromCharCode(code);
      fc.pre(other !== token[at]);
      expect(await readToken(KEYS, token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

it("remembers those that were ours alone, and a thousand of them", async () => {
  const read = createTokenReader();
  const others = { ...KEYS, token: await toTokenKey(new Uint8Array(48).fill(8)) };
  // With keys that do not fit, only what is remembered is read.
  const isRemembered = async (text: string): Promise<boolean> => (await read(others, text)) !== undefined;
  const texts = await Promise.all(Array.from({ length: 1_001 }, () => signToken(KEYS, CLIENT)));
  expect(await isRemembered(token)).toBe(false);
  for (const text of [token, ...texts.slice(0, 999)]) await read(KEYS, text);
  expect(await read(others, token)).toEqual(await readToken(KEYS, token));
  expect(await isRemembered(`${token}x`)).toBe(false);
  for (const text of texts.slice(999)) await read(KEYS, text);
  expect([await isRemembered(token), await isRemembered(texts.at(-1) ?? "")]).toEqual([false, true]);
});
