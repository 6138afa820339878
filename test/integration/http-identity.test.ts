// Who calls, on real sockets and rows: tokens and digests are known while their key is live and no longer, by every
// server of the installation; whoever fails too often waits; and no part of a credential is kept anywhere.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import fc from "fast-check";
import { createKey, revokeKey, rotateKey } from "../../src/app/access/keys.js";
import type { IssuedKey } from "../../src/app/access/keys.js";
import type { Identity } from "../../src/http/access/authenticate.js";
import { NO_LIMITS, findNonce, startAccessServer, toDigestHeader } from "../support/access-server.js";
import type { AccessServer } from "../support/access-server.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { findLeaks, toForms } from "../support/secrets.js";
import { pictureRows } from "../support/store-rows.js";

let database: TestDatabase;
let one: AccessServer;
/** Another server of the same installation. */
let two: AccessServer;
let key: IssuedKey;
let keys = 0;
const made: IssuedKey[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  one = await startAccessServer(database.store, NO_LIMITS);
  two = await startAccessServer(database.store, NO_LIMITS);
});
beforeEach(async () => {
  keys += 1;
  key = await create(`key ${String(keys)}`);
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
});

const deps = (): { store: TestDatabase["store"]; actor: string } => ({
  store: database.store,
  actor: "anna",
});

async function create(name: string): Promise<IssuedKey> {
  const scope = { project: PROJECT, workspace: "prod-*" };
  const created = await createKey(deps(), { name, role: "operator", scope });
  made.push(created);
  return created;
}

