// What vendor clients read, and the workspace they make, byte by byte: the version each asks for and the one it gets,
// the queries of lists, the fields they cannot do without, and envelope and pretty (docs/atlas.md 12).
import { afterAll, beforeAll, expect, it } from "vitest";
import { aBench, ORDERS, STREAMS } from "./simulator-harness.js";
import type { Bench, RawAnswer } from "./simulator-harness.js";
import { CURL, jsonOf, MCP, media, SDK, sendVendor, withBody } from "./vendor-bytes.js";
import type { Manner, Version } from "./vendor-bytes.js";

let bench: Bench;
beforeAll(async () => {
  bench = await aBench();
});
afterAll(async () => {
  await bench.sim.close();
});

const get = (manner: Manner, path: string, version: Version = "2024-05-30"): Promise<RawAnswer> =>
  sendVendor(bench, { manner, version, method: "GET", path });

const STARTED = `${ORDERS}/processor/started`;
const LIST = `${ORDERS}/processors`;

const READS: readonly { readonly path: string; readonly version: Version }[] = [
  { path: LIST, version: "2024-05-30" },
  { path: STARTED, version: "2024-05-30" },
  { path: ORDERS, version: "2023-02-01" },
  { path: `${ORDERS}?includeConnections=true`, version: "2023-02-01" },
  { path: STREAMS, version: "2023-02-01" },
  { path: `${ORDERS}/connections`, version: "2023-02-01" },
];

it.each(READS.flatMap((row) => [SDK, MCP, CURL].map((manner) => ({ ...row, manner }))))(
  "$manner.client reads $path as of $version",
  async ({ manner, path, version }) => {
    const answer = await get(manner, path, version);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(`${media(version)};charset=utf-8`);
    expect(answer.headers.has("content-encoding")).toBe(false);
    expect(Object.keys(jsonOf(answer))).not.toContain("errorCode");
  },
);

it("does not serve startWith to who asks for a version from before it", async () => {
  const path = `${ORDERS}/processor/stopped:startWith`;
  const answer = await sendVendor(bench, { manner: SDK, version: "2024-05-30", method: "POST", path });
  expect([answer.status, jsonOf(answer)["errorCode"]]).toEqual([406, "INVALID_VERSION_DATE"]);
});

it.each([
  { query: "", shown: 100, rels: ["self", "next"] },
  { query: "?includeCount=true&itemsPerPage=100&pageNum=1", shown: 100, rels: ["self", "next"] },
  { query: "?includeCount=true&itemsPerPage=100&pageNum=3", shown: 50, rels: ["self", "previous"] },
  { query: "?includeCount=true&itemsPerPage=100&pageNum=4", shown: 0, rels: ["self", "previous"] },
  { query: "?itemsPerPage=20&pageNum=1", shown: 20, rels: ["self", "next"] },
  { query: "?includeCount=true&itemsPerPage=500&pageNum=1", shown: 250, rels: ["self"] },
])("lists with '$query'", async ({ query, shown, rels }) => {
  const answer = await get(SDK, `${STREAMS}/wide/processors${query}`);
  const page = jsonOf(answer) as { results: unknown[]; links: { rel: string }[]; totalCount: number };
  expect([page.results.length, page.totalCount, page.links.map(({ rel }) => rel)]).toEqual([
    shown,
    250,
    rels,
  ]);
});

it("gives every processor the fields that Terraform needs and a tier that the MCP server knows", async () => {
  const { results } = jsonOf(await get(SDK, LIST)) as { results: readonly Record<string, unknown>[] };
  expect(results.length).toBeGreaterThan(0);
  for (const one of results) {
    expect(one).toMatchObject({ name: expect.any(String) as string, state: expect.any(String) as string });
    expect(Array.isArray(one["pipeline"])).toBe(true);
    expect(["SP2", "SP5", "SP10", "SP30", "SP50", undefined]).toContain(one["tier"]);
  }
});

it("wraps in an envelope and indents where the Atlas CLI passes on that it should", async () => {
  const wrapped = await get(SDK, `${STARTED}?envelope=true&pretty=true`);
  expect(jsonOf(wrapped)).toMatchObject({ status: 200, content: { name: "started" } });
  expect(wrapped.text).toContain('\n  "content": {\n');
  expect(jsonOf(await get(SDK, `${LIST}?envelope=true&pretty=false`))).toMatchObject({ status: 200 });
  expect((await get(SDK, `${LIST}?envelope=false`)).text).not.toContain("\n");
  expect(jsonOf(await get(SDK, `${LIST}?envelope=false`))).not.toHaveProperty("status");
  const path = `${ORDERS}/processor/created:stop?envelope=true&pretty=true`;
  const refused = await sendVendor(bench, { manner: SDK, version: "2024-05-30", method: "POST", path });
  expect([refused.status, jsonOf(refused)["errorCode"]]).toEqual([400, "STREAM_PROCESSOR_GENERIC_ERROR"]);
});

it("finds a processor by its escaped name, a colon kept as it is", async () => {
  for (const path of ["a:b", "a%3Ab", "with%20space"]) {
    const shown = jsonOf(await get(SDK, `${ORDERS}/processor/${path}`));
    expect(shown["name"]).toBe(decodeURIComponent(path));
  }
});

it.each([
  { manner: MCP, type: "application/json" },
  { manner: SDK, type: media("2024-08-05") },
])("$manner.client makes a workspace with the sample source, and deletes it", async ({ manner, type }) => {
  const send = (method: string, path: string, of: ReturnType<typeof withBody>): Promise<RawAnswer> =>
    sendVendor(bench, { manner, version: "2024-08-05", method, path, ...of });
  const region = { cloudProvider: "AWS", region: "VIRGINIA_USA" };
  const body = { name: "fresh", dataProcessRegion: region, streamConfig: { tier: "SP10" } };
  const made = await send("POST", `${STREAMS}:withSampleConnections`, withBody(JSON.stringify(body), type));
  expect([made.status, made.headers.get("content-type")]).toEqual([
    200,
    `${media("2024-08-05")};charset=utf-8`,
  ]);
  const shown = jsonOf(await get(manner, `${STREAMS}/fresh/connections`));
  expect(shown["results"]).toEqual([{ name: "sample_stream_solar", type: "Sample", state: "READY" }]);
  expect((await send("DELETE", `${STREAMS}/fresh`, withBody(""))).status).toBe(202);
  expect((await get(manner, `${STREAMS}/fresh`)).status).toBe(404);
});
