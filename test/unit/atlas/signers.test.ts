// Signing without a socket: how many requests a signer makes of each course of answers, what it sends with them, and
// what it takes out of texts. A 401 is the one answer after which a write may be sent again.
import fc from "fast-check";
import { expect, it } from "vitest";
import { createSigner } from "../../../src/atlas/auth.js";
import { createDigestSigner, parseChallenge, toDigestHeader } from "../../../src/atlas/digest.js";
import { createPace } from "../../../src/atlas/dials.js";
import { ExchangeFailure } from "../../../src/atlas/exchange.js";
import type { HttpReply } from "../../../src/atlas/exchange.js";
import { createTokenSource } from "../../../src/atlas/token.js";
import type { Transport } from "../../../src/atlas/transport.js";
import { Secret } from "../../../src/base/secret.js";
import { within } from "./scripted-server.js";

const challengeWith = (nonce: string): HttpReply => ({
  status: 401,
  headers: { "www-authenticate": `Digest realm="r", nonce="${nonce}", qop="auth", algorithm=MD5` },
});
const answer = (status: number): HttpReply => ({ status, headers: {}, body: Buffer.from("{}") });

/** Gives the answers in turn, the last one for ever; remembers what each request was signed with. */
function sending(...answers: readonly HttpReply[]): {
  readonly send: (authorization?: string) => Promise<HttpReply>;
  readonly signed: readonly (string | undefined)[];
} {
  const signed: (string | undefined)[] = [];
  return {
    signed,
    send: (authorization) => {
      const reply = answers[Math.min(signed.length, answers.length - 1)] ?? answer(200);
      signed.push(authorization);
      return Promise.resolve(reply);
    },
  };
}

const request = (send: (authorization?: string) => Promise<HttpReply>) => ({
  method: "POST" as const,
  path: "/x",
  patience: within(5_000),
  send,
});
const aKey = () => createDigestSigner({ publicKey: "pub", privateKey: new Secret("very-private") });
const nonceAndCount = (header: string | undefined): string =>
  [/nonce="([^"]*)"/, /nc=([0-9a-f]+)/].map((field) => field.exec(header ?? "")?.[1] ?? "-").join(" ");

it.each([
  { reason: "taken unsigned", answers: [answer(200)], status: 200, signed: ["- -"] },
  {
    reason: "signed after a challenge",
    answers: [challengeWith("a"), answer(200)],
    status: 200,
    signed: ["- -", "a 00000001"],
  },
  {
    reason: "refused with a fresh nonce: final",
    answers: [challengeWith("a"), challengeWith("b")],
    status: 401,
    signed: ["- -", "a 00000001"],
  },
  { reason: "a 401 without a challenge: final", answers: [answer(401)], status: 401, signed: ["- -"] },
  {
    reason: "a 500 after the challenge is not sent again",
    answers: [challengeWith("a"), answer(500)],
    status: 500,
    signed: ["- -", "a 00000001"],
  },
])("sends with a key: $reason", async ({ answers, status, signed }) => {
  const { send, signed: seen } = sending(...answers);
  expect((await aKey().sendSigned(request(send))).status).toBe(status);
  expect(seen.map(nonceAndCount)).toEqual(signed);
});

it("uses a nonce that has passed again, each time with the next count", async () => {
  const signer = aKey();
  const { send, signed } = sending(challengeWith("a"), answer(200));
  for (let n = 0; n < 3; n += 1) await signer.sendSigned(request(send));
  expect(signed.map(nonceAndCount)).toEqual(["- -", "a 00000001", "a 00000002", "a 00000003"]);
});

it("does not use again a nonce with which nothing has passed", async () => {
  const signer = aKey();
  const { send, signed } = sending(challengeWith("a"), challengeWith("b"), answer(200));
  await signer.sendSigned(request(send));
  await signer.sendSigned(request(send));
  expect(signed.map(nonceAndCount)).toEqual(["- -", "a 00000001", "- -"]);
});

it("gives each of two requests at once a count of its own", async () => {
  const signer = aKey();
  const first = sending(challengeWith("a"), answer(200));
  await signer.sendSigned(request(first.send));
  const { send, signed } = sending(answer(200));
  await Promise.all([1, 2, 3].map(() => signer.sendSigned(request(send))));
  expect(signed.map(nonceAndCount).sort()).toEqual(["a 00000002", "a 00000003", "a 00000004"]);
});

