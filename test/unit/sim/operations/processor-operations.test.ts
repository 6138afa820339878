// The operations on processors, each called without a server: what is answered, whether the world carried it out, and
// until when the answer is held.
import { expect, it } from "vitest";
import { hold } from "../../../../src/sim/operations/handler.js";
import { PROCESSOR_OPERATIONS } from "../../../../src/sim/operations/processor-operations.js";
import { timeoutRefusal } from "../../../../src/sim/world/refusals.js";
import { advanceTo, takeEffects } from "../../../../src/sim/world/world.js";
import { ask, bodyOf, verdictOf } from "../../../support/sim-calls.js";
import { ADDRESS, alsoHas, aWorld, START, theProcessor, theWorkspace } from "../../../support/sim-world.js";

const { list, get, create, modify, start, startWith, stop } = PROCESSOR_OPERATIONS;
const remove = PROCESSOR_OPERATIONS.delete;
const namesOf = (body: Record<string, unknown>): readonly string[] =>
  (body["results"] as readonly { readonly name: string }[]).map((one) => one.name);

const MISSING = "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME";
const NO_WORKSPACE = "STREAM_TENANT_NOT_FOUND_FOR_NAME";
const GENERIC = "STREAM_PROCESSOR_GENERIC_ERROR";
const pipeline = [{ $source: { connectionName: "k" } }];

it.each([
  { verb: "get", handler: get, want: [404, MISSING] },
  { verb: "modify", handler: modify, want: [404, MISSING] },
  { verb: "delete", handler: remove, want: [404, MISSING] },
  { verb: "start", handler: start, want: [404, MISSING] },
  { verb: "startWith", handler: startWith, want: [404, MISSING] },
  { verb: "stop", handler: stop, want: [404, MISSING] },
])("answers $want to $verb of nobody, and has carried nothing out", ({ handler, want }) => {
  const reply = ask(handler, aWorld(), { address: { processor: "nobody" } });
  expect(verdictOf(reply)).toEqual(want);
  expect([reply.isApplied, reply.replyAt, reply.body]).toEqual([false, null, null]);
});

it.each([
  { verb: "list", handler: list, body: undefined },
  { verb: "get", handler: get, body: undefined },
  { verb: "create", handler: create, body: { name: "n", pipeline } },
  { verb: "stop", handler: stop, body: undefined },
])("says to $verb that the workspace is missing", ({ handler, body }) => {
  const reply = ask(handler, aWorld(), { address: { workspace: "nowhere" }, body });
  expect(verdictOf(reply)).toEqual([404, NO_WORKSPACE]);
});

it.each([
  { verb: "create", handler: create },
  { verb: "modify", handler: modify },
  { verb: "startWith", handler: startWith },
])("refuses a body of $verb that is no JSON before it looks at the world", ({ handler }) => {
  const reply = ask(handler, aWorld(), { address: { workspace: "nowhere" }, body: "{" });
  expect(verdictOf(reply)).toEqual([400, "MALFORMED_JSON"]);
});

it("ignores whatever body comes with the old verb, also one that is no JSON", () => {
  const reply = ask(start, aWorld({ processor: { state: "STOPPED", tier: "SP10" } }), {
    body: '{"tier":"SP50"',
  });
  expect(verdictOf(reply)).toEqual([200, null]);
});

it("holds the answer to a start until the state moves, and answers an empty object", () => {
  const world = aWorld({ set: ["startWith.holdMinMs=2000", "startWith.holdMaxMs=2000"] });
  const reply = ask(startWith, world, { body: { tier: "SP30" } });
  expect(reply).toEqual({ status: 200, body: {}, refusal: null, isApplied: true, replyAt: START + 2_000 });
  advanceTo(world, START + 2_000);
  expect(theProcessor(world)).toMatchObject({ state: "STARTED", tier: "SP30", lastStart: { by: "tester" } });
});

it("hands a scripted failure on to the start", () => {
  const world = aWorld();
  const call = {
    world,
    now: START,
    address: ADDRESS,
    resource: "",
    query: new URLSearchParams(),
    href: "",
    rawBody: "",
  };
  startWith({ ...call, cause: { requestSeq: 1, by: "x" }, failAfterMs: 500 });
  advanceTo(world, START + 60_000);
  expect(theProcessor(world).state).toBe("FAILED");
});

it.each([
  { reason: "in time", late: null, want: { status: 200, body: {}, isApplied: true, replyAt: 9 } },
  {
    reason: "too late",
    late: timeoutRefusal(ADDRESS),
    want: { status: 504, body: null, isApplied: true, replyAt: 9 },
  },
])("holds what the world accepted, answered $reason", ({ late, want }) => {
  expect(hold({ kind: "accepted", replyAt: 9, late })).toMatchObject(want);
});

it("holds nothing that the world refused", () => {
  const refusal = timeoutRefusal(ADDRESS);
  expect(hold({ kind: "refused", refusal })).toMatchObject({ status: 504, isApplied: false, replyAt: null });
});

