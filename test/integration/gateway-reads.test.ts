// Reads and everything else of Atlas behind the gateway: Atlas's bytes where they are sound, a JSON object where they
// are not, and nothing for a key that may not. What vendor clients make of each is docs/atlas.md 12.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageJournal } from "../../src/app/look/page-listing.js";
import { PROJECT, aFleet, many } from "../support/fleets.js";
import { CHALLENGE, OLD_TYPE, aHolder, aTableOfKeys, startGateway } from "../support/gateway.js";
import type { Answered, TestGateway } from "../support/gateway.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const LIST_TYPE = "application/vnd.atlas.2023-02-01+json";
const HUNDRED = Array.from({ length: 100 }, (_, index) => ({
  _id: "0".repeat(24),
  name: `p-${String(index)}`,
  pipeline: [],
  state: "STARTED",
}));

const at = (workspace: string, operation: string, nth = 1) => ({ operation, workspace, nth });
const status = (code: number, body?: unknown) =>
  body === undefined ? { kind: "status", status: code } : { kind: "status", status: code, body };

let loop: TestLoop;
let gateway: TestGateway;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({
        orders: { p: "STARTED", "a:stop": "STOPPED", "a b": "STOPPED" },
        many: many(150, "STARTED"),
        flaky: { p: "STARTED" },
        odd: { p: "STARTED" },
        edited: { p: "STOPPED" },
      }),
      faults: [
        { when: at("many", "list", 2), what: status(200, { links: [], results: HUNDRED, totalCount: 100 }) },
        { when: at("many", "list", 5), what: status(200, { links: [], results: HUNDRED }) },
        { when: at("flaky", "get", 1), what: status(500) },
        { when: at("flaky", "get", 2), what: { ...status(429), retryAfter: 0 } },
        { when: at("flaky", "get", 3), what: { kind: "reset-before" } },
        { when: at("odd", "get", 1), what: status(404, "") },
        { when: at("odd", "get", 2), what: status(403, null) },
        { when: at("odd", "get", 3), what: { kind: "html", status: 400 } },
        { when: at("odd", "get", 4), what: { kind: "html", status: 200 } },
        { when: at("odd", "get", 5), what: { kind: "garbage" } },
        { when: at("odd", "get", 6), what: { kind: "unknown-state", state: "HIBERNATING" } },
      ],
    },
  });
  const keys = [
    aHolder("orders-only", "admin", { workspace: "orders" }),
    aHolder("elsewhere", "admin", { project: "0".repeat(24) }),
  ];
  gateway = await startGateway(loop.app, PROJECT, aTableOfKeys(keys));
});
afterAll(async () => {
  await gateway.end();
  await loop.stop();
});

const get = (path: string, key?: string, accept = OLD_TYPE): Promise<Answered> =>
  gateway.send("GET", path, { ...(key === undefined ? {} : { key }), headers: { accept } });