const quoted = fc.string({ unit: fc.constantFrom('"', "\\", "a", " ", ",", "=", "é"), maxLength: 8 });

it("reads back from a header every name it has quoted, and never fails on a header", () => {
  fc.assert(
    fc.property(
      quoted,
      quoted.filter((text) => text !== ""),
      fc.string(),
      (realm, nonce, noise) => {
        const header = toDigestHeader({
          challenge: { realm, nonce },
          username: "u",
          password: "p",
          method: "GET",
          uri: "/",
          count: 255,
          cnonce: "c",
        });
        expect(header).toContain("nc=000000ff");
        expect(parseChallenge(header)).toEqual({ realm, nonce });
        expect(() => parseChallenge(noise)).not.toThrow();
        expect(() => parseChallenge(`Digest ${noise}`)).not.toThrow();
      },
    ),
    { numRuns: 500 },
  );
});

it("takes the private key out of every text", () => {
  expect(aKey().scrub("very-private, very-private")).toBe("[redacted], [redacted]");
});

interface Endpoint {
  readonly transport: Transport;
  readonly asked: readonly string[];
}

/** A token endpoint: the nth request is answered by the nth text, `undefined` meaning that no answer comes. */
function anEndpoint(...texts: readonly (string | undefined)[]): Endpoint {
  const asked: string[] = [];
  const exchange: Transport["exchange"] = ({ path }) => {
    const text = texts[Math.min(asked.length, texts.length - 1)];
    asked.push(path);
    return text === undefined
      ? Promise.reject(new ExchangeFailure("the connection failed", { sent: true }))
      : Promise.resolve({ status: 200, headers: {}, body: Buffer.from(text) });
  };
  return { asked, transport: { exchange, close: () => Promise.resolve() } };
}

const granted = (text: string, livesSeconds = 3_600): string =>
  JSON.stringify({ access_token: text, expires_in: livesSeconds });
const ACCOUNT = { clientId: "id", clientSecret: new Secret("very-secret"), userAgent: "test" };
const sourceAt = ({ transport }: Endpoint) => createTokenSource({ ...ACCOUNT, transport });

it.each([
  { reason: "a line break", text: "a\nb" },
  { reason: "a NUL", text: "a\0" },
  { reason: "a character that no header carries", text: "漢" },
  { reason: "nothing in it", text: "" },
])("does not keep a token with $reason: it could sign nothing", async ({ text }) => {
  const endpoint = anEndpoint(granted(text), granted("good"));
  const tokens = sourceAt(endpoint);
  await expect(tokens.get(within(5_000))).rejects.toMatchObject({
    code: "atlas.unintelligible",
    context: { operation: "token", sent: false },
  });
  expect((await tokens.get(within(5_000))).text).toBe("good");
});

it.each([
  { lives: 3_600, renewedBefore: 60_000 },
  { lives: 600, renewedBefore: 60_000 },
  { lives: 100, renewedBefore: 10_000 },
  { lives: 1, renewedBefore: 100 },
])("renews a token of $lives s $renewedBefore ms before its end", async ({ lives, renewedBefore }) => {
  const before = performance.now();
  const token = await sourceAt(anEndpoint(granted("t", lives))).get(within(5_000));
  const after = performance.now();
  expect(token.renewAt + renewedBefore - lives * 1_000).toBeGreaterThanOrEqual(before);
  expect(token.renewAt + renewedBefore - lives * 1_000).toBeLessThanOrEqual(after);
});

it("says that nothing was sent if no token came, and asks again at the next call", async () => {
  const endpoint = anEndpoint(undefined, granted("t"));
  const tokens = sourceAt(endpoint);
  await expect(tokens.get(within(5_000))).rejects.toMatchObject({
    code: "atlas.unavailable",
    context: { operation: "token", sent: false, transient: true },
  });
  expect((await tokens.get(within(5_000))).text).toBe("t");
  expect(endpoint.asked).toEqual(["/api/oauth/token", "/api/oauth/token"]);
});

it("sends nothing for a caller whose time was over before it asked", async () => {
  const endpoint = anEndpoint(granted("t"));
  await expect(sourceAt(endpoint).get(within(-1))).rejects.toMatchObject({ sent: false });
  expect(endpoint.asked).toEqual([]);
});

