// Digest by RFC 7616: its own worked example (section 3.9.1), Atlas's challenge as recorded, and the reuse of nonces.
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { parseChallenge, toDigestHeader } from "../../../src/atlas/digest.js";
import { Secret } from "../../../src/base/secret.js";
import { PROCESSOR, anError, catchAppError, onStage, sendJson, within } from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const PRIVATE_KEY = "private-very-secret-value";
const CREDENTIALS = { kind: "api-key", publicKey: "pub", privateKey: new Secret(PRIVATE_KEY) } as const;
const RECORDED =
  'Digest realm="MMS Public API", domain="", nonce="n1", algorithm=MD5, qop="auth", stale=false';

it("gives the response of the RFC's example", () => {
  const challenge = parseChallenge(
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  );
  if (challenge === undefined) throw new Error("not parsed");
  const header = toDigestHeader({
    challenge,
    username: "Mufasa",
    password: "Circle of Life",
    method: "GET",
    uri: "/dir/index.html",
    count: 1,
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  });
  expect(header).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
  expect(header).toContain("nc=00000001");
  expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
});

it("reads Atlas's recorded challenge, also behind another scheme's", () => {
  const expected = { realm: "MMS Public API", nonce: "n1" };
  expect(parseChallenge(RECORDED)).toEqual(expected);
  expect(parseChallenge(`Bearer realm="other", ${RECORDED}`)).toEqual(expected);
});

it.each([
  "",
  'Bearer error="invalid_token"',
  'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
  'Digest realm="r", nonce="n", qop="auth-int"',
  'Digest realm="r", qop="auth"',
])("answers no challenge it cannot: %s", (header) => {
  expect(parseChallenge(header)).toBeUndefined();
});

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

function readField(header: string, name: string): string {
  return new RegExp(`\\b${name}="?([^",]*)"?`).exec(header)?.[1] ?? "";
}

/** A server that wants each nonce's counts to grow and drops its nonce after `uses` requests. */
function guard(uses: number, pass: (turn: Turn) => void): (turn: Turn) => void {
  let nonce = 1;
  let used = 0;
  return (turn) => {
    const header = turn.headers.authorization ?? "";
    const of = (name: string): string => readField(header, name);
    const outer = md5(`${turn.method}:${turn.url}`);
    const inner = md5(`pub:MMS Public API:${PRIVATE_KEY}`);
    const text = `${inner}:n${String(nonce)}:${of("nc")}:${of("cnonce")}:auth:${outer}`;
    if (of("response") === md5(text) && Number.parseInt(of("nc"), 16) > used && used < uses) {
      used = Number.parseInt(of("nc"), 16);
      pass(turn);
      return;
    }
    nonce += 1;
    used = 0;
    const challenge = RECORDED.replace('"n1"', `"n${String(nonce)}"`).replace("stale=false", "stale=true");
    turn.response.setHeader("www-authenticate", challenge);
    sendJson(turn.response, 401, anError(401, "UNEXPECTED_ERROR", "You are not authorized"));
  };
}

it("uses a nonce again, and a new one when it has gone stale", async () => {
  const applied: string[] = [];
  const play = guard(3, (turn) => {
    applied.push(turn.url);
    sendJson(turn.response, 200, {});
  });
  const act = async ({ client, seen }: Parameters<Parameters<typeof onStage>[1]>[0]): Promise<void> => {
    for (let n = 0; n < 5; n += 1) await client.startWith(PROCESSOR, { tier: "SP10" }, within(5_000));
    expect(applied).toHaveLength(5);
    expect(seen).toHaveLength(7);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  };
  await onStage(play, act, { credentials: CREDENTIALS });
});

it("denies after one fresh nonce, and does not tell the key", async () => {
  const play = ({ response, headers }: Turn): void => {
    response.setHeader("www-authenticate", RECORDED);
    sendJson(response, 401, anError(401, "X", `${PRIVATE_KEY} ${headers.authorization ?? ""}`));
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
      expect(error).toMatchObject({ code: "atlas.denied", context: { status: 401, sent: true } });
      expect(JSON.stringify([error.message, error.context])).not.toContain(PRIVATE_KEY);
      expect(seen).toHaveLength(2);
    },
    { credentials: CREDENTIALS },
  );
});
