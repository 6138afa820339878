// What people say about processors over /v1, and what they ask: suspended, unparked, armed, released, explained,
// planned, reconciled, exported; against a simulated Atlas, by the typed client.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createApiClient } from "../../src/http/client/client.js";
import type { ApiClient } from "../../src/http/client/client.js";
import { DEFAULT_LADDER } from "../../src/domain/rungs.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { requestPass } from "../../src/app/act/pass.js";
import { startApi } from "../support/api-server.js";
import type { ApiServer } from "../support/api-server.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";
import { aRef } from "../support/store-rows.js";

let loop: TestLoop;
let api: ApiServer;
let client: ApiClient;
let stopWorker: () => Promise<void>;
beforeAll(async () => {
  const orders = { clicks: "STARTED", late: "STOPPED", parked: "FAILED" };
  loop = await startLoop({ simulator: { populate: aFleet({ orders, resting: { views: "STOPPED" } }) } });
  const processors =
    "{ clicks: { state: STOPPED }, late: { mode: observe, start: { resumeFromCheckpoint: false } }, parked: { mode: observe } }";
  await applyText(
    withoutTemporal(loop.app),
    `{ project: ${PROJECT}, workspace: orders, processors: ${processors} }`,
  );
  await applyText(
    withoutTemporal(loop.app),
    `{ project: ${PROJECT}, workspace: resting, processors: { views: { mode: observe } } }`,
  );
  stopWorker = await loop.startWorker();
  await requestPass(loop.app, { isLookOnly: true });
  api = await startApi(loop.app);
  client = createApiClient({ url: api.url, token: "admin" });
});
afterAll(async () => {
  await api.close();
  await loop.stop();
});

const pathOf = (processor: string) => ({ params: { path: aRef(processor) } });
const PROCESSOR = "/v1/processors/{project}/{workspace}/{processor}";

it("plans what the next pass would do, workspace by workspace", async () => {
  const { data } = await client.GET("/v1/plan", { params: { query: { limit: 1 } } });
  expect(data).toMatchObject({
    changes: 1,
    workspaces: [
      {
        ref: { project: PROJECT, workspace: "orders" },
        processors: [
          { ref: { processor: "clicks" }, isChange: true, action: { kind: "stop" }, code: "stop" },
          { ref: { processor: "late" }, isChange: false, would: "start" },
          { ref: { processor: "parked" } },
        ],
      },
    ],
  });
  const rest = await client.GET("/v1/plan", { params: { query: { limit: 1, cursor: data?.next ?? "" } } });
  expect(rest.data).toMatchObject({
    changes: 0,
    workspaces: [{ ref: { workspace: "resting" } }],
    next: null,
  });
  const scoped = await api.call("GET", "/v1/plan?all=true", { as: "orders" });
  expect((scoped.body as { workspaces: unknown[] }).workspaces).toHaveLength(1);
  expect((await api.call("GET", "/v1/plan?cursor=abc")).status).toBe(400);
});

it("explains a processor, and asks Atlas where it is told to", async () => {
  const told = await client.GET(`${PROCESSOR}/explain`, {
    params: { path: aRef("clicks"), query: { live: true } },
  });
  expect(told.data).toMatchObject({
    policy: { version: 1, author: "tester" },
    observed: { processor: { state: "STARTED" }, isAbsent: false },
    decision: { code: "stop" },
    live: { processor: "clicks", state: "STARTED" },
  });
  const judged = await api.call("GET", `/v1/processors/${PROJECT}/orders/late/explain`, { as: "viewer" });
  expect([judged.status, (judged.body as { live?: unknown }).live]).toEqual([200, undefined]);
  const past = await client.GET(`${PROCESSOR}/explain`, {
    params: { path: aRef("clicks"), query: { at: "9000h" } },
  });
  expect(past.data).toMatchObject({ policy: null, past: { notKept: expect.any(Array) as string[] } });
  for (const query of ["at=soon", "at=1h&live=true", "at=2999-01-01T00:00:00Z"]) {
    const refused = await api.call("GET", `/v1/processors/${PROJECT}/orders/late/explain?${query}`);
    expect([query, refused.status]).toEqual([query, query.includes("2999") ? 409 : 400]);
  }
  const { error } = await client.GET(`${PROCESSOR}/explain`, pathOf("lat"));
  expect(error).toMatchObject({ status: 404, detail: expect.stringContaining("did you mean") as string });
});

it("suspends from when it is answered, shows it, and ends it once", async () => {
  const body = { processor: aRef("late"), for: "4h", reason: "schema change" };
  const made = await client.POST("/v1/suspensions", { body });
  expect([made.response.status, made.data]).toMatchObject([
    201,
    { by: "ada", why: "schema change", ref: aRef("late") },
  ]);
  const path = "/v1/suspensions/{project}/{workspace}/{processor}";
  expect((await client.DELETE(path, pathOf("late"))).response.status).toBe(204);
  expect((await client.DELETE(path, pathOf("late"))).error).toMatchObject({ status: 404 });
});

