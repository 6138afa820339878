// Each kind of scripted fault over a real socket: what the caller sees, and what the log says really happened.
import { expect, it } from "vitest";
import { aBench, ORDERS, PROJECT } from "./simulator-harness.js";
import type { Answer, Bench } from "./simulator-harness.js";

const START = { method: "POST", path: `${ORDERS}/processor/stopped:startWith` } as const;
const GET = { method: "GET", path: `${ORDERS}/processor/stopped` } as const;

const withFault = (what: unknown, operation = "startWith"): Promise<Bench> =>
  aBench({ faults: [{ id: "f", when: { operation, nth: 1 }, what }] });

/** The answer, or "broken" when there was none that could be read. */
const tryAsk = (bench: Bench): Promise<Answer | "broken"> => bench.ask(START).catch(() => "broken" as const);

it.each([
  { what: { kind: "status", status: 500 }, sees: 500, effective: false },
  {
    what: { kind: "status", status: 402, errorCode: "NO_PAYMENT_INFORMATION_FOUND" },
    sees: 402,
    effective: false,
  },
  { what: { kind: "status", status: 429, retryAfter: 0 }, sees: 429, effective: false },
  { what: { kind: "status-after-apply", status: 504 }, sees: 504, effective: true },
  { what: { kind: "delay", ms: 10 }, sees: 200, effective: true },
  { what: { kind: "reset-before" }, sees: "broken", effective: false },
  { what: { kind: "reset-after" }, sees: "broken", effective: true },
  { what: { kind: "truncated" }, sees: "broken", effective: true },
  { what: { kind: "trickle", everyMs: 1, bytes: 1 }, sees: 200, effective: true },
  { what: { kind: "garbage" }, sees: 200, effective: true },
  { what: { kind: "garbage", applies: false }, sees: 200, effective: false },
  { what: { kind: "html" }, sees: 502, effective: false },
  { what: { kind: "html", applies: true, status: 504 }, sees: 504, effective: true },
  { what: { kind: "empty" }, sees: 502, effective: false },
  { what: { kind: "empty", applies: true, status: 504 }, sees: 504, effective: true },
  { what: { kind: "oversized", bytes: 300_000 }, sees: 200, effective: true },
  { what: { kind: "then-failed", afterMs: 1 }, sees: 200, effective: true },
])("$what is seen as $sees, effective: $effective", async ({ what, sees, effective }) => {
  const bench = await withFault(what);
  const answer = await tryAsk(bench);
  expect(answer === "broken" ? answer : answer.status).toBe(sees);
  const entry = bench.sim.log().find((one) => one.operation === "startWith");
  expect(entry).toMatchObject({ faultId: "f", faultKind: what.kind, effective });
  expect(entry?.appliedAt === null).toBe(!effective);
  const second = await bench.ask(START);
  expect(second.status).toBe(effective && what.kind !== "then-failed" ? 400 : 200);
  await bench.sim.close();
});

// One vendor client takes each of the three for success (docs/atlas.md 12).
it.each([
  { what: { kind: "empty", status: 401 }, text: "", type: null },
  { what: { kind: "status", status: 429, body: "" }, text: '""', type: "application/json" },
  { what: { kind: "status", status: 504, body: null }, text: "null", type: "application/json" },
])("answers an error whose body is $text", async ({ what, text, type }) => {
  const bench = await withFault(what);
  const answer = await bench.ask(START);
  expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([what.status, text, type]);
  expect(answer.headers.get("content-length")).toBe(String(text.length));
  await bench.sim.close();
});

it.each([
  { when: { operation: "startwith" }, says: "no operation startwith; want one of list, get," },
  { when: { workspace: "oders" }, says: "no workspace oders; want one that is there, or later: true" },
  { when: { project: "0".repeat(24) }, says: `no project ${"0".repeat(24)}; want one` },
  { when: { operation: "token", project: PROJECT }, says: "the path of token names no project" },
])("refuses a rule that would never fire, at the start and at the back door: $when", async (row) => {
  const rule = { when: row.when, what: { kind: "hang" } };
  await expect(aBench({ faults: [rule] })).rejects.toThrow(row.says);
  const bench = await aBench();
  const body = [{ what: { kind: "hang" }, when: { operation: "stop" } }, rule];
  const refused = await bench.ask({ method: "POST", path: "/_sim/faults", body });
  expect([refused.status, (refused.json as { detail: string }).detail]).toEqual([
    400,
    expect.stringContaining(row.says),
  ]);
  expect((await bench.ask({ method: "GET", path: "/_sim/faults" })).json).toEqual({ rules: [], counts: [] });
  await bench.sim.close();
});

it("meets a workspace that the rule said would come later", async () => {
  const when = { operation: "list", workspace: "new", later: true };
  const bench = await aBench({ faults: [{ id: "f", when, what: { kind: "status", status: 503 } }] });
  const list = { method: "GET", path: ORDERS.replace("orders", "new/processors") };
  await bench.ask({
    method: "POST",
    path: "/_sim/world",
    body: { op: "workspace", project: PROJECT, workspace: "new" },
  });
  expect((await bench.ask(list)).status).toBe(503);
  await bench.sim.close();
});

