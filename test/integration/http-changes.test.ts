// Changes over /v1 against a simulated Atlas: asked for, joined, refused, followed, cancelled, and sent twice.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOLDERS, startApi } from "../support/api-server.js";
import type { ApiAnswer, ApiServer, Token } from "../support/api-server.js";
import { PROJECT, aFleet, findPosts } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";

let loop: TestLoop;
let api: ApiServer;
beforeAll(async () => {
  loop = await startLoop({
    settings: { ...PATIENT, startHorizonMs: 600_000 },
    simulator: {
      populate: aFleet({
        orders: {
          clicks: "STOPPED",
          views: "STOPPED",
          twice: "STOPPED",
          calm: "STARTED",
          busy: "FAILED",
          rest: "STOPPED",
        },
      }),
      faults: [
        { when: { operation: "startWith", processor: "busy" }, what: { kind: "status", status: 503 } },
      ],
    },
  });
  const processors = "{ clicks: {}, views: {}, twice: {}, calm: {}, busy: {}, rest: { state: STOPPED } }";
  await applyText(
    withoutTemporal(loop.app),
    `{ project: ${PROJECT}, workspace: orders, processors: ${processors} }`,
  );
  await loop.startWorker();
  api = await startApi(loop.app);
});
afterAll(async () => {
  await api.close();
  await loop.stop();
});

const refTo = (processor: string) => ({ project: PROJECT, workspace: "orders", processor });

const postsTo = (name: string): readonly unknown[] =>
  findPosts(loop).filter(({ processor }) => processor === name);

interface Asked {
  readonly as?: Token;
  readonly key?: string;
}