it("says whether there was anything to unpark or to arm, and why it cannot", async () => {
  const { store } = loop.database;
  await store.query(
    "update processor_status set parked_version = 1, parked_why = 'gave up' where processor = 'parked'",
  );
  await store.query("update processor_status set positions_spent = '{fresh}' where processor = 'late'");
  for (const isChanged of [true, false]) {
    expect((await client.POST(`${PROCESSOR}/unpark`, pathOf("parked"))).data).toEqual({ isChanged });
    expect((await client.POST(`${PROCESSOR}/arm`, pathOf("late"))).data).toEqual({ isChanged });
  }
  expect((await client.POST(`${PROCESSOR}/arm`, pathOf("clicks"))).error).toMatchObject({
    status: 409,
    detail: expect.stringContaining("declares no position: nothing to arm") as string,
  });
});

it("approves a rung of the ladder until a time, and takes it back once", async () => {
  const { store } = loop.database;
  const body = { rung: "time", for: "2h", reason: "the sink is idempotent" } as const;
  expect((await client.POST(`${PROCESSOR}/approve`, { ...pathOf("parked"), body })).error).toMatchObject({
    status: 409,
    detail: expect.stringContaining("declares no ladder") as string,
  });
  await store.query("update start_policies set ladder = $1 where processor = 'parked'", [
    JSON.stringify(DEFAULT_LADDER),
  ]);
  const denied = await client.POST(`${PROCESSOR}/approve`, {
    ...pathOf("parked"),
    body: { ...body, rung: "fresh" },
  });
  expect(denied.error).toMatchObject({
    status: 409,
    detail: expect.stringContaining("denies rung fresh") as string,
  });
  const before = await readClock(store);
  const { data } = await client.POST(`${PROCESSOR}/approve`, { ...pathOf("parked"), body });
  expect(data?.until).toBeGreaterThanOrEqual(before + 2 * 3_600_000);
  const { data: told } = await client.GET(`${PROCESSOR}/explain`, pathOf("parked"));
  expect(told?.next).toContainEqual({
    code: "approval",
    at: data?.until,
    text: "the approval of rung time by ada ends: the sink is idempotent",
  });
  for (const isChanged of [true, false])
    expect((await client.POST(`${PROCESSOR}/unapprove`, pathOf("parked"))).data).toEqual({ isChanged });
  const lines = await store.query(
    "select kind, actor, text from journal where kind like 'approval.%' order by id",
  );
  expect(lines).toEqual([
    {
      kind: "approval.given",
      actor: "ada",
      text: `rung time until ${new Date(data?.until ?? 0).toISOString()}: the sink is idempotent`,
    },
    { kind: "approval.withdrawn", actor: "ada", text: "rung time, approved by ada" },
  ]);
});

it("releases what the brake holds", async () => {
  const { store } = loop.database;
  await store.query("update processor_status set reason_code = 'braked' where processor = 'parked'");
  const path = { params: { path: { project: PROJECT, workspace: "orders" } } };
  const released = await client.POST("/v1/workspaces/{project}/{workspace}/release-brake", path);
  expect(released.data).toEqual({ released: 1 });
});

it("exports what Atlas runs as a policy file that declares it, and nothing outside of the scope", async () => {
  const exported = await api.call("GET", `/v1/export?workspace=${PROJECT}/resting`, { as: "viewer" });
  expect(exported.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
  expect(exported.text).toContain("  views:\n    state: STOPPED\n");
  const diff = { body: exported.text, headers: { "content-type": "application/yaml" } };
  expect((await api.call("POST", "/v1/policies:diff", diff)).body).toMatchObject({ workspaces: [{}] });
  expect((await api.call("GET", `/v1/export?project=${PROJECT}`, { as: "orders" })).status).toBe(403);
  expect((await api.call("GET", "/v1/export")).status).toBe(400);
  expect((await api.call("GET", `/v1/export?workspace=${PROJECT}/nowhere`)).status).toBe(404);
});

it("makes a pass over the named workspaces now", async () => {
  const workspaces = [{ project: PROJECT, workspace: "orders" }];
  const begun = await client.POST("/v1/reconcile", { body: { workspaces } });
  expect(begun.response.status).toBe(202);
  const stopped = await until(async () => {
    const { data } = await client.GET("/v1/changes", { params: { query: { condition: ["succeeded"] } } });
    return data?.items.find(({ kind, ref }) => kind === "stop" && ref.processor === "clicks");
  });
  expect(stopped).toMatchObject({ requestedBy: "pass", actor: "headgate" });
  const unknown = await client.POST("/v1/reconcile", {
    body: { workspaces: [{ project: PROJECT, workspace: "order" }] },
  });
  expect(unknown.error).toMatchObject({
    status: 404,
    detail: expect.stringContaining("did you mean") as string,
  });
});

it("is ready while Postgres and Temporal answer, and not once nobody observes", async () => {
  expect((await api.call("GET", "/readyz", { as: "nobody" })).body).toMatchObject({
    status: "ready",
    unready: {},
  });
  await stopWorker();
  await loop.database.advance(3 * 3_600_000);
  const stale = await until(async () => {
    const answer = await api.call("GET", "/readyz", { as: "nobody" });
    return answer.status === 503 ? answer : undefined;
  });
  expect(stale.body).toMatchObject({
    unready: { observation: expect.stringContaining("is a worker running?") as string },
  });
});
