// The token endpoints on a real socket: what each kind of client sends, and every answer by its status, headers and
// bytes.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../src/store/postgres/pool.js";
import { createKey, revokeKey } from "../../src/app/access/keys.js";
import type { IssuedKey } from "../../src/app/access/keys.js";
import { NO_LIMITS, startAccessServer } from "../support/access-server.js";
import type { AccessServer } from "../support/access-server.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";

let database: TestDatabase;
let server: AccessServer;
let key: IssuedKey;
let other: IssuedKey;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startAccessServer(database.store, NO_LIMITS);
  key = await create("ci");
  other = await create("other");
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const deps = (): { store: TestDatabase["store"]; actor: string } => ({
  store: database.store,
  actor: "anna",
});
const create = (name: string): Promise<IssuedKey> =>
  createKey(deps(), { name, role: "viewer", scope: { project: "*", workspace: "*" } });

const toBasic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
});
const basic = (of = key): Record<string, string> => toBasic(of.clientId, of.clientSecret);
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const GRANT = "grant_type=client_credentials";

interface Asked {
  readonly path?: "token" | "revoke";
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly at?: AccessServer;
}

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function ask({ path = "token", headers = {}, body = GRANT, at = server }: Asked): Promise<Told> {
  const response = await fetch(`${at.url}/api/oauth/${path}`, {
    method: "POST",
    headers: { ...FORM, ...headers },
    body,
  });
  expect(response.headers.get("content-type")).toMatch(/^application\/json(; charset=utf-8)?$/);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const told: unknown = await response.json();
  // Some clients take an error without an object for a success.
  expect(typeof told === "object" && told !== null && !Array.isArray(told)).toBe(true);
  return { status: response.status, headers: response.headers, body: told as Record<string, unknown> };
}