it("takes the last four tokens out of texts, with the secret and what was made of it", async () => {
  const tokens = sourceAt(anEndpoint(...["t-1", "t-2", "t-3", "t-4", "t-5"].map((text) => granted(text))));
  let held = await tokens.get(within(5_000));
  for (let n = 0; n < 4; n += 1) held = await tokens.replace(held, within(5_000));
  const basic = Buffer.from("id:very-secret").toString("base64");
  expect(tokens.scrub(`t-1 t-2 t-5 very-secret ${basic}`)).toBe(
    "t-1 [redacted] [redacted] [redacted] [redacted]",
  );
});

it.each([
  {
    reason: "a newer token is held already: it is tried at once",
    isCured: true,
    mayReplaceOld: true,
    mayReplaceNew: true,
  },
  {
    reason: "a new token was refused as well: not the token's fault",
    isCured: false,
    mayReplaceOld: true,
    mayReplaceNew: false,
  },
])("after a replacement: $reason", async ({ isCured, mayReplaceOld, mayReplaceNew }) => {
  const tokens = sourceAt(anEndpoint(granted("a"), granted("b")));
  const first = await tokens.get(within(5_000));
  const second = await tokens.replace(first, within(5_000));
  tokens.noteReplacement(isCured);
  expect(tokens.mayReplace(first)).toBe(mayReplaceOld);
  expect(tokens.mayReplace(second)).toBe(mayReplaceNew);
});

it.each([
  { reason: "taken", answers: [answer(200)], status: 200, signed: ["Bearer a"], fetched: 1 },
  {
    reason: "a write that failed is not sent again",
    answers: [answer(500)],
    status: 500,
    signed: ["Bearer a"],
    fetched: 1,
  },
  {
    reason: "cured by a new token",
    answers: [answer(401), answer(200)],
    status: 200,
    signed: ["Bearer a", "Bearer b"],
    fetched: 2,
  },
  {
    reason: "not cured: no third request",
    answers: [answer(401)],
    status: 401,
    signed: ["Bearer a", "Bearer b"],
    fetched: 2,
  },
])("sends with a service account: $reason", async ({ answers, status, signed, fetched }) => {
  const endpoint = anEndpoint(granted("a"), granted("b"));
  const { send, signed: seen } = sending(...answers);
  const signer = createSigner(
    { kind: "service-account", ...ACCOUNT },
    { transport: endpoint.transport, userAgent: "test" },
  );
  expect((await signer.sendSigned(request(send))).status).toBe(status);
  expect(seen).toEqual(signed);
  expect(endpoint.asked).toHaveLength(fetched);
});

type Connector = ReturnType<ReturnType<typeof createPace>>;
type Dialled = Parameters<Parameters<Connector>[1]>;

/** A peer that answers each dial as the next entry says; the last one for ever. */
function dialling(...results: readonly (Error | null)[]) {
  let dials = 0;
  const connector: Connector = (_options, callback) => {
    const error = results[Math.min(dials, results.length - 1)] ?? null;
    dials += 1;
    callback(...([error, error === null ? {} : null] as unknown as Dialled));
  };
  const paced = createPace()(connector);
  const dial = (): Promise<Error | null> =>
    new Promise((resolve) => {
      paced({} as Parameters<Connector>[0], (...[error]) => {
        resolve(error);
      });
    });
  return { dial, count: () => dials };
}

const coded = (code: string): Error => Object.assign(new Error("lost"), { code });

it("dials five times in vain, and then no more for a while: each call still gets the last failure", async () => {
  const refused = coded("ECONNREFUSED");
  const { dial, count } = dialling(refused);
  for (let n = 0; n < 12; n += 1) expect(await dial()).toBe(refused);
  expect(count()).toBe(5);
});

it("counts failures in a row only", async () => {
  const refused = coded("ECONNREFUSED");
  const { dial, count } = dialling(...[refused, refused, refused, refused, null, refused, refused, refused]);
  for (let n = 0; n < 8; n += 1) await dial();
  expect(count()).toBe(8);
});

it.each(["UND_ERR_SOCKET", "UND_ERR_INFO"])(
  "gives %s another name, under which undici ends the call",
  async (code) => {
    const error = await dialling(coded(code)).dial();
    expect(error?.message).toBe("no connection: lost");
    expect(error).not.toHaveProperty("code");
    expect(error?.cause).toMatchObject({ code });
  },
);
