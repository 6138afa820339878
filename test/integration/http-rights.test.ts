// No route of the API changes anything without its right. Every route that the server has is asked by nobody, by a key
// that may only look, and by one that may do all of it elsewhere; then the rows are as they were. A route that is added
// has to be named here with a body that would change something, or this test fails.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApi } from "../support/api-server.js";
import type { ApiServer, Token } from "../support/api-server.js";
import { anApp } from "../support/api-app.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { aPolicy, aRef, declare, pictureRows } from "../support/store-rows.js";

let database: TestDatabase;
let api: ApiServer;
beforeAll(async () => {
  database = await createTestDatabase();
  await declare(database.store, aRef("p"), aPolicy());
  await database.store.query(
    `insert into changes (id, project, workspace, processor, kind, requested_by, actor, why, workflow_id, run_id, opened_at)
     values ($1, $2, 'orders', 'p', 'start', 'person', 'a', 'w', 'w', 'r', headgate_now())`,
    [CHANGE, PROJECT],
  );
  await database.store.query(
    `with i as (insert into incidents (id, project, announced, phase, why, opened_by)
       values ($1, $2, true, 'resting', 'w', 'a') returning id, project)
     insert into incident_members (incident_id, project, workspace, processor) select id, project, 'orders', 'x' from i`,
    [CHANGE, PROJECT],
  );
  api = await startApi(anApp(database.store));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Of a change, and of an incident. */
const CHANGE = "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11";
const processor = { project: PROJECT, workspace: "orders", processor: "p" };
const { project, workspace } = processor;
const IF_MATCH = { "if-match": '"1"' };

/** A request that would change something, for each route that may. */
const REQUESTS: Readonly<
  Record<string, { readonly body?: unknown; readonly headers?: Record<string, string> }>
> = {
  "PUT /v1/policies/:project/:workspace/:processor": { body: { mode: "observe" }, headers: IF_MATCH },
  "DELETE /v1/policies/:project/:workspace/:processor": { headers: IF_MATCH },
  "POST /v1/policies/:project/:workspace/:processor/rollback": { body: { to: 1 } },
  "POST /v1/policies::apply": { body: { project, workspace, processors: { q: {} } } },
  "POST /v1/changes": { body: { processor, kind: "start" } },
  "POST /v1/changes/:id/cancel": {},
  "POST /v1/processors/:project/:workspace/:processor/unpark": {},
  "POST /v1/processors/:project/:workspace/:processor/arm": {},
  "POST /v1/processors/:project/:workspace/:processor/approve": {
    body: { rung: "fresh", for: "1h", reason: "a test" },
  },
  "POST /v1/processors/:project/:workspace/:processor/unapprove": {},
  "POST /v1/suspensions": { body: { processor, for: "4h", reason: "a test" } },
  "DELETE /v1/suspensions/:project/:workspace/:processor": {},
  "POST /v1/workspaces/:project/:workspace/release-brake": {},
  "POST /v1/outages": { body: { processors: [processor], reason: "a test" } },
  "POST /v1/incidents/:id/end": { body: { reason: "a test" } },
  "POST /v1/reconcile": { body: { workspaces: [{ project, workspace }] } },
};

const toPath = (url: string): string =>
  url
    .replace("::", ":")
    .replace("/:project", `/${project}`)
    .replace("/:workspace", `/${workspace}`)
    .replace("/:processor", "/p")
    .replace("/:id", `/${CHANGE}`);

const REFUSED: readonly { readonly as: Token; readonly status: number }[] = [
  { as: "nobody", status: 401 },
  { as: "hasty", status: 429 },
  { as: "viewer", status: 403 },
  { as: "elsewhere", status: 403 },
];

it("names every route that changes something, and no other", () => {
  const mutations = api.routes.filter(({ isMutation }) => isMutation);
  expect(mutations.map(({ method, url }) => `${method} ${url}`).sort()).toEqual(Object.keys(REQUESTS).sort());
  // What is no GET or HEAD and yet changes nothing.
  const others = api.routes.filter(
    ({ method, isMutation }) => !isMutation && !["GET", "HEAD"].includes(method),
  );
  expect(others.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /v1/policies::diff"]);
});

it("asks for a right on every route but those that say nothing of the fleet", () => {
  const open = api.routes.filter(({ method, rights }) => method === "GET" && rights.length === 0);
  expect(open.map(({ url }) => url).sort()).toEqual(["/docs", "/healthz", "/readyz", "/v1/openapi.json"]);
  const viewers = api.routes.filter(
    ({ isMutation, rights }) => isMutation && rights.some((right) => ["read", "plan"].includes(right)),
  );
  expect(viewers).toEqual([]);
});

it.each(Object.entries(REQUESTS))(
  "refuses %s to whoever may not, and changes nothing",
  async (route, request) => {
    const [method = "", url = ""] = route.split(" ");
    const rows = await pictureRows(database.store);
    for (const { as, status } of REFUSED) {
      const answer = await api.call(method, toPath(url), { as, ...request });
      expect([as, answer.status, answer.text]).toEqual([as, status, expect.stringContaining("/problems/")]);
    }
    expect(await pictureRows(database.store)).toEqual(rows);
  },
);

it("writes one line in the name of the key for what it lets through", async () => {
  const asked = {
    as: "admin",
    headers: { "x-request-id": "r-7" },
    body: REQUESTS["POST /v1/suspensions"]?.body,
  } as const;
  expect((await api.call("POST", "/v1/suspensions", asked)).status).toBe(201);
  const lines = await database.store.query(
    "select kind, actor, text, processor from journal order by id desc limit 2",
  );
  expect(lines).toEqual([
    {
      kind: "processor.suspended",
      actor: "ada",
      text: expect.stringContaining("a test") as string,
      processor: "p",
    },
    {
      kind: "request.accepted",
      actor: "ada",
      text: expect.stringMatching(/^POST \/v1\/suspensions \(request [^)]+\)$/) as string,
      processor: "p",
    },
  ]);
});