async function takeToken({ clientId, clientSecret }: IssuedKey, server = one): Promise<string> {
  const response = await fetch(`${server.url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  tokens.push(token);
  return token;
}
const tokens: string[] = [];

interface Asked {
  readonly authorization?: string;
  readonly server?: AccessServer;
  readonly url?: string;
  readonly address?: string;
}

function identify({
  authorization,
  server = one,
  url = "/api/x?a=b",
  address = "10.0.0.1",
}: Asked): Promise<Identity> {
  return server.access.authenticator.identify({ method: "GET", url, address, authorization });
}

async function takeNonce(server = one): Promise<string> {
  const identity = await identify({ server });
  return identity.kind === "unknown" ? findNonce(identity.challenges) : "";
}

const sign = (nonce: string, fields = {}): string =>
  toDigestHeader({ ...key, uri: "/api/x?a=b", nonce, ...fields });

const KNOWN = {
  kind: "known",
  holder: { role: "operator", scope: { project: PROJECT, workspace: "prod-*" } },
};
const STALE = {
  kind: "unknown",
  challenges: expect.arrayContaining([expect.stringMatching(/stale=true$/)]) as unknown,
};
const FRESH = {
  kind: "unknown",
  challenges: expect.arrayContaining([expect.stringMatching(/stale=false$/)]) as unknown,
};

it("knows a token on every server, by one statement a request, and notes its use", async () => {
  const token = await takeToken(key);
  await identify({ authorization: `Bearer ${token}`, server: two });
  for (const server of [one, two, one]) {
    database.takeStatements();
    const identity = await identify({ authorization: `Bearer ${token}`, server });
    expect(identity).toMatchObject({ ...KNOWN, holder: { ...KNOWN.holder, name: key.name } });
    expect(database.takeStatements()).toHaveLength(1);
  }
  const used = await lastUse();
  expect(used).toBeGreaterThan(0);
  await database.advance(59_000);
  await identify({ authorization: `bearer  ${token}` });
  expect(await lastUse()).toBe(used);
  await database.advance(2_000);
  await identify({ authorization: `Bearer ${token}` });
  expect(await lastUse()).toBeGreaterThanOrEqual((used ?? 0) + 60_000);
});

it("asks once for many requests that come at once with one token", async () => {
  const token = await takeToken(key);
  expect(await identify({ authorization: `Bearer ${token}` })).toMatchObject(KNOWN);
  database.takeStatements();
  const asked = Array.from({ length: 30 }, () => identify({ authorization: `Bearer ${token}` }));
  expect(await Promise.all(asked)).toMatchObject(asked.map(() => KNOWN));
  expect(database.takeStatements()).toHaveLength(1);
});

async function lastUse(): Promise<number | null | undefined> {
  const [row] = await database.store.query<{ at: number | null }>(
    "select last_used_at as at from api_keys where name = $1",
    [key.name],
  );
  return row?.at;
}

it("knows a token for an hour", async () => {
  const authorization = `Bearer ${await takeToken(key)}`;
  await database.advance(3_590_000);
  expect(await identify({ authorization })).toMatchObject(KNOWN);
  await database.advance(10_000);
  expect(await identify({ authorization })).toMatchObject(FRESH);
});

it("knows no token from the moment its key is revoked or rotated, on any server", async () => {
  const before = `Bearer ${await takeToken(key)}`;
  await rotateAndKeep();
  expect(await identify({ authorization: before, server: two })).toMatchObject(FRESH);
  const after = `Bearer ${await takeToken(key)}`;
  expect(await identify({ authorization: after })).toMatchObject(KNOWN);
  await revokeKey(deps(), key.name);
  for (const server of [one, two]) {
    expect(await identify({ authorization: after, server })).toMatchObject(FRESH);
  }
});

async function rotateAndKeep(): Promise<void> {
  key = await rotateKey(deps(), key.name);
  made.push(key);
}

it.each(["MD5", "SHA-256"] as const)(
  "knows a request signed by %s, once a count, on every server",
  async (algorithm) => {
    const nonce = await takeNonce(one);
    await identify({ authorization: sign(await takeNonce(), { algorithm }) });
    database.takeStatements();
    expect(await identify({ authorization: sign(nonce, { algorithm }), server: two })).toMatchObject(KNOWN);
    expect(database.takeStatements()).toHaveLength(1);
    const again = sign(nonce, { algorithm, count: 2 });
    expect(await identify({ authorization: again, server: two })).toMatchObject(KNOWN);
    // Sent once more, as whoever recorded it would.
    expect(await identify({ authorization: again, server: two })).toMatchObject(STALE);
  },
);

it("knows no signature from the moment its key is revoked or rotated", async () => {
  const old = sign(await takeNonce());
  await rotateAndKeep();
  expect(await identify({ authorization: old })).toMatchObject(FRESH);
  expect(await identify({ authorization: sign(await takeNonce()) })).toMatchObject(KNOWN);
  await revokeKey(deps(), key.name);
  expect(await identify({ authorization: sign(await takeNonce()) })).toMatchObject(FRESH);
});

it.each([
  { reason: "nothing", authorization: () => "" },
  { reason: "a scheme alone", authorization: () => "Bearer" },
  {
    reason: "a scheme of the token endpoint",
    authorization: () => `Basic ${btoa(`${key.clientId}:${key.clientSecret}`)}`,
  },
  { reason: "a client secret for a token", authorization: () => `Bearer ${key.clientSecret}` },
  {
    reason: "another user's signature",
    authorization: async () => sign(await takeNonce(), { publicKey: "hdg_pk_0" }),
  },
  { reason: "a wrong key", authorization: async () => sign(await takeNonce(), { privateKey: "hdg_ak_0" }) },
  {
    reason: "a signature of another address",
    authorization: async () => sign(await takeNonce(), { uri: "/api/y" }),
  },
  {
    reason: "a signature of another method",
    authorization: async () => sign(await takeNonce(), { method: "POST" }),
  },
])("does not know $reason", async ({ authorization }) => {
  expect(await identify({ authorization: await authorization() })).toMatchObject(FRESH);
});

it("says stale to a right signature with a nonce of nobody's, so that a client signs again without asking", async () => {
  expect(await identify({ authorization: sign("made up") })).toMatchObject(STALE);
});

it("does not know a token or a signature in which any one byte is another", async () => {
  const bearer = `Bearer ${await takeToken(key)}`;
  // What does not stand in quotes may be written in more than one way: there any other byte need not be another word.
  const digest = sign(await takeNonce());
  const places = [...digest.matchAll(/"[^"]*"|nc=\w+|algorithm=[\w-]+|qop=\w+/g)].flatMap(
    ({ index, 0: text }) => {
      const skip = text.startsWith('"') ? 1 : text.indexOf("=") + 1;
      const end = text.startsWith('"') ? text.length - 1 : text.length;
      return Array.from({ length: end - skip }, (_, at) => index + skip + at);
    },
  );
  const change = (text: string, at: number, code: number): string =>
    text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
  const byte = fc.integer({ min: 33, max: 126 });
  await fc.assert(
    fc.asyncProperty(byte, fc.nat(), async (code, number) => {
      const at = "Bearer ".length + (number % (bearer.length - "Bearer ".length));
      const place = places[number % places.length] ?? 0;
      const changed = [change(bearer, at, code), change(digest, place, code)].filter(
        (text) => text !== bearer && text !== digest,
      );
      for (const authorization of changed) {
        expect(await identify({ authorization })).toMatchObject({ kind: "unknown" });
      }
    }),
    { numRuns: 300 },
  );
  // Neither was used up or locked out by that.
  expect(await identify({ authorization: bearer })).toMatchObject(KNOWN);
  expect(await identify({ authorization: digest })).toMatchObject(KNOWN);
});

it("lets nobody guess on: after ten failures an address waits, with a right credential too, and no other address", async () => {
  const server = await startAccessServer(database.store, { failedLoginsPerMinute: 10 });
  const nonce = await takeNonce(server);
  const wrong = sign(nonce, { privateKey: "hdg_ak_0" });
  for (let i = 0; i < 10; i += 1) {
    expect(await identify({ server, authorization: wrong })).toMatchObject(FRESH);
  }
  const limited = { kind: "limited", retryAfterSeconds: 6 };
  expect(await identify({ server, authorization: wrong })).toEqual(limited);
  expect(await identify({ server, authorization: sign(nonce) })).toEqual(limited);
  expect(await identify({ server, authorization: sign(nonce), address: "10.0.0.2" })).toMatchObject(KNOWN);
  // Nobody can make up a token, so that a right one is not made to wait for the failures of others.
  const token = await takeToken(key, server);
  expect(await identify({ server, authorization: `Bearer ${token}` })).toMatchObject(KNOWN);
  expect(await identify({ server, authorization: `Bearer ${token}x` })).toMatchObject({ kind: "limited" });
  await server.close();
});

it("locks nobody out who has logged in before, for failures beside it or under its name", async () => {
  const server = await startAccessServer(database.store, { failedLoginsPerMinute: 1 });
  const basic = { authorization: `Basic ${btoa(`${key.clientId}:${key.clientSecret}`)}` };
  const takeAgain = async (authorization = basic.authorization): Promise<number> => {
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    return (
      await fetch(`${server.url}/api/oauth/token`, { method: "POST", headers: { authorization }, body })
    ).status;
  };
  const signed = async (fields = {}, address = "127.0.0.1"): Promise<string> =>
    (await identify({ server, address, authorization: sign(await takeNonce(server), fields) })).kind;
  expect([await signed(), await takeAgain()]).toEqual(["known", 200]);
  for (let i = 0; i < 12; i += 1) {
    await signed({ publicKey: "hdg_pk_other" });
    await signed({ privateKey: "hdg_ak_0" }, `10.0.3.${String(i)}`);
    await takeAgain(`Basic ${btoa("hdg_sa_id_other:guess")}`);
  }
  expect([await signed(), await takeAgain()]).toEqual(["known", 200]);
  // From elsewhere it is a stranger, and beside it another name is one.
  expect(await signed({}, "10.0.3.200")).toBe("limited");
  // A failure of its own uses its one try up.
  expect([await signed({ privateKey: "hdg_ak_0" }), await signed()]).toEqual(["limited", "limited"]);
  await server.close();
});

it("counts the unsigned half of an exchange, a stale nonce and an ended token as no failures", async () => {
  const server = await startAccessServer(database.store, { failedLoginsPerMinute: 1 });
  const authorization = `Bearer ${await takeToken(key, server)}`;
  await revokeKey(deps(), key.name);
  key = await create(`another ${String(keys)}`);
  for (let i = 0; i < 20; i += 1) {
    expect(await identify({ server })).toMatchObject(FRESH);
    expect(await identify({ server, authorization })).toMatchObject(FRESH);
    expect(await identify({ server, authorization: sign("stale") })).toMatchObject(STALE);
  }
  expect(await identify({ server, authorization: sign(await takeNonce(server)) })).toMatchObject(KNOWN);
  await server.close();
});

it("limits the requests of a key, from wherever they come, and of an address, whoever asks", async () => {
  const server = await startAccessServer(database.store, { requestsPerSecond: 1 });
  const authorization = `Bearer ${await takeToken(key, server)}`;
  const kinds: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    kinds.push((await identify({ server, authorization, address: `10.0.1.${String(i)}` })).kind);
  }
  expect(kinds.slice(0, 4)).toEqual(["known", "known", "known", "known"]);
  expect(kinds.slice(4)).toContain("limited");
  const anonymous: string[] = [];
  for (let i = 0; i < 40; i += 1) anonymous.push((await identify({ server, address: "127.0.0.9" })).kind);
  expect(anonymous.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => "unknown"));
  expect(anonymous).toContain("limited");
  await server.close();
});

const run = promisify(execFile);
const curl = async (...args: readonly string[]): Promise<string> =>
  (await run("curl", ["--silent", "--show-error", "--max-time", "20", ...args])).stdout;
const hasCurl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

it.skipIf(!hasCurl)(
  "lets curl log in by digest, its body sent twice, and by a token (skipped without curl)",
  async () => {
    const path = `${one.url}/api/atlas/v2/groups/${PROJECT}/streams/orders/processor/clicks:startWith?pretty=true`;
    const config = `user = "${key.publicKey}:${key.privateKey}"`;
    const pending = run("curl", [
      "--silent",
      "--include",
      "--digest",
      "--config",
      "-",
      "--json",
      "{}",
      "--max-time",
      "20",
      path,
    ]);
    pending.child.stdin?.end(config);
    const { stdout } = await pending;
    expect(stdout.match(/^HTTP\/1.1 \d+/gm)).toEqual(["HTTP/1.1 401", "HTTP/1.1 200"]);
    expect(stdout).toContain(`"name":"${key.name}"`);
    const token = await takeToken(key);
    expect(await curl("--header", `Authorization: Bearer ${token}`, path)).toContain(`"name":"${key.name}"`);
    expect(await curl("--write-out", "%{http_code}", "--output", "/dev/null", path)).toBe("401");
  },
);

it("keeps no secret, no token and no signature in any table", async () => {
  const authorization = sign(await takeNonce());
  expect(await identify({ authorization })).toMatchObject(KNOWN);
  await takeToken(key);
  const tables = Object.values(await pictureRows(database.store))
    .flat()
    .join("\n");
  const secrets: readonly (readonly [string, string])[] = made.flatMap(
    ({ name, clientSecret, privateKey }) => [
      [`client secret of ${name}`, clientSecret] as const,
      [`private key of ${name}`, privateKey] as const,
    ],
  );
  const signatures = tokens.map(
    (token, index) => [`token ${String(index)}`, token.split(".")[2] ?? ""] as const,
  );
  expect(secrets.length).toBeGreaterThan(20);
  expect(signatures.length).toBeGreaterThan(5);
  expect(findLeaks({ tables }, toForms(Object.fromEntries([...secrets, ...signatures])))).toEqual([]);
});