it("stops, and a second stop is a wrong state", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  expect(ask(stop, world)).toMatchObject({ status: 200, body: {}, replyAt: START + 800 });
  expect(verdictOf(ask(stop, world))).toEqual([400, GENERIC]);
});

it("creates, and shows the new one in its own reply also while reads do not know it", () => {
  const world = aWorld({ set: ["create.hiddenMs=60000"] });
  const made = ask(create, world, { body: { name: "new", pipeline, tier: "SP5" } });
  expect([made.status, bodyOf(made)]).toMatchObject([
    200,
    { name: "new", state: "CREATED", pipeline, tier: "SP5" },
  ]);
  const read = { address: { processor: "new" } };
  expect(verdictOf(ask(get, world, read))).toEqual([404, MISSING]);
  expect(namesOf(bodyOf(ask(list, world)))).toEqual([]);
  expect(verdictOf(ask(get, world, { ...read, now: START + 60_000 }))).toEqual([200, null]);
  expect(namesOf(bodyOf(ask(list, world, { now: START + 60_000 })))).toEqual(["p", "new"]);
});

it("creates under the name of the body, whatever the path says", () => {
  const world = aWorld();
  ask(create, world, { address: { processor: "of-the-path" }, body: { name: "of-the-body", pipeline } });
  expect([...theWorkspace(world).processors.keys()]).toEqual(["p", "of-the-body"]);
});

it.each([
  { reason: "no name", body: { pipeline }, want: [400, "VALIDATION_ERROR"] },
  {
    reason: "a name that is taken",
    body: { name: "p", pipeline },
    want: [409, "STREAM_PROCESSOR_ALREADY_EXISTS"],
  },
  { reason: "a tier above the maximum", body: { name: "n", pipeline, tier: "SP50" }, want: [400, GENERIC] },
])("refuses to create: $reason", ({ body, want }) => {
  const world = aWorld({ maxTierSize: "SP30" });
  expect(verdictOf(ask(create, world, { body }))).toEqual(want);
  expect([...theWorkspace(world).processors.keys()]).toEqual(["p"]);
});

it.each([
  { reason: "the true state", set: [], lens: undefined, state: "STOPPED" },
  {
    reason: "the state of the setting",
    set: ["modify.replyState=CREATED"],
    lens: undefined,
    state: "CREATED",
  },
  {
    reason: "a scripted state before the setting's",
    set: ["modify.replyState=CREATED"],
    lens: { state: "X" },
    state: "X",
  },
])("shows in the reply to a PATCH $reason", ({ set, lens, state }) => {
  const world = aWorld({ set, processor: { state: "STOPPED" } });
  const reply = ask(modify, world, { body: { tier: "SP30" }, ...(lens === undefined ? {} : { lens }) });
  expect(bodyOf(reply)).toMatchObject({ state, tier: "SP30" });
  expect(bodyOf(ask(get, world))).toMatchObject({ state: "STOPPED", tier: "SP30" });
});

it("shows the new name in the reply to a PATCH that renames", () => {
  const world = aWorld();
  expect(bodyOf(ask(modify, world, { body: { name: "q" } }))["name"]).toBe("q");
  expect(verdictOf(ask(get, world))).toEqual([404, MISSING]);
});

it("deletes with 204 and nothing more to say", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  expect(ask(remove, world)).toMatchObject({ status: 204, body: null, isApplied: true });
  expect(takeEffects(world)).toHaveLength(1);
  expect(verdictOf(ask(remove, world))).toEqual([404, MISSING]);
});

it("lists in the order in which they were made, a page at a time", () => {
  const world = aWorld();
  for (const name of ["z", "a", "m"]) alsoHas(world, name);
  expect(namesOf(bodyOf(ask(list, world)))).toEqual(["p", "z", "a", "m"]);
  expect(namesOf(bodyOf(ask(list, world, { query: "itemsPerPage=2&pageNum=2" })))).toEqual(["a", "m"]);
  expect(verdictOf(ask(list, world, { query: "pageNum=x" }))).toEqual([400, "VALIDATION_ERROR"]);
});

it("does not list in a stale read one that was just made, though it counts it", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  alsoHas(world, "new");
  const body = bodyOf(ask(list, world, { lens: { isStale: true } }));
  expect([namesOf(body), body["totalCount"]]).toEqual([["p"], 2]);
  expect(verdictOf(ask(get, world, { address: { processor: "new" }, lens: { isStale: true } }))).toEqual([
    404,
    MISSING,
  ]);
});

it("changes nothing by reading", () => {
  const world = aWorld({ processor: { state: "STARTED" } });
  const { revision } = world;
  const before = JSON.stringify(theProcessor(world));
  for (const handler of [get, list]) ask(handler, world, { now: START + 500_000 });
  expect([JSON.stringify(theProcessor(world)), world.revision, takeEffects(world)]).toEqual([
    before,
    revision,
    [],
  ]);
});
