// Policies over /v1: read, written by version, deleted, rolled back, and files of many. Temporal is away, so nothing
// that is declared is carried out, and every write says so.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startApi } from "../support/api-server.js";
import type { ApiAnswer, ApiServer } from "../support/api-server.js";
import { anApp } from "../support/api-app.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { pictureRows } from "../support/store-rows.js";

let database: TestDatabase;
let api: ApiServer;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi(anApp(database.store));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

let number = 0;
let path = "";
beforeEach(() => {
  number += 1;
  path = `/v1/policies/${PROJECT}/orders/p${String(number)}`;
});

const NEW = { "if-none-match": "*" };
const put = (body: unknown, headers: Readonly<Record<string, string>>): Promise<ApiAnswer> =>
  api.call("PUT", path, { body, headers });
const etagOf = ({ headers }: ApiAnswer): string => headers.get("etag") ?? "";

/** Lines of the journal about the newest processor, oldest first. */
function readLines(): Promise<readonly { kind: string; actor: string; text: string }[]> {
  return database.store.query("select kind, actor, text from journal where processor = $1 order by id", [
    `p${String(number)}`,
  ]);
}

it("declares a policy, reads it back as it stands, and replaces the version that was read", async () => {
  const created = await put({ start: { tier: "SP10" } }, { ...NEW, "x-request-id": "r-1" });
  expect([created.status, etagOf(created)]).toEqual([201, '"1"']);
  expect(created.body).toMatchObject({
    ref: { project: PROJECT, workspace: "orders", processor: `p${String(number)}` },
    version: 1,
    policy: {
      state: "STARTED",
      mode: "enforce",
      start: { tier: "SP10" },
      restart: null,
      recovery: { backoff: { initial: "1m", factor: 2, max: "1h" }, maxAttempts: 30, stoppedGrace: "5m" },
    },
  });
  const read = await api.call("GET", path);
  expect([read.body, etagOf(read)]).toEqual([created.body, '"1"']);

  const { policy } = read.body as { readonly policy: object };
  const same = await put(policy, { "if-match": '"1"' });
  expect([same.status, etagOf(same)]).toEqual([200, '"1"']);
  const changed = await put(
    { ...policy, restart: { cron: "0 3 * * *", spread: "30m" } },
    { "if-match": '"1"' },
  );
  expect([changed.status, etagOf(changed)]).toEqual([200, '"2"']);
  expect(await readLines()).toEqual([
    {
      kind: "request.accepted",
      actor: "ada",
      text: expect.stringMatching(/^PUT \/v1\/policies\/.* \(request /) as string,
    },
    { kind: "policy.written", actor: "ada", text: "version 1" },
    { kind: "request.accepted", actor: "ada", text: expect.any(String) as string },
    { kind: "policy.written", actor: "ada", text: "version 2" },
  ]);
});

describe("a version that is not named, or is another by now", () => {
  const CASES = [
    { reason: "no version is named", headers: {}, status: 428, type: "precondition-required" },
    { reason: "it is there already", headers: NEW, status: 412, type: "precondition-failed" },
    { reason: "another version", headers: { "if-match": '"7"' }, status: 412, type: "precondition-failed" },
    { reason: "a weak tag", headers: { "if-match": 'W/"1"' }, status: 412, type: "precondition-failed" },
  ];
  it.each(CASES)("is refused, and nothing is written: $reason", async ({ headers, status, type }) => {
    await put({}, NEW);
    const rows = await pictureRows(database.store);
    const refused = await put({ mode: "observe" }, headers);
    expect(refused.body).toMatchObject({ status, type: `/problems/${type}` });
    expect(await pictureRows(database.store)).toEqual(rows);
  });

  it("lets exactly one of two through that read the same version", async () => {
    await put({}, NEW);
    const both = await Promise.all([
      put({ mode: "observe" }, { "if-match": '"1"' }),
      put({ state: "STOPPED" }, { "if-match": '"1"' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it("is refused of a policy that is not there", async () => {
    expect((await put({}, { "if-match": "*" })).body).toMatchObject({ status: 412 });
    expect((await api.call("DELETE", path, { headers: { "if-match": "*" } })).status).toBe(404);
  });
});

it("deletes the version that was read, keeps its history, and declares it anew from there", async () => {
  await put({ start: { tier: "SP10" } }, NEW);
  await put({ start: { tier: "SP30" } }, { "if-match": '"1"' });
  expect((await api.call("DELETE", path, { headers: { "if-match": '"1"' } })).status).toBe(412);
  expect((await api.call("DELETE", path)).status).toBe(428);
  const deleted = await api.call("DELETE", path, { headers: { "if-match": '"2"' } });
  expect([deleted.status, deleted.text]).toEqual([204, ""]);
  expect((await api.call("GET", path)).status).toBe(404);

  const { body } = await api.call("GET", `${path}/history?limit=2`);
  expect(body).toMatchObject({
    items: [
      { version: 3, kind: "deleted", author: "ada", changes: [] },
      { version: 2, kind: "changed", changes: [{ path: "start.tier", before: "SP10", after: "SP30" }] },
    ],
  });
  const dry = await api.call("POST", `${path}/rollback?dryRun=true`, { body: { to: 1 } });
  expect(dry.body).toMatchObject({ isDryRun: true, writes: [{ kind: "create" }], pass: null });
  expect((await api.call("GET", path)).status).toBe(404);
  const back = await api.call("POST", `${path}/rollback`, { body: { to: 1 } });
  expect(back.body).toMatchObject({
    isDryRun: false,
    pass: null,
    warning: expect.stringContaining("the policies are written, the next tick takes them up") as string,
  });
  const read = await api.call("GET", path);
  expect([etagOf(read), read.body]).toMatchObject(['"4"', { policy: { start: { tier: "SP10" } } }]);
  expect((await api.call("POST", `${path}/rollback`, { body: { to: 9 } })).body).toMatchObject({
    status: 404,
    detail: expect.stringContaining("it has versions 1 to 4") as string,
  });
});

const FAULTS = [
  { body: { start: { tier: "SP3" } }, field: "body.start.tier", allowed: "one of SP2, SP5" },
  { body: { sate: "STOPPED" }, field: "body.sate", allowed: "no field of this name" },
  { body: { restart: { cron: "61 * * * *" } }, field: "body.restart.cron", allowed: "" },
  { body: { recovery: { maxAttempts: 0 } }, field: "body.recovery.maxAttempts", allowed: "1 to 1000" },
  {
    body: { start: { startAtOperationTime: "2099-01-01T00:00:00Z" } },
    field: "body.start.startAtOperationTime",
    allowed: "allowFuture=true",
  },
];

it.each(FAULTS)("refuses a policy with a fault in $field, naming it", async ({ body, field, allowed }) => {
  const refused = await put(body, NEW);
  expect(refused.body).toMatchObject({
    type: "/problems/invalid-request",
    errors: [{ field, allowed: expect.stringContaining(allowed) as string }],
  });
  expect((await api.call("GET", path)).status).toBe(404);
});

const file = (workspace: string, processors: string): string =>
  `project: ${PROJECT}\nworkspace: ${workspace}\nprocessors:\n${processors}`;

const apply = (query: string, body: unknown, type = "application/yaml"): Promise<ApiAnswer> =>
  api.call("POST", `/v1/policies:apply${query}`, { body, headers: { "content-type": type } });

async function countPolicies(workspace: string): Promise<number> {
  return (await database.store.query("select from start_policies where workspace = $1", [workspace])).length;
}

describe("a policy file", () => {
  it("is applied as YAML or JSON, dry or not, and prunes when asked", async () => {
    const text = file("filed", "  a: { start: { tier: SP10 } }\n  b: {}\n");
    const dry = await apply("?dryRun=true", text);
    expect(dry.body).toMatchObject({ isDryRun: true, writes: [{ kind: "create" }, { kind: "create" }] });
    expect(await countPolicies("filed")).toBe(0);

    expect((await apply("", text, "text/yaml")).body).toMatchObject({ isDryRun: false, unchanged: 0 });
    expect(await countPolicies("filed")).toBe(2);
    expect((await apply("", text)).body).toMatchObject({ writes: [], unchanged: 2 });

    const json = { project: PROJECT, workspace: "filed", processors: { a: { start: { tier: "SP30" } } } };
    const pruned = await apply("?prune=true", json, "application/json");
    expect(pruned.body).toMatchObject({
      writes: [
        { kind: "change", changes: [{ path: "start.tier", before: "SP10", after: "SP30" }] },
        { kind: "delete", ref: { processor: "b" } },
      ],
    });
    expect(await countPolicies("filed")).toBe(1);
    const lines = await database.store.query(
      "select text from journal where kind = 'request.accepted' and workspace = 'filed' and actor = 'ada'",
    );
    expect(lines).toHaveLength(2);
  });

  it("is compared without a write", async () => {
    const rows = await pictureRows(database.store);
    const { body } = await api.call("POST", "/v1/policies:diff", {
      as: "viewer",
      body: file("compared", "  new: {}\n"),
      headers: { "content-type": "application/yaml" },
    });
    expect(body).toMatchObject({
      writes: [{ kind: "create", ref: { workspace: "compared", processor: "new" } }],
      changes: 0,
      workspaces: [{ observedAgeMs: null, processors: [{ code: "not-observed", action: null }] }],
    });
    expect(await pictureRows(database.store)).toEqual(rows);
  });
});

describe("a policy file that is refused", () => {
  it("is refused as a whole, with every fault by line", async () => {
    const { body } = await apply(
      "",
      file("faulty", "  a: { mode: strict }\n  b: { start: { tier: SP3 } }\n"),
    );
    expect(body).toMatchObject({
      status: 400,
      errors: [
        { field: "body.processors.a.mode", line: 4, allowed: "enforce or observe" },
        { field: "body.processors.b.start.tier", line: 5 },
      ],
    });
    expect(await countPolicies("faulty")).toBe(0);
  });

  it("is refused where one of its workspaces is outside the key's scope", async () => {
    const text = `${file("orders", "  q: {}\n")}---\n${file("billing", "  q: {}\n")}`;
    const headers = { "content-type": "application/yaml" };
    for (const what of ["apply", "diff"]) {
      const refused = await api.call("POST", `/v1/policies:${what}`, { as: "orders", body: text, headers });
      expect(refused.body).toMatchObject({
        type: "/problems/forbidden",
        detail: expect.stringContaining(`does not cover ${PROJECT}/billing`) as string,
      });
    }
    expect(await countPolicies("billing")).toBe(0);
  });

  it("is refused in another kind of body, too large, or none at all", async () => {
    expect((await apply("", "a: 1", "text/plain")).status).toBe(415);
    const yaml = { ...NEW, "content-type": "application/yaml" };
    expect((await api.call("PUT", path, { body: "mode: observe", headers: yaml })).status).toBe(415);
    expect((await apply("", "a".repeat(9 * 1024 * 1024))).status).toBe(413);
    expect((await apply("", "{", "application/json")).status).toBe(400);
    expect((await apply("", "")).status).toBe(400);
    expect(
      (await api.call("PUT", path, { body: { a: "x".repeat(2 * 1024 * 1024) }, headers: NEW })).status,
    ).toBe(413);
  });
});