it.each([
  { quotes: "header", as: "detail", sees: (token: string) => ({ detail: `Not with Bearer ${token}.` }) },
  { quotes: "credential", as: "detail", sees: (token: string) => ({ detail: `Not with ${token}.` }) },
])("quotes the $quotes of a request in its answer", async ({ quotes, as, sees }) => {
  const bench = await withFault({ kind: "echo", quotes, as, status: 403 });
  const answer = await bench.ask(START);
  expect(answer).toMatchObject({ status: 403, json: sees(bench.token) });
  expect(JSON.stringify(bench.sim.log())).not.toContain(bench.token);
  await bench.sim.close();
});

it("quotes a credential in a text that is not JSON", async () => {
  const bench = await withFault({ kind: "echo", quotes: "credential", as: "text", status: 200 });
  const answer = await bench.ask(START);
  expect(answer).toMatchObject({ status: 200, text: `{"authorization": ${bench.token}` });
  await bench.sim.close();
});

it("answers 504 at once and applies later, marking the same entry", async () => {
  const bench = await withFault({ kind: "late-apply", afterMs: 30 });
  const answer = await bench.ask(START);
  expect(answer).toMatchObject({ status: 504, json: { errorCode: "STREAM_PROCESSOR_TIMEOUT" } });
  const entry = bench.sim.log().find((one) => one.operation === "startWith");
  expect(entry?.applied).toBe(false);
  await expect.poll(() => bench.sim.log().find((one) => one.operation === "startWith")?.effective).toBe(true);
  expect((await bench.ask(GET)).json).toMatchObject({ state: "STARTED" });
  await bench.sim.close();
});

it("fails after a 200, and tells why in the events", async () => {
  const bench = await withFault({ kind: "then-failed", afterMs: 5 });
  await bench.ask(START);
  const state = async (): Promise<unknown> => ((await bench.ask(GET)).json as { state: string }).state;
  await expect.poll(state).toBe("FAILED");
  const path = `/api/atlas/v2/groups/${PROJECT}/events?eventType=STREAM_PROCESSOR_STATE_IS_FAILED`;
  expect((await bench.ask({ method: "GET", path })).json).toMatchObject({ totalCount: 1 });
  await bench.sim.close();
});

it("shows the state before the last move in a stale read, once", async () => {
  const bench = await withFault({ kind: "stale-read" }, "get");
  await bench.ask({ ...START, body: { tier: "SP30" } });
  expect((await bench.ask(GET)).json).toMatchObject({ state: "STOPPED" });
  expect((await bench.ask(GET)).json).toMatchObject({ state: "STARTED", tier: "SP30" });
  await bench.sim.close();
});

it("shows a word nobody knows", async () => {
  const bench = await withFault({ kind: "unknown-state", state: "HIBERNATING" }, "list");
  const { json } = await bench.ask({ method: "GET", path: `${ORDERS}/processors` });
  expect((json as { results: { state: string }[] }).results.every((one) => one.state === "HIBERNATING")).toBe(
    true,
  );
  await bench.sim.close();
});

it("hangs until the caller gives up, and closes all the same", async () => {
  const bench = await withFault({ kind: "hang" });
  const controller = new AbortController();
  const hanging = fetch(`${bench.sim.url}${START.path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${bench.token}`, Accept: "application/vnd.atlas.2025-03-12+json" },
    signal: controller.signal,
  });
  const isGone = expect(hanging).rejects.toThrow();
  await expect.poll(() => bench.sim.log().at(-1)?.faultKind).toBe("hang");
  controller.abort();
  await isGone;
  await expect.poll(() => bench.sim.log().at(-1)?.droppedReply).toBe(true);
  expect(bench.sim.log().at(-1)).toMatchObject({ status: null, effective: false });
  await bench.sim.close();
});

it("goes on with a start whose caller went away", async () => {
  const bench = await aBench({ set: ["startWith.holdMinMs=80", "startWith.holdMaxMs=80"] });
  const controller = new AbortController();
  const held = fetch(`${bench.sim.url}${START.path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${bench.token}`, Accept: "application/vnd.atlas.2025-03-12+json" },
    signal: controller.signal,
  });
  const isGone = expect(held).rejects.toThrow();
  const entry = (): unknown => bench.sim.log(1)[0];
  await expect.poll(entry).toMatchObject({ operation: "startWith", applied: true });
  controller.abort();
  await isGone;
  await expect.poll(entry).toMatchObject({ effective: true, droppedReply: true });
  await bench.sim.close();
});

it("spoils the token endpoint too", async () => {
  const bench = await aBench({ faults: [{ when: { operation: "token", nth: 2 }, what: { kind: "html" } }] });
  const reply = await fetch(`${bench.sim.url}/api/oauth/token`, { method: "POST" });
  expect([reply.status, reply.headers.get("content-type")]).toEqual([502, "text/html"]);
  await bench.sim.close();
});