async function whoami(token: string): Promise<number> {
  return (await fetch(`${server.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status;
}

async function takeToken(of = key): Promise<string> {
  const { body } = await ask({ headers: basic(of) });
  return String(body["access_token"]);
}

it.each<Asked & { readonly reason: string }>([
  { reason: "Basic and a form, as Atlas documents it", headers: {} },
  {
    reason: "a character set behind the media type",
    headers: { "content-type": `${FORM["content-type"]}; charset=UTF-8` },
  },
  { reason: "the media type in capitals", headers: { "content-type": FORM["content-type"].toUpperCase() } },
  { reason: "a scope, which Atlas knows none of", body: `${GRANT}&scope=openid` },
  { reason: "Accept: JSON", headers: { accept: "application/json" } },
  { reason: "Accept: of a version of Atlas", headers: { accept: "application/vnd.atlas.2025-03-12+json" } },
])("issues a token of 3600 seconds to $reason", async ({ headers, body }) => {
  const told = await ask({ headers: { ...basic(), ...headers }, ...(body === undefined ? {} : { body }) });
  expect(told.status).toBe(200);
  expect(told.body).toEqual({
    access_token: expect.any(String) as string,
    expires_in: 3_600,
    token_type: "Bearer",
  });
  expect(await whoami(String(told.body["access_token"]))).toBe(200);
});

it("issues a token to a client that sends no header but those it must", async () => {
  const { hostname, port } = new URL(server.url);
  const body = `${GRANT}&client_id=${key.clientId}&client_secret=${key.clientSecret}`;
  const socket = connect(Number(port), hostname);
  const head = `POST /api/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM["content-type"]}\r\nConnection: close\r\n`;
  socket.write(`${head}Content-Length: ${String(body.length)}\r\n\r\n${body}`);
  const told = await text(socket);
  expect(told).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(told).toMatch(/^content-type: application\/json(; charset=utf-8)?\r$/m);
  expect(told).toMatch(/\r\n\r\n\{"access_token":"[\w.-]+","expires_in":3600,"token_type":"Bearer"\}$/);
});

it("issues a token to a client that sends id and secret in the form", async () => {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: key.clientId,
    client_secret: key.clientSecret,
  }).toString();
  const told = await ask({ body });
  expect(told).toMatchObject({ status: 200, body: { token_type: "Bearer" } });
});

const INVALID_CLIENT = { error: "invalid_client", error_description: "Invalid credentials provided." };
const BASIC_CHALLENGE = 'Basic realm="MMS Public API"';

it.each([
  { reason: "a wrong secret", headers: () => toBasic(key.clientId, "wrong"), challenge: BASIC_CHALLENGE },
  {
    reason: "another client's secret",
    headers: () => toBasic(key.clientId, other.clientSecret),
    challenge: BASIC_CHALLENGE,
  },
  {
    reason: "an unknown client",
    headers: () => toBasic("mdb_sa_id_0", key.clientSecret),
    challenge: BASIC_CHALLENGE,
  },
  {
    reason: "a digest key",
    headers: () => toBasic(key.publicKey, key.privateKey),
    challenge: BASIC_CHALLENGE,
  },
  { reason: "an empty secret", headers: () => toBasic(key.clientId, ""), challenge: BASIC_CHALLENGE },
  { reason: "what is no Basic", headers: () => ({ authorization: "Basic %%%" }), challenge: BASIC_CHALLENGE },
  { reason: "no credential", headers: () => ({}), challenge: null },
])("refuses $reason as Atlas does", async ({ headers, challenge }) => {
  for (const path of ["token", "revoke"] as const) {
    const told = await ask({ path, headers: headers(), body: `${GRANT}&token=x` });
    expect(told).toMatchObject({ status: 401, body: INVALID_CLIENT });
    expect(told.headers.get("www-authenticate")).toBe(challenge);
  }
});

it.each<Asked & { readonly reason: string; readonly status: number; readonly error: string }>([
  { reason: "no grant type", body: "scope=x", status: 400, error: "invalid_request" },
  { reason: "an empty body", body: "", status: 400, error: "invalid_request" },
  { reason: "another grant", body: "grant_type=password", status: 400, error: "unsupported_grant_type" },
  {
    reason: "a grant in other letters",
    body: "grant_type=Client_Credentials",
    status: 400,
    error: "unsupported_grant_type",
  },
  { reason: "a parameter twice", body: `${GRANT}&${GRANT}`, status: 400, error: "invalid_request" },
  {
    reason: "JSON",
    headers: { "content-type": "application/json" },
    body: "{}",
    status: 400,
    error: "invalid_request",
  },
  {
    reason: "JSON that is none",
    headers: { "content-type": "application/json" },
    body: "{",
    status: 400,
    error: "invalid_request",
  },
  {
    reason: "a media type that is none",
    headers: { "content-type": "form" },
    status: 400,
    error: "invalid_request",
  },
  {
    reason: "a secret in two places",
    body: `${GRANT}&client_secret=x`,
    status: 400,
    error: "invalid_request",
  },
  {
    reason: "a body that is too long",
    body: `${GRANT}&x=${"x".repeat(20_000)}`,
    status: 413,
    error: "invalid_request",
  },
  {
    reason: "a revocation of nothing",
    path: "revoke",
    body: "token=",
    status: 400,
    error: "invalid_request",
  },
])("refuses $reason as RFC 6749 does", async ({ status, error, ...asked }) => {
  const told = await ask({ ...asked, headers: { ...basic(), ...asked.headers } });
  expect(told.status).toBe(status);
  expect(told.body).toEqual({ error, error_description: expect.stringMatching(/\.$/) as string });
  expect(JSON.stringify(told.body)).not.toContain(key.clientSecret);
});

it.each(["&token_type_hint=access_token", "", "&token_type_hint=refresh_token", "&token_type_hint=other"])(
  "ends a live token at once, with the hint '%s'",
  async (hint) => {
    const token = await takeToken();
    const another = await takeToken();
    expect(await whoami(token)).toBe(200);
    for (let i = 0; i < 2; i += 1) {
      const told = await ask({ path: "revoke", headers: basic(), body: `token=${token}${hint}` });
      expect(told).toMatchObject({ status: 200, body: {} });
      expect(await whoami(token)).toBe(401);
    }
    expect(await whoami(another)).toBe(200);
  },
);

it("answers 200 to the revocation of a token that it does not know, and refuses that of another client's", async () => {
  for (const token of ["unknown", `${await takeToken()}x`]) {
    expect(await ask({ path: "revoke", headers: basic(), body: `token=${token}` })).toMatchObject({
      status: 200,
    });
  }
  const token = await takeToken(other);
  expect(await ask({ path: "revoke", headers: basic(), body: `token=${token}` })).toMatchObject({
    status: 400,
    body: { error: "unauthorized_client" },
  });
  expect(await whoami(token)).toBe(200);
});

it("forgets the revoked tokens that have expired, so that their table stays small", async () => {
  const count = async (): Promise<number> =>
    (await database.store.query("select from revoked_tokens")).length;
  for (let i = 0; i < 3; i += 1) {
    await ask({ path: "revoke", headers: basic(), body: `token=${await takeToken()}` });
  }
  expect(await count()).toBeGreaterThanOrEqual(3);
  await database.advance(3_601_000);
  await ask({ path: "revoke", headers: basic(), body: `token=${await takeToken()}` });
  expect(await count()).toBe(1);
});

it("knows no client from the moment it is revoked", async () => {
  const short = await create("short");
  expect(await ask({ headers: basic(short) })).toMatchObject({ status: 200 });
  await revokeKey(deps(), "short");
  expect(await ask({ headers: basic(short) })).toMatchObject({ status: 401, body: INVALID_CLIENT });
});

it("limits tokens to ten a minute for an address and client, in Atlas's words", async () => {
  const at = await startAccessServer(database.store);
  for (let i = 0; i < 10; i += 1) expect((await ask({ at, headers: basic() })).status).toBe(200);
  const told = await ask({ at, headers: basic() });
  expect(told).toMatchObject({
    status: 429,
    body: {
      detail: "Resource /api/oauth/token is limited to 10 requests every 1 minutes.",
      error: 429,
      errorCode: "RATE_LIMITED",
      parameters: ["/api/oauth/token", 10, 1],
      reason: "Too Many Requests",
    },
  });
  expect(Number(told.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask({ at, headers: basic(other) })).status).toBe(200);
  // Clients revoke what they were issued: that has a limit of its own.
  expect((await ask({ at, path: "revoke", headers: basic(), body: "token=x" })).status).toBe(200);
  await at.close();
});

it("limits failed log-ins of an address, whatever clients it tries", async () => {
  const at = await startAccessServer(database.store, { failedLoginsPerMinute: 3 });
  const guess = (name: string): Promise<Told> => ask({ at, headers: toBasic(name, "guess") });
  for (const name of ["a", "b", "c"]) expect((await guess(name)).status).toBe(401);
  expect(await guess("d")).toMatchObject({ status: 429, body: { errorCode: "RATE_LIMITED" } });
  expect((await ask({ at, headers: basic() })).status).toBe(429);
  await at.close();
});

it("says in JSON that it cannot tell while Postgres is away", async () => {
  // Nobody listens there.
  const store = openStore({ databaseUrl: "postgres://headgate@127.0.0.1:1/headgate" });
  const at = await startAccessServer(store);
  for (const path of ["token", "revoke"] as const) {
    const told = await ask({ at, path, headers: basic(), body: `${GRANT}&token=x` });
    expect(told).toMatchObject({ status: 503, body: { error: "temporarily_unavailable" } });
    expect(told.headers.get("retry-after")).toBe("1");
  }
  const { access } = at;
  const request = { method: "GET", url: "/", authorization: undefined, address: "10.0.0.1" };
  await expect(access.authenticator.identify(request)).rejects.toMatchObject({ code: "store.unavailable" });
  await at.close();
  await store.close();
});
