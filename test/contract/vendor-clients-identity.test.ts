// How vendor clients say who they are, byte by byte: token and revoke of service accounts, and the two halves of a
// digest exchange, of which the first carries the whole body and must do nothing (docs/atlas.md 5 and 12).
import { expect, it } from "vitest";
import { aBench, basicOf, ORDERS, sendBytes, signDigest } from "./simulator-harness.js";
import type { Bench, RawAnswer } from "./simulator-harness.js";
import { CURL, jsonOf, media, SDK, sendVendor, withBody } from "./vendor-bytes.js";

const FORM = "application/x-www-form-urlencoded";

/** A form to the token endpoint: no Accept, as most clients send it. */
function postForm(
  bench: Bench,
  path: string,
  of: { form: string; head?: readonly string[] },
): Promise<RawAnswer> {
  const { head, body } = withBody(of.form, FORM);
  const lines = [`POST ${path} HTTP/1.1`, "Host: atlas", `Authorization: ${basicOf(bench.sim)}`];
  return sendBytes(bench.sim, [...lines, ...head, ...(of.head ?? [])], body);
}

const look = (bench: Bench, token: string, processor = "stopped"): Promise<RawAnswer> =>
  sendVendor(bench, {
    ...{ manner: SDK, version: "2024-05-30", method: "GET" },
    path: `${ORDERS}/processor/${processor}`,
    authorization: `Bearer ${token}`,
  });

it.each([
  { reason: "no Accept", head: [] },
  { reason: "curl's", head: ["Accept: application/json", "Cache-Control: no-cache"] },
])("issues a token of an hour: $reason", async ({ head }) => {
  const bench = await aBench();
  const answer = await postForm(bench, "/api/oauth/token", { form: "grant_type=client_credentials", head });
  expect(answer.status).toBe(200);
  expect(jsonOf(answer)).toEqual({
    access_token: expect.stringMatching(/^[\w-]+[.][\w-]+[.][\w-]+$/) as string,
    expires_in: 3600,
    token_type: "Bearer",
  });
  expect((await look(bench, String(jsonOf(answer)["access_token"]))).status).toBe(200);
  await bench.sim.close();
});

it.each([{ hint: "&token_type_hint=access_token" }, { hint: "" }])(
  "revokes a token with '$hint', and only that one",
  async ({ hint }) => {
    const bench = await aBench();
    const second = await postForm(bench, "/api/oauth/token", { form: "grant_type=client_credentials" });
    const answer = await postForm(bench, "/api/oauth/revoke", { form: `token=${bench.token}${hint}` });
    expect(answer.status).toBe(200);
    expect((await look(bench, bench.token)).status).toBe(401);
    expect((await look(bench, String(jsonOf(second)["access_token"]))).status).toBe(200);
    const again = await postForm(bench, "/api/oauth/revoke", { form: `token=${bench.token}${hint}` });
    expect(again.status).toBe(200);
    await bench.sim.close();
  },
);

it("limits tokens per client: what one that is not known asks for, another does not pay for", async () => {
  const bench = await aBench({ set: ["oauth.tokensPerMinute=2"] });
  const form = "grant_type=client_credentials";
  const wrong = withBody(`${form}&client_id=stranger&client_secret=x`, FORM);
  const lines = ["POST /api/oauth/token HTTP/1.1", "Host: atlas", ...wrong.head];
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await sendBytes(bench.sim, lines, wrong.body)).status);
  expect(statuses).toEqual([401, 401, 429]);
  expect((await postForm(bench, "/api/oauth/token", { form })).status).toBe(200);
  const limited = await postForm(bench, "/api/oauth/token", { form });
  expect([limited.status, jsonOf(limited)]).toMatchObject([
    429,
    { errorCode: "RATE_LIMITED", parameters: ["/api/oauth/token", 2, 1] },
  ]);
  await bench.sim.close();
});

it.each([SDK, CURL])(
  "$client: does nothing unsigned, then starts signed, a new nonce each call",
  async (manner) => {
    const bench = await aBench();
    for (const verb of ["startWith", "stop"]) {
      const path = `${ORDERS}/processor/stopped:${verb}`;
      const of = verb === "stop" ? withBody("") : withBody('{"tier":"SP30"}', media("2025-03-12"));
      const request = { manner, version: "2025-03-12", method: "POST", path, ...of } as const;
      const before = jsonOf(await look(bench, bench.token))["state"];
      const bare = await sendVendor(bench, { ...request, authorization: "" });
      expect([bare.status, jsonOf(bare)["errorCode"]]).toEqual([401, "UNEXPECTED_ERROR"]);
      expect(bare.headers.has("ratelimit-remaining")).toBe(false);
      expect(bench.sim.log().at(-1)).toMatchObject({ applied: false, effective: false, isBudgeted: false });
      expect(jsonOf(await look(bench, bench.token))["state"]).toBe(before);
      const challenge = bare.headers.get("www-authenticate") ?? "";
      expect(challenge).toMatch(
        /^Digest realm="MMS Public API", domain="", nonce="[^"]+", algorithm=MD5, qop="auth", stale=false$/,
      );
      const authorization = signDigest(bench.sim, challenge, request);
      expect((await sendVendor(bench, { ...request, authorization })).status).toBe(200);
      const replayed = await sendVendor(bench, { ...request, authorization });
      expect(replayed.status).toBe(401);
      expect(replayed.headers.get("www-authenticate")).toContain("stale=true");
    }
    const done = bench.sim.log().filter(({ effective }) => effective);
    expect(done.map(({ operation, body }) => [operation, body])).toEqual([
      ["startWith", { tier: "SP30" }],
      ["stop", null],
    ]);
    await bench.sim.close();
  },
);

it("signs what it was asked: another path, method or key is refused", async () => {
  const bench = await aBench();
  const path = `${ORDERS}/processor/stopped`;
  const request = { manner: SDK, version: "2024-05-30", method: "GET", path } as const;
  const bare = await sendVendor(bench, { ...request, authorization: "" });
  const challenge = bare.headers.get("www-authenticate") ?? "";
  for (const of of [
    { method: "GET", path: `${ORDERS}/processor/failed` },
    { method: "POST", path },
  ]) {
    const authorization = signDigest(bench.sim, challenge, of);
    expect((await sendVendor(bench, { ...request, authorization })).status).toBe(401);
  }
  const authorization = signDigest(bench.sim, challenge, request).replace(/response="../, 'response="zz');
  expect((await sendVendor(bench, { ...request, authorization })).status).toBe(401);
  await bench.sim.close();
});
