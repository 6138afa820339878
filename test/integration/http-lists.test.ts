// The lists of /v1: filters, scope, pages that neither skip nor repeat, ETags, and problems that name the fault. Each
// answer is held to the OpenAPI document by the support.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutTemporal } from "../support/policies.js";
import { startApi } from "../support/api-server.js";
import type { ApiServer } from "../support/api-server.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { HELD, fillListings } from "../support/listed-fleet.js";
import { aPolicy, aRef, declare } from "../support/store-rows.js";
import { SORTS } from "../../src/domain/tell/listing.js";
import type { ListingName } from "../../src/domain/tell/listing.js";
import { anApp } from "../support/api-app.js";

let database: TestDatabase;
let api: ApiServer;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillListings(database.store);
  api = await startApi(withoutTemporal(anApp(database.store)));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

async function page(path: string, as: "admin" | "orders" | "elsewhere" = "admin"): Promise<Page> {
  const { status, body, text } = await api.call("GET", path, { as });
  expect(status, text).toBe(200);
  return body as Page;
}

/** Every item of a list, page by page. */
async function walk(path: string, limit: number): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let cursor = "";
  do {
    const { items: some, next } = await page(`${path}limit=${String(limit)}${cursor}`);
    expect(some.length).toBeLessThanOrEqual(limit);
    items.push(...some);
    cursor = next === null ? "" : `&cursor=${next}`;
  } while (cursor !== "");
  return items;
}

const NAMES: readonly ListingName[] = [
  "processors",
  "workspaces",
  "projects",
  "suspensions",
  "budgets",
  "journal",
  "incidents",
  "notifications",
];

const EVERY_ORDER = NAMES.flatMap((name) =>
  SORTS[name].flatMap((column) => [
    { name, sort: column },
    { name, sort: `${column}:desc` },
  ]),
);

it.each(EVERY_ORDER)("pages of two of $name by $sort are the list, each row once", async ({ name, sort }) => {
  const whole = await page(`/v1/${name}?limit=500&sort=${sort}`);
  expect(whole.next).toBeNull();
  expect(whole.items.length).toBeGreaterThan(name === "suspensions" ? 1 : 2);
  expect(await walk(`/v1/${name}?sort=${sort}&`, 2)).toEqual(whole.items);
});

it("neither skips nor repeats a row while others come and go between two pages", async () => {
  const first = await page("/v1/processors?selector=*/declared&limit=2");
  const names = ({ items }: Page): unknown[] =>
    items.map(({ ref }) => (ref as { readonly processor: string }).processor);
  expect(names(first)).toEqual(["fresh", "resting"]);
  const inDeclared = { project: PROJECT, workspace: "declared" };
  await declare(database.store, aRef("fresh", inDeclared), null);
  await declare(database.store, aRef("a-new-one", inDeclared), aPolicy());
  const second = await page(`/v1/processors?selector=*/declared&limit=2&cursor=${String(first.next)}`);
  expect(names(second)).toEqual(["running", "watched"]);
  expect(second.next).toBeNull();
});

it("narrows by the words of the command line", async () => {
  const ofClass = await page("/v1/processors?class=out-of-memory&class=connection");
  expect(ofClass.items).toMatchObject([{ ref: { processor: "failed" }, failureClass: "out-of-memory" }]);
  const found = await page("/v1/processors?selector=*/orders/p*&condition=parked&condition=failed");
  expect(found.items.map(({ ref }) => (ref as { readonly processor: string }).processor)).toEqual(["parked"]);
  expect((await page("/v1/journal?condition=by-person&since=1h&selector=*/told")).items).toHaveLength(3);
});

describe("scope", () => {
  it("shows of every list what the key covers and nothing else", async () => {
    const orders = await page("/v1/processors?limit=500", "orders");
    const workspaces = new Set(
      orders.items.map(({ ref }) => (ref as { readonly workspace: string }).workspace),
    );
    expect([...workspaces]).toEqual(["orders"]);
    expect((await page("/v1/processors?selector=*/nightly", "orders")).items).toEqual([]);
    for (const name of ["projects", "budgets"])
      expect((await page(`/v1/${name}`, "orders")).items).toEqual([]);
    for (const name of NAMES) expect((await page(`/v1/${name}`, "elsewhere")).items).toEqual([]);
  });

  it("refuses a single thing outside of it, known or not, and nothing inside", async () => {
    const outside = [
      `/v1/workspaces/${PROJECT}/nightly`,
      `/v1/projects/${PROJECT}`,
      `/v1/workspaces/${HELD}/x`,
    ];
    for (const path of outside) {
      expect((await api.call("GET", path, { as: "orders" })).body).toMatchObject({
        type: "/problems/forbidden",
        status: 403,
        detail: expect.stringContaining("the key otto is for */orders") as string,
      });
    }
    const inside = await api.call("GET", `/v1/processors/${PROJECT}/orders/calm`, { as: "orders" });
    expect(inside.body).toMatchObject({ ref: { processor: "calm" }, state: "STARTED", tier: "SP10" });
  });
});