describe("a read", () => {
  it.each([
    ["orders/processor/p", { name: "p", state: "STARTED" }],
    ["orders/processor/a:stop", { name: "a:stop" }],
    ["orders/processor/a%20b", { name: "a b" }],
  ])("GET %s is Atlas's own", async (path, body) => {
    const answer = await get(path, "viewer");
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers.get("content-type")).toBe(`${OLD_TYPE};charset=utf-8`);
    expect(answer.headers.get("ratelimit-limit")).toBe("1200");
  });

  it("resolves a newer version as Atlas does, and leaves envelope and pretty to Atlas", async () => {
    const newer = await get(
      "orders/processor/p?envelope=true&pretty=true",
      "viewer",
      "application/vnd.atlas.2025-03-12+json",
    );
    expect(newer).toMatchObject({ status: 200, body: { status: 200, content: { name: "p" } } });
    expect(newer.text).toContain("\n  ");
    expect(newer.headers.get("content-type")).toContain("2024-05-30");
    expect(await get("orders", "viewer", LIST_TYPE)).toMatchObject({ status: 200, body: { name: "orders" } });
    expect(await get("orders/processor/p", "viewer", "application/json")).toMatchObject({
      status: 406,
      body: { error: 406, errorCode: "INVALID_VERSION_DATE" },
    });
  });

  it("is asked again until Atlas answers it well", async () => {
    expect(await get("flaky/processor/p")).toMatchObject({ status: 200, body: { name: "p" } });
    expect(
      loop.simulator.log().filter(({ workspace, operation }) => workspace === "flaky" && operation === "get"),
    ).toHaveLength(4);
  });

  it.each([
    ["an error without a body", 404, { error: 404, detail: "Atlas answered 404 without saying why." }],
    ["an error that is null", 403, { error: 403, detail: "Atlas answered 403 without saying why." }],
    ["an error that is a page", 400, { error: 400, detail: "Atlas answered 400 without saying why." }],
    ["a page under a 200", 502, { error: 502, errorCode: "BAD_GATEWAY" }],
    ["a 200 that is no JSON", 502, { error: 502, errorCode: "BAD_GATEWAY" }],
    ["a state of Atlas's that nobody knows", 200, { state: "HIBERNATING" }],
  ])("%s", async (_what, code, body) => {
    expect(await get("odd/processor/p")).toMatchObject({ status: code, body });
  });
});

describe("a list", () => {
  const page = (number: number): string =>
    `many/processors?includeCount=true&itemsPerPage=100&pageNum=${String(number)}`;
  const countOf = ({ body }: Answered): unknown => (body as { totalCount?: unknown }).totalCount;

  it("counts all there are, also where Atlas counts the page or nothing", async () => {
    const [sound, ofPage, absent] = [await get(page(1)), await get(page(1)), await get(page(1))];
    expect([countOf(sound), countOf(ofPage), countOf(absent)]).toEqual([150, 150, 150]);
    expect((ofPage.body as { results: unknown[] }).results).toEqual(HUNDRED);
    expect(await get(page(3))).toMatchObject({ status: 200, body: { results: [], totalCount: 150 } });
  });

  it("of workspaces holds and counts those in the key's scope", async () => {
    const streams = `/api/atlas/v2/groups/${PROJECT}/streams`;
    expect(await get(streams, "viewer", LIST_TYPE)).toMatchObject({ status: 200, body: { totalCount: 5 } });
    const scoped = await get(`${streams}?itemsPerPage=100`, "orders-only", LIST_TYPE);
    expect(scoped).toMatchObject({ status: 200, body: { totalCount: 1, results: [{ name: "orders" }] } });
    expect(await get(`${streams}?pageNum=2`, "orders-only", LIST_TYPE)).toMatchObject({
      body: { totalCount: 1, results: [] },
    });
  });
});

describe("a key that may not", () => {
  it.each([
    ["GET", "many/processor/p-1", "orders-only", 403],
    ["GET", "orders/processor/p", "elsewhere", 403],
    ["GET", `/api/atlas/v2/groups/${PROJECT}/streams`, "elsewhere", 403],
    ["POST", "orders/processor/p:startWith", "viewer", 403],
    ["POST", "orders/processor/p:stop", "viewer", 403],
    ["PATCH", "orders/processor/p", "operator", 403],
    ["DELETE", "orders/processor/p", "operator", 403],
    ["GET", `/api/atlas/v2/groups/${PROJECT}/clusters`, "orders-only", 403],
    ["POST", "orders/processor/p:startWith", "", 401],
    ["GET", "/api/atlas/v2/unknown", "", 401],
  ])("%s %s as %j is %i", async (...[method, path, key, code]) => {
    const before = loop.simulator.log().length;
    const answer = await gateway.send(method, path, { key });
    expect(answer).toMatchObject({ status: code, body: { error: code } });
    if (code === 401) expect(answer.headers.get("www-authenticate")).toBe(CHALLENGE);
    expect(loop.simulator.log()).toHaveLength(before);
  });

  it("may not start fresh without that right", async () => {
    const send = (body: string): Promise<Answered> =>
      gateway.send("POST", "orders/processor/p:startWith", { key: "operator", body });
    for (const body of [
      '{"resumeFromCheckpoint":false}',
      '{"startAtOperationTime":"2026-05-04T09:42:00Z"}',
    ]) {
      expect(await send(body)).toMatchObject({ status: 403 });
    }
  });
});