const ask = (body: object, { as = "admin", key }: Asked = {}): Promise<ApiAnswer> =>
  api.call("POST", "/v1/changes", {
    as,
    body,
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

interface Requested {
  readonly kind: string;
  readonly runId: string;
  readonly change: { readonly id: string } | null;
}

interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** All events of a stream until it ends. */
async function follow(id: string, last?: string): Promise<readonly Told[]> {
  const headers = last === undefined ? {} : { "last-event-id": last };
  const {
    status,
    text,
    headers: got,
  } = await api.call("GET", `/v1/changes/${id}/events`, { as: "viewer", headers });
  expect([status, got.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  const blocks = text.split("\n\n").filter((block) => block.includes("event: "));
  return blocks.map((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
    return {
      id: field("id"),
      event: field("event") ?? "",
      data: JSON.parse(field("data") ?? "null") as Told["data"],
    };
  });
}

const kindsOf = (events: readonly Told[]): unknown[] =>
  events.map(({ event, data }) => (event === "happening" ? data["kind"] : event));

it("starts a processor in the key's name, says where to look, and tells it to its end", async () => {
  const options = { tier: "SP30" };
  const asked = await ask({ processor: refTo("clicks"), kind: "start", options, reason: "after the outage" });
  expect(asked.status, asked.text).toBe(202);
  const { kind, change } = asked.body as Requested;
  expect([kind, asked.headers.get("location")]).toEqual(["started", `/v1/changes/${change?.id ?? ""}`]);

  const events = await follow(change?.id ?? "");
  expect(kindsOf(events)).toEqual(
    expect.arrayContaining(["opened", "fenced", "posted", "answered", "closed"]),
  );
  expect(events.at(-1)).toMatchObject({ event: "closed", data: { outcome: "succeeded" } });
  const read = await api.call("GET", `/v1/changes/${change?.id ?? ""}`);
  expect(read.body).toMatchObject({
    ref: refTo("clicks"),
    kind: "start",
    actor: "ada",
    why: "after the outage",
    outcome: "succeeded",
    posts: 1,
  });
  const [line] = await loop.database.store.query<{ actor: string; text: string }>(
    "select actor, text from journal where processor = 'clicks' and kind = 'request.accepted'",
  );
  expect(line).toMatchObject({
    actor: "ada",
    text: expect.stringMatching(/^POST \/v1\/changes \(request /) as string,
  });

  // Who comes back is told the rest: nothing but the end from the last event, all of it from none.
  const from = events.findLast(({ id }) => id !== undefined)?.id;
  expect(kindsOf(await follow(change?.id ?? "", from))).toEqual(["closed", "closed"]);
  expect(
    (await api.call("GET", "/v1/changes?selector=*/orders/clicks&condition=succeeded")).body,
  ).toMatchObject({
    items: [{ id: change?.id }],
  });
});

describe("a request that is sent again", () => {
  it("is answered as before and done once; another body under its key is refused", async () => {
    const body = { processor: refTo("twice"), kind: "start" };
    const first = await ask(body, { key: "k-1" });
    const { change } = first.body as Requested;
    await follow(change?.id ?? "");
    const again = await ask(body, { key: "k-1" });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(postsTo("twice")).toHaveLength(1);

    const other = await ask({ ...body, reason: "another" }, { key: "k-1" });
    expect(other.body).toMatchObject({ status: 422, type: "/problems/key-reused" });
    // Of somebody else it is another key.
    const theirs = await ask({ ...body, reason: "another" }, { key: "k-1", as: "operator" });
    expect(theirs.status).toBe(202);
    await loop.database.advance(86_400_000 + 1);
    expect((await ask({ ...body, reason: "a day later" }, { key: "k-1" })).status).toBe(202);
  });

  it("is refused while the first is under way, and free again where it did nothing", async () => {
    await loop.database.store.query(
      `insert into idempotency_keys (api_key, idempotency_key, request_hash)
       select $1, 'k-2', request_hash from idempotency_keys where idempotency_key = 'k-1' and api_key = $1`,
      [HOLDERS.operator.keyId],
    );
    const running = await ask(
      { processor: refTo("twice"), kind: "start", reason: "another" },
      { key: "k-2", as: "operator" },
    );
    expect([running.body, running.headers.get("retry-after")]).toMatchObject([
      { status: 409, type: "/problems/request-running" },
      "1",
    ]);
    const nothing = { processor: refTo("nothing"), kind: "start" };
    expect((await ask(nothing, { key: "k-3" })).status).toBe(404);
    expect((await ask({ ...nothing, reason: "corrected" }, { key: "k-3" })).status).toBe(404);
  });
});

it("refuses what the declaration would undo, and what is busy with something else, naming both", async () => {
  const contradicted = await ask({ processor: refTo("calm"), kind: "stop" });
  expect(contradicted.body).toMatchObject({
    status: 409,
    detail: expect.stringContaining("is declared STARTED: the next pass would start it again") as string,
  });
  const begun = await ask({ processor: refTo("busy"), kind: "start" });
  const { change } = begun.body as Requested;
  const joined = await ask({ processor: refTo("busy"), kind: "start" });
  expect(joined.body).toMatchObject({ kind: "joined", change: { id: change?.id } });
  const refused = await ask({ processor: refTo("busy"), kind: "restart", options: { tier: "SP50" } });
  expect(refused.body).toMatchObject({
    type: "/problems/conflict",
    detail: expect.stringContaining(`busy with change ${change?.id ?? "-"} (start, by ada`) as string,
  });

  const path = `/v1/changes/${change?.id ?? ""}/cancel`;
  expect((await api.call("POST", path, { as: "viewer" })).status).toBe(403);
  expect((await api.call("POST", path, { as: "elsewhere" })).status).toBe(403);
  expect((await api.call("POST", path, { as: "operator" })).status).toBe(202);
  expect(kindsOf(await follow(change?.id ?? ""))).toContain("cancelled");
  expect((await api.call("POST", path, { as: "operator" })).body).toMatchObject({ status: 409 });
});

it("stops with a suspension, which lasts as long as it was asked for", async () => {
  const asked = await ask({
    processor: refTo("calm"),
    kind: "stop",
    suspendFor: "4h",
    reason: "schema change",
  });
  expect(asked.status, asked.text).toBe(202);
  await follow((asked.body as Requested).change?.id ?? "");
  const { body } = await api.call("GET", "/v1/suspensions?selector=*/orders/calm");
  expect(body).toMatchObject({ items: [{ by: "ada", why: "schema change" }] });
});

const FRESH = { resumeFromCheckpoint: false };
const AT = { startAtOperationTime: "2026-05-04T09:42:00Z" };
const RIGHTS = [
  { as: "viewer", body: { kind: "start" }, lacks: "restart" },
  { as: "viewer", body: { kind: "stop" }, lacks: "restart" },
  { as: "operator", body: { kind: "start", options: FRESH }, lacks: "start-fresh" },
  { as: "operator", body: { kind: "restart", options: AT }, lacks: "start-fresh" },
] as const;

it.each(RIGHTS)("refuses $body of a $as, who lacks the right $lacks", async ({ as, body, lacks }) => {
  const refused = await ask({ processor: refTo("views"), ...body }, { as });
  expect(refused.body).toMatchObject({
    type: "/problems/forbidden",
    detail: expect.stringContaining(`lacks the right ${lacks}`) as string,
  });
  expect(postsTo("views")).toEqual([]);
});

const FAULTS = [
  { body: { kind: "pause" }, field: "body.kind" },
  { body: { kind: "start", options: { tier: "SP3" } }, field: "body.options.tier" },
  { body: { kind: "stop", options: { tier: "SP30" } }, field: "body.options" },
  {
    body: { kind: "start", options: { startAtOperationTime: "0000-00-00T00:00:00Z" } },
    field: "body.options.startAtOperationTime",
  },
  {
    body: { kind: "start", options: { startAtOperationTime: "2026-02-30T00:00:00Z" } },
    field: "body.options.startAtOperationTime",
  },
  {
    body: { kind: "start", options: { startAtOperationTime: "2099-01-01T00:00:00Z" } },
    field: "body.options.startAtOperationTime",
  },
  { body: { kind: "start", suspendFor: "two hours" }, field: "body.suspendFor" },
  { body: { kind: "start", suspendFor: "0s" }, field: "body.suspendFor" },
  { body: { kind: "start", reason: "" }, field: "body.reason" },
  { body: { kind: "start", wait: true }, field: "body.wait" },
];

it.each(FAULTS)("refuses $body, naming $field", async ({ body, field }) => {
  const refused = await ask({ processor: refTo("views"), ...body });
  expect(refused.body).toMatchObject({ status: 400, errors: [{ field }] });
});

it("knows no change of another id, and follows from no place that it did not tell", async () => {
  const id = "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11";
  expect((await api.call("GET", `/v1/changes/${id}`)).status).toBe(404);
  expect((await api.call("GET", `/v1/changes/${id}/events`)).status).toBe(404);
  expect((await api.call("GET", "/v1/changes/nonsense")).status).toBe(400);
  const { body } = await api.call("GET", "/v1/changes?limit=1");
  const known = (body as { readonly items: readonly { readonly id: string }[] }).items[0]?.id ?? "";
  const forged = await api.call("GET", `/v1/changes/${known}/events`, {
    headers: { "last-event-id": "abc" },
  });
  expect(forged.body).toMatchObject({ status: 400, errors: [{ field: "header.last-event-id" }] });
});
