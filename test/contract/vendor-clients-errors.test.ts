// Every error of the simulator has a JSON body, whatever went wrong and however early: one vendor client takes an empty
// one for success, another calls HTML an undefined response type (docs/atlas.md 12).
import { expect, it } from "vitest";
import { aBench, ORDERS, PROJECT, sendBytes, STREAMS } from "./simulator-harness.js";
import type { Bench, RawAnswer } from "./simulator-harness.js";
import { jsonOf, media, SDK, sendVendor, withBody } from "./vendor-bytes.js";
import type { VendorRequest } from "./vendor-bytes.js";

const PROCESSOR = `${ORDERS}/processor`;
const JSON_TYPE = media("2025-03-12");

interface Row {
  readonly status: number;
  readonly errorCode: string;
  readonly request: Partial<VendorRequest> & Pick<VendorRequest, "path">;
}

const post = (path: string, text = ""): Row["request"] => ({
  method: "POST",
  version: "2025-03-12",
  path,
  ...withBody(text, text === "" ? undefined : JSON_TYPE),
});

const ROWS: readonly Row[] = [
  { status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR", request: post(`${PROCESSOR}/started:start`) },
  { status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR", request: post(`${PROCESSOR}/stopped:stop`) },
  { status: 400, errorCode: "VALIDATION_ERROR", request: post(`${PROCESSOR}/stopped:startWith`, '{"a":1}') },
  { status: 400, errorCode: "MALFORMED_JSON", request: post(`${PROCESSOR}/stopped:startWith`, '{"tier') },
  { status: 400, errorCode: "INVALID_GROUP_ID", request: { path: "/api/atlas/v2/groups/nobody/streams" } },
  { status: 401, errorCode: "UNEXPECTED_ERROR", request: { path: ORDERS, authorization: "" } },
  { status: 401, errorCode: "UNEXPECTED_ERROR", request: { path: ORDERS, authorization: "Bearer a.b.c" } },
  { status: 401, errorCode: "UNEXPECTED_ERROR", request: { path: ORDERS, authorization: "Digest a=b" } },
  { status: 404, errorCode: "GROUP_NOT_FOUND", request: { path: STREAMS.replace(PROJECT, "0".repeat(24)) } },
  {
    status: 404,
    errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME",
    request: { path: `${STREAMS}/no/processors` },
  },
  { status: 404, errorCode: "STREAM_PROCESSOR_NOT_FOUND_FOR_NAME", request: { path: `${PROCESSOR}/nobody` } },
  {
    status: 404,
    errorCode: "STREAM_CONNECTION_NOT_FOUND_FOR_NAME",
    request: { path: `${ORDERS}/connections/nobody` },
  },
  { status: 404, errorCode: "RESOURCE_NOT_FOUND", request: { path: "/api/atlas/v2/clusters" } },
  { status: 405, errorCode: "METHOD_NOT_ALLOWED", request: { method: "PUT", path: `${PROCESSOR}/started` } },
  {
    status: 406,
    errorCode: "INVALID_VERSION_DATE",
    request: { path: `${PROCESSOR}/started`, manner: { client: "any", head: () => ["Accept: */*"] } },
  },
  {
    status: 409,
    errorCode: "STREAM_PROCESSOR_ALREADY_EXISTS",
    request: post(PROCESSOR, '{"name":"started","pipeline":[]}'),
  },
];

function judge(answer: RawAnswer, status: number): Readonly<Record<string, unknown>> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.text.length).toBeGreaterThan(2);
  const json = jsonOf(answer);
  expect(json).toMatchObject({ error: status, errorCode: answer.headers.get("x-error-code") });
  expect(Array.isArray(json["parameters"])).toBe(true);
  return json;
}

it.each(ROWS)("$status $errorCode of $request.path is JSON", async ({ status, errorCode, request }) => {
  const bench = await aBench();
  const answer = await sendVendor(bench, { manner: SDK, version: "2024-05-30", method: "GET", ...request });
  const json = judge(answer, status);
  expect(json["errorCode"]).toBe(errorCode);
  expect(Object.keys(json)).toEqual(Object.keys(json).sort());
  expect(bench.sim.log().some(({ effective }) => effective)).toBe(false);
  await bench.sim.close();
});

const read = (bench: Bench): Promise<RawAnswer> =>
  sendVendor(bench, { manner: SDK, version: "2023-02-01", method: "GET", path: ORDERS });

it("an empty budget is JSON too, and says when to come back", async () => {
  const bench = await aBench({ set: ["rateLimit.capacity=1"] });
  expect((await read(bench)).status).toBe(200);
  const limited = await read(bench);
  const { parameters } = judge(limited, 429) as { parameters: unknown[] };
  expect(parameters.slice(0, 2)).toEqual([ORDERS, Number(limited.headers.get("retry-after"))]);
  await bench.sim.close();
});

it.each([
  { fate: "finishes", state: "STOPPED" },
  { fate: "is-dropped", state: "STARTED" },
])("a stop that lasts too long is a JSON 504, and $fate", async ({ fate, state }) => {
  const set = ["operation.timeoutMs=20", "stop.delayMs=60", `operation.afterTimeout=${fate}`];
  const bench = await aBench({ set });
  const request = { manner: SDK, version: "2024-05-30", ...post(`${PROCESSOR}/started:stop`) } as const;
  const answer = await sendVendor(bench, { ...request, method: "POST" });
  expect(judge(answer, 504)["errorCode"]).toBe("STREAM_PROCESSOR_TIMEOUT");
  const look = async (): Promise<unknown> =>
    ((await bench.ask({ method: "GET", path: `${PROCESSOR}/started` })).json as { state: string }).state;
  await expect.poll(look).toBe(state);
  // Nothing is pending any more: the next stop is judged by the state alone.
  const next = await sendVendor(bench, { ...request, method: "POST" });
  expect(next.status).toBe(state === "STOPPED" ? 400 : 504);
  await bench.sim.close();
});

it.each([
  { reason: "no HTTP", lines: ["HELLO"], status: 400 },
  { reason: "a head without end", lines: ["GET / HTTP/1.1", `X: ${"x".repeat(20_000)}`], status: 431 },
  {
    reason: "an expectation nobody knows",
    lines: ["GET / HTTP/1.1", "Host: atlas", "Expect: a-miracle"],
    status: 417,
  },
])("$reason is answered with JSON", async ({ lines, status }) => {
  const bench = await aBench();
  judge(await sendBytes(bench.sim, lines), status);
  await bench.sim.close();
});

it("a body that is too large is answered with JSON, chunked or not", async () => {
  const bench = await aBench({ set: ["request.maxBytes=64"] });
  const request = { manner: SDK, version: "2024-05-30", method: "POST", path: PROCESSOR } as const;
  judge(await sendVendor(bench, { ...request, ...withBody("x".repeat(65), JSON_TYPE) }), 413);
  await bench.sim.close();
});