describe("everything else of a project", () => {
  it("passes through with the right to, and stands in the journal before it is sent", async () => {
    const body = JSON.stringify({
      pipeline: [{ $source: { connectionName: "c" } }, { $emit: { connectionName: "d" } }],
    });
    const patch = await gateway.send("PATCH", "edited/processor/p", {
      body,
      headers: { accept: OLD_TYPE, "content-type": OLD_TYPE, "x-request-id": "deploy-7" },
    });
    expect(patch.headers.get("x-request-id")).toBe("deploy-7");
    const calls = loop.simulator
      .log()
      .filter(({ workspace, operation }) => workspace === "edited" && operation === "modify");
    expect(calls.map((call) => call.body)).toEqual([JSON.parse(body)]);
    const lines = [];
    for await (const rows of pageJournal(loop.app, {})) lines.push(...rows);
    expect(lines.filter(({ kind }) => kind === "gateway.relayed")).toMatchObject([
      { actor: "admin", text: "PATCH sent on to Atlas (request deploy-7)" },
    ]);
  });

  it.each([
    ["GET", "/api/atlas/v2/orgs", 404],
    ["GET", "/api/atlas/v2/groups/nonsense/streams", 400],
    ["POST", "orders/processor/p%3AstartWith", 405],
    ["POST", "orders/processor/p:explode", 405],
    ["OPTIONS", "orders", 405],
    ["GET", "orders/processor/%2e%2e%2f", 404],
  ])("%s %s is %i", async (method, path, code) => {
    expect(await gateway.send(method, path)).toMatchObject({ status: code, body: { error: code } });
  });
});

describe("a start that is refused before a change begins", () => {
  const send = (body: string, headers: Record<string, string> = {}, path = "orders/processor/p:startWith") =>
    gateway.send("POST", path, { body, headers });

  it.each([
    ['{"tier":"SP15"}', {}, 400, "VALIDATION_ERROR"],
    ['{"tear":"SP10"}', {}, 400, "VALIDATION_ERROR"],
    ["{", {}, 400, "MALFORMED_JSON"],
    ["{}", { accept: "*/*" }, 406, "INVALID_VERSION_DATE"],
    ["{}", { accept: OLD_TYPE }, 406, "INVALID_VERSION_DATE"],
    ["{}", { accept: "application/vnd.atlas.2025-13-01+json" }, 406, "INVALID_VERSION_DATE"],
    ["tier=SP10", { "content-type": "application/x-www-form-urlencoded" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
    [" ".repeat(70_000), { "content-type": "application/json" }, 413, "REQUEST_ENTITY_TOO_LARGE"],
    ["{}", { "x-headgate-suspend": "soon" }, 400, "VALIDATION_ERROR"],
  ])("%s %j: %i %s", async (...[body, headers, code, errorCode]) => {
    const answer = await send(body, headers);
    expect(answer).toMatchObject({ status: code, body: { error: code, errorCode } });
    expect(answer.headers.get("x-error-code")).toBe(errorCode);
  });

  it("names every field that is wrong, also in an envelope", async () => {
    const path = "orders/processor/p:startWith?envelope=true&pretty=true";
    const answer = await send('{"tier":"SP15","resumeFromCheckpoint":1,"x":2}', {}, path);
    const fields = [
      { field: "tier", description: "must be one of SP50, SP30, SP10, SP5, SP2" },
      { field: "resumeFromCheckpoint", description: "must be true or false" },
      { field: "x", description: "is not a known field" },
    ];
    expect(answer).toMatchObject({
      status: 400,
      body: { status: 400, content: { badRequestDetail: { fields } } },
    });
    expect(answer.text).toContain("\n  ");
  });
});
