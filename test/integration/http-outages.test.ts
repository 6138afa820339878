// Outages over /v1, on rows alone: who may begin and end one, what becomes of what cannot take part, and that a request
// which is sent again opens no second one. Each answer is held to the OpenAPI document by the support.
import { beforeEach, afterEach, expect, it } from "vitest";
import { createApiClient } from "../../src/http/client/client.js";
import type { ApiClient } from "../../src/http/client/client.js";
import { startApi } from "../support/api-server.js";
import type { ApiServer, Token } from "../support/api-server.js";
import { anApp } from "../support/api-app.js";
import { PROJECT } from "../support/fleets.js";
import { withoutTemporal } from "../support/policies.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const OTHER = "f".repeat(24);
const LAKE = { project: PROJECT, workspace: "lake" };
const FAR = { project: OTHER, workspace: "orders" };
const UNKNOWN_ID = "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11";

const database = useDatabase();
let api: ApiServer;
let admin: ApiClient;
beforeEach(async () => {
  const { store } = database();
  for (const processor of ["a", "b", "c"]) await declare(store, aRef(processor), aPolicy());
  await declare(store, aRef("observed"), aPolicy({ mode: "observe" }));
  await declare(store, aRef("d", LAKE), aPolicy());
  await declare(store, aRef("e", FAR), aPolicy());
  api = await startApi(withoutTemporal(anApp(store)));
  admin = createApiClient({ url: api.url, token: "admin" });
});
afterEach(() => api.close());

interface Begun {
  readonly outages: readonly { readonly id: string }[];
}

async function begin(processors: readonly ReturnType<typeof aRef>[]): Promise<string> {
  const body = { processors: [...processors], reason: "broker upgrade" };
  const { data } = await admin.POST("/v1/outages", { body });
  const [outage] = data?.outages ?? [];
  if (outage === undefined) throw new Error("no outage was begun");
  return outage.id;
}

const end = (id: string, as: Token, body: object): ReturnType<ApiServer["call"]> =>
  api.call("POST", `/v1/incidents/${id}/end`, { as, body });

const countIncidents = async (): Promise<number> =>
  (await database().store.query("select from incidents")).length;

it("begins one a project, and names what cannot take part", async () => {
  const processors = [aRef("a"), aRef("observed"), aRef("e", FAR), aRef("nobody")];
  const { data, response } = await admin.POST("/v1/outages", {
    body: { processors, reason: "broker upgrade" },
  });
  expect([response.status, data]).toEqual([
    201,
    {
      outages: [
        { id: expect.any(String) as string, members: [aRef("a")] },
        { id: expect.any(String) as string, members: [aRef("e", FAR)] },
      ],
      leftOut: [aRef("observed"), aRef("nobody")],
      notAsked: "not asked in this test",
    },
  ]);
  const listed = await admin.GET("/v1/incidents", { params: { query: { condition: ["open"] } } });
  expect(listed.data?.items).toMatchObject([
    { isAnnounced: true, phase: "stopping", why: "broker upgrade", openedBy: "ada", members: 1 },
    { isAnnounced: true, phase: "stopping", why: "broker upgrade", openedBy: "ada", members: 1 },
  ]);
});

interface RefusedBegin {
  readonly reason: string;
  readonly as: Token;
  readonly body: object;
  readonly status: number;
  readonly detail: string;
}

it.each<RefusedBegin>([
  {
    reason: "no reason",
    as: "admin",
    body: { processors: [aRef("a")] },
    status: 400,
    detail: "body.reason",
  },
  {
    reason: "an empty reason",
    as: "admin",
    body: { processors: [aRef("a")], reason: "" },
    status: 400,
    detail: "a text of 1 to 500 characters",
  },
  {
    reason: "nobody named",
    as: "admin",
    body: { processors: [], reason: "r" },
    status: 400,
    detail: "body.processors",
  },
  {
    reason: "none that can take part",
    as: "admin",
    body: { processors: [aRef("observed")], reason: "r" },
    status: 409,
    detail: "declared STARTED in mode enforce",
  },
  {
    reason: "one of them outside of the scope",
    as: "orders",
    body: { processors: [aRef("a"), aRef("d", LAKE)], reason: "r" },
    status: 403,
    detail: "the key otto is for */orders",
  },
  {
    reason: "a key that may not stop",
    as: "viewer",
    body: { processors: [aRef("a")], reason: "r" },
    status: 403,
    detail: "stop",
  },
])("begins none for $reason", async ({ as, body, status, detail }) => {
  const answer = await api.call("POST", "/v1/outages", { as, body });
  expect(answer.status, answer.text).toBe(status);
  expect(answer.text).toContain(detail);
  expect(await countIncidents()).toBe(0);
});

it("opens no second one for a request that is sent again with its key, and refuses it with another body", async () => {
  const headers = { "idempotency-key": "k-1" };
  const send = (processor: string): ReturnType<ApiServer["call"]> =>
    api.call("POST", "/v1/outages", {
      as: "operator",
      headers,
      body: { processors: [aRef(processor)], reason: "r" },
    });
  const [first, again, other] = [await send("a"), await send("a"), await send("b")];
  expect([first.status, again.status, other.status]).toEqual([201, 201, 422]);
  expect((again.body as Begun).outages).toEqual((first.body as Begun).outages);
  expect(await countIncidents()).toBe(1);
});

it.each([
  { atOnce: false, phase: "pausing", by: null },
  { atOnce: true, phase: "closed", by: "oscar" },
])("ends one (at once: $atOnce): it is $phase, in the name of the key", async ({ atOnce, phase, by }) => {
  const id = await begin([aRef("a"), aRef("b")]);
  const answer = await end(id, "operator", { reason: "broker is back", atOnce });
  expect([answer.status, answer.body]).toMatchObject([200, { id, phase, closedBy: by }]);
  const lines = await database().store.query<{ actor: string; text: string }>(
    "select actor, text from journal where incident_id = $1 order by id desc limit 1",
    [id],
  );
  expect(lines).toEqual([{ actor: "oscar", text: "broker is back" }]);
});

it("refuses an end of what is closed, of what is not known, without a reason, and of members outside of the scope", async () => {
  const [wide, narrow] = [await begin([aRef("a"), aRef("d", LAKE)]), await begin([aRef("b")])];
  const asked: readonly (readonly [string, Token, object, number])[] = [
    [wide, "orders", { reason: "r" }, 403],
    [narrow, "viewer", { reason: "r" }, 403],
    [narrow, "orders", {}, 400],
    [narrow, "orders", { reason: "r", atOnce: "yes" }, 400],
    [narrow, "orders", { reason: "r", atOnce: true }, 200],
    [narrow, "orders", { reason: "r", atOnce: true }, 409],
    [UNKNOWN_ID, "admin", { reason: "r" }, 404],
  ];
  for (const [id, as, body, status] of asked) {
    const answer = await end(id, as, body);
    expect([body, answer.status, answer.text]).toEqual([body, status, expect.any(String)]);
  }
  const [left] = await database().store.query("select id::text from incidents where closed_at is null");
  expect(left).toEqual({ id: wide });
});

it("takes two thousand processors in one request, and no more", async () => {
  const many = (count: number) => ({
    processors: Array.from({ length: count }, (_, index) => aRef(`p-${String(index)}`)),
    reason: "r",
  });
  const [most, more] = [
    await api.call("POST", "/v1/outages", {
      body: { ...many(1_999), processors: [aRef("a"), ...many(1_999).processors] },
    }),
    await api.call("POST", "/v1/outages", { body: many(2_001) }),
  ];
  expect([most.status, more.status]).toEqual([201, 400]);
});