it("answers 304 to who knows the page, until it changes", async () => {
  const path = "/v1/workspaces?selector=*/nightly";
  const first = await api.call("GET", path);
  const etag = first.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[\w-]{27}"$/);
  const again = await api.call("GET", path, { headers: { "if-none-match": `"other", ${etag}` } });
  expect([again.status, again.text]).toEqual([304, ""]);
  await database.store.query("update workspaces set last_error = 'away' where workspace = 'nightly'");
  const changed = await api.call("GET", path, { headers: { "if-none-match": etag } });
  expect(changed.status).toBe(200);
  expect(changed.text).toContain("away");
});

it("costs the statement of the log-in, one more if it must be read, and is never older than its question", async () => {
  const counts: number[] = [];
  const ask = async (): Promise<unknown> => {
    database.takeStatements();
    const { items } = await page("/v1/processors?selector=*/orders&limit=500");
    counts.push(database.takeStatements().length);
    return items.find(({ ref }) => (ref as { readonly processor: string }).processor === "stuck");
  };
  const { store } = database;
  for (const reason of ["first", "second", "third"]) {
    await store.query("update processor_status set reason = $1 where processor = 'stuck'", [reason]);
    expect(await ask()).toMatchObject({ reason });
    expect(await ask()).toMatchObject({ reason });
  }
  // What is not committed is not shown, and is as soon as it is.
  await store.transaction(async (db) => {
    await db.query("update processor_status set reason = 'fourth' where processor = 'stuck'");
    expect(await ask()).toMatchObject({ reason: "third" });
  });
  expect(await ask()).toMatchObject({ reason: "fourth" });
  // The snapshot that a kept page is compared with is the whole server's: other tests commit in their own databases,
  // and then the page is read once more. The first read and one after a commit of ours are certain.
  const oneOrTwo: unknown = expect.toSatisfy((count: number) => count === 1 || count === 2);
  expect(counts).toEqual([2, oneOrTwo, 2, oneOrTwo, 2, oneOrTwo, oneOrTwo, 2]);
  for (const items of [[], []])
    expect((await page("/v1/processors?selector=*/nowhere")).items).toEqual(items);
});

it("tells the same page by its names alone as by all there is", async () => {
  const byName = await page("/v1/processors?limit=500");
  const byAll = await page("/v1/processors?limit=500&sort=name");
  expect(byName).toEqual(byAll);
});

const FAULTS = [
  { path: "/v1/processors?limit=0", field: "query.limit" },
  { path: "/v1/processors?limit=501", field: "query.limit" },
  { path: "/v1/processors?limit=ten", field: "query.limit" },
  { path: "/v1/processors?limit=1&limit=2", field: "query.limit" },
  { path: "/v1/processors?condition=toString", field: "query.condition.0" },
  { path: "/v1/processors?sort=until", field: "query.sort" },
  { path: "/v1/processors?since=yesterday", field: "query.since" },
  { path: "/v1/processors?selector=a/b/c/d", field: "query.selector.0" },
  { path: "/v1/processors?wrong=1", field: "query.wrong" },
  { path: "/v1/processors?cursor=abc", field: "query.cursor" },
  { path: `/v1/workspaces/${PROJECT}/%00`, field: "path.workspace" },
  { path: "/v1/projects/nonsense", field: "path.project" },
];

it.each(FAULTS)("refuses $path, naming $field", async ({ path, field }) => {
  const { status, body, headers } = await api.call("GET", path);
  expect(status).toBe(400);
  expect(headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(body).toMatchObject({ type: "/problems/invalid-request", errors: [{ field }] });
});

it("refuses a cursor of another question, and one that was made up", async () => {
  const { next } = await page("/v1/journal?limit=1");
  for (const path of ["/v1/journal?sort=kind&", "/v1/processors?"]) {
    expect((await api.call("GET", `${path}cursor=${String(next)}`)).status).toBe(400);
  }
  const forged = JSON.parse(Buffer.from(next ?? "", "base64url").toString()) as { key: string[] };
  forged.key = ["no number"];
  const cursor = Buffer.from(JSON.stringify(forged)).toString("base64url");
  expect((await api.call("GET", `/v1/journal?cursor=${cursor}`)).body).toMatchObject({
    status: 400,
    errors: [{ field: "query.cursor" }],
  });
});

it("answers 404 for what is not there, in the same form", async () => {
  for (const path of [
    `/v1/processors/${PROJECT}/orders/gone`,
    "/v1/nonsense",
    `/v1/projects/${"9".repeat(24)}`,
  ])
    expect((await api.call("GET", path)).body).toMatchObject({ type: "/problems/not-found", status: 404 });
});

it("says who must call, and who has called too often", async () => {
  const nobody = await api.call("GET", "/v1/processors", { as: "nobody" });
  expect(nobody.body).toMatchObject({ type: "/problems/unauthenticated", status: 401 });
  expect(nobody.headers.get("www-authenticate")).toBe('Bearer, Digest realm="headgate"');
  const hasty = await api.call("GET", "/v1/processors", { as: "hasty" });
  expect([hasty.status, hasty.headers.get("retry-after")]).toEqual([429, "7"]);
});

it("is alive without a key, and says what it is not ready for", async () => {
  expect((await api.call("GET", "/healthz", { as: "nobody" })).body).toEqual({ status: "alive" });
  const ready = await api.call("GET", "/readyz", { as: "nobody" });
  expect([ready.status, ready.body]).toMatchObject([
    503,
    { status: "not-ready", unready: { temporal: "Temporal does not answer" } },
  ]);
});
