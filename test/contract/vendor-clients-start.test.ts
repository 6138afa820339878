// What vendor clients send to start and stop, byte by byte, and what they need to see afterwards: every body that means
// a start is one, every name finds its processor, and the first GET after the answer shows it (docs/atlas.md 12).
import { expect, it } from "vitest";
import { aBench, ORDERS } from "./simulator-harness.js";
import type { Bench } from "./simulator-harness.js";
import { CURL, inChunks, jsonOf, MCP, media, SDK, sendVendor, withBody } from "./vendor-bytes.js";
import type { Manner, VendorRequest } from "./vendor-bytes.js";

const DATED = media("2025-03-12");
const PLAIN = "application/json";
const OPTIONS = {
  resumeFromCheckpoint: false,
  startAtOperationTime: "2026-11-25T18:02:34.044901945Z",
  tier: "SP30",
};
const GIVEN = JSON.stringify(OPTIONS);

const at = (name: string, verb = ""): string => `${ORDERS}/processor/${name}${verb}`;

async function look(
  bench: Bench,
  name: string,
  manner: Manner = SDK,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await sendVendor(bench, { manner, version: "2024-05-30", method: "GET", path: at(name) });
  return jsonOf(answer);
}

interface StartRow {
  readonly reason: string;
  readonly manner: Manner;
  readonly of: ReturnType<typeof withBody>;
  /** As the simulator understood it. */
  readonly body: unknown;
  /** In the GET afterwards. */
  readonly tier: string;
}

const STARTS: readonly StartRow[] = [
  { reason: "the given options only", manner: SDK, of: withBody(GIVEN, DATED), body: OPTIONS, tier: "SP30" },
  { reason: "null", manner: SDK, of: withBody("null", DATED), body: null, tier: "SP10" },
  { reason: "{}", manner: SDK, of: withBody("{}", DATED), body: {}, tier: "SP10" },
  { reason: "{} as plain JSON", manner: MCP, of: withBody("{}", PLAIN), body: {}, tier: "SP10" },
  { reason: "options as plain JSON", manner: MCP, of: withBody(GIVEN, PLAIN), body: OPTIONS, tier: "SP30" },
  { reason: "options as plain JSON", manner: CURL, of: withBody(GIVEN, PLAIN), body: OPTIONS, tier: "SP30" },
  { reason: "an empty body", manner: CURL, of: withBody(""), body: null, tier: "SP10" },
  { reason: "an empty body of a type", manner: CURL, of: withBody("", DATED), body: null, tier: "SP10" },
  { reason: "options in chunks", manner: SDK, of: inChunks(GIVEN, DATED), body: OPTIONS, tier: "SP30" },
  { reason: "no chunk but the last", manner: SDK, of: inChunks("", DATED), body: null, tier: "SP10" },
];

it.each(STARTS)("$manner.client starts with $reason", async ({ manner, of, body, tier }) => {
  const bench = await aBench();
  const path = at("stopped", ":startWith");
  const answer = await sendVendor(bench, { manner, version: "2025-03-12", method: "POST", path, ...of });
  expect([answer.status, jsonOf(answer)]).toEqual([200, {}]);
  expect(await look(bench, "stopped", manner)).toMatchObject({ name: "stopped", state: "STARTED", tier });
  const starts = bench.sim.log().filter(({ operation }) => operation === "startWith");
  expect(starts).toHaveLength(1);
  expect(starts[0]).toMatchObject({ processor: "stopped", body, effective: true });
  await bench.sim.close();
});

it.each([
  { path: "a:b", name: "a:b" },
  { path: "a%3Ab", name: "a:b" },
  { path: "with%20space", name: "with space" },
])("finds the processor of $path:startWith, :stop and :start", async ({ path, name }) => {
  const bench = await aBench();
  const post = async (verb: string, version: VendorRequest["version"]): Promise<number> => {
    const request = { manner: SDK, version, method: "POST", path: at(path, verb) };
    return (await sendVendor(bench, { ...request, ...withBody("") })).status;
  };
  expect(await post(":startWith", "2025-03-12")).toBe(200);
  expect(await look(bench, path)).toMatchObject({ name, state: "STARTED" });
  expect(await post(":stop", "2024-05-30")).toBe(200);
  expect(await look(bench, path)).toMatchObject({ name, state: "STOPPED" });
  expect(await post(":start", "2024-05-30")).toBe(200);
  expect(await look(bench, path)).toMatchObject({ name, state: "STARTED" });
  const touched = bench.sim
    .log()
    .filter(({ method }) => method === "POST")
    .slice(1);
  expect(touched.map(({ operation, processor }) => [operation, processor])).toEqual([
    ["startWith", name],
    ["stop", name],
    ["start", name],
  ]);
  await bench.sim.close();
});

it.each([SDK, MCP])("$client stops and starts with Content-Length 0 and no type", async (manner) => {
  const bench = await aBench();
  const post = async (verb: string): Promise<unknown[]> => {
    const request = { manner, version: "2024-05-30", method: "POST", path: at("started", verb) } as const;
    const answer = await sendVendor(bench, { ...request, head: ["Content-Length: 0"] });
    return [answer.status, answer.headers.get("content-type"), answer.text];
  };
  const done = [200, `${media("2024-05-30")};charset=utf-8`, "{}"];
  expect(await post(":stop")).toEqual(done);
  expect(await look(bench, "started", manner)).toMatchObject({ state: "STOPPED" });
  expect(await post(":start")).toEqual(done);
  expect(await look(bench, "started", manner)).toMatchObject({ state: "STARTED" });
  await bench.sim.close();
});

it("answers a start only once the state has moved", async () => {
  const bench = await aBench();
  const request = {
    manner: SDK,
    version: "2025-03-12",
    method: "POST",
    path: at("failed", ":startWith"),
  } as const;
  expect((await sendVendor(bench, { ...request, ...withBody("null", DATED) })).status).toBe(200);
  const entry = bench.sim.log().find(({ operation }) => operation === "startWith");
  const moved = entry?.appliedAt ?? 0;
  expect(moved - (entry?.at ?? 0)).toBeGreaterThanOrEqual(20);
  expect(entry?.finishedAt ?? 0).toBeGreaterThanOrEqual(moved);
  await bench.sim.close();
});

it("shows a new processor, never started, in the first GET after its create", async () => {
  const bench = await aBench();
  const pipeline = [{ $source: { connectionName: "s" } }, { $emit: { connectionName: "t" } }];
  const body = JSON.stringify({ name: "sdk:made", pipeline });
  const made = await sendVendor(bench, {
    ...{ manner: SDK, version: "2024-05-30", method: "POST", path: `${ORDERS}/processor` },
    ...withBody(body, media("2024-05-30")),
  });
  expect(made.status).toBe(200);
  expect(await look(bench, "sdk:made")).toMatchObject({ name: "sdk:made", pipeline, state: "CREATED" });
  await bench.sim.close();
});

it("carries out Terraform's update: stop, GET, PATCH, startWith, GET", async () => {
  const bench = await aBench();
  const send = async (method: string, verb: string, of: ReturnType<typeof withBody>): Promise<number> => {
    const version = verb === ":startWith" ? "2025-03-12" : "2024-05-30";
    return (await sendVendor(bench, { manner: SDK, version, method, path: at("started", verb), ...of }))
      .status;
  };
  expect(await send("POST", ":stop", withBody(""))).toBe(200);
  expect(await look(bench, "started")).toMatchObject({ state: "STOPPED" });
  const { name, pipeline } = await look(bench, "started");
  const patch = withBody(JSON.stringify({ name, pipeline }), media("2024-05-30"));
  expect(await send("PATCH", "", patch)).toBe(200);
  expect(await send("POST", ":startWith", withBody('{"tier":"SP30"}', DATED))).toBe(200);
  expect(await look(bench, "started")).toMatchObject({ name, pipeline, state: "STARTED", tier: "SP30" });
  await bench.sim.close();
});

it("carries out Terraform's create: POST, GET, startWith, GET, and its destroy", async () => {
  const bench = await aBench();
  const path = `${ORDERS}/processor`;
  const send = async (request: Omit<VendorRequest, "manner">): Promise<number> =>
    (await sendVendor(bench, { manner: SDK, ...request })).status;
  const made = withBody('{"name":"tf-made","pipeline":[{"$source":{"connectionName":"s"}}]}', PLAIN);
  expect(await send({ version: "2024-05-30", method: "POST", path, ...made })).toBe(200);
  expect(await look(bench, "tf-made")).toMatchObject({ state: "CREATED" });
  const start = { version: "2025-03-12", method: "POST", path: at("tf-made", ":startWith") } as const;
  expect(await send({ ...start, ...withBody('{"tier":"SP30"}', DATED) })).toBe(200);
  expect(await look(bench, "tf-made")).toMatchObject({ state: "STARTED", tier: "SP30" });
  expect(await send({ version: "2024-05-30", method: "DELETE", path: at("tf-made") })).toBe(204);
  expect(await look(bench, "tf-made")).toMatchObject({ error: 404 });
  await bench.sim.close();
});
