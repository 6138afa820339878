// Replies of the simulator to all it serves, also what Headgate never asks for, against the OpenAPI slice of Atlas: a
// declared status by its schema, an undeclared one by ApiError. The slice lives outside the project; without it these
// tests say so and are skipped.
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadOpenApi } from "./openapi.js";
import { judgeReply } from "./reply-judge.js";
import { aBench, ORDERS, PROJECT, STREAMS } from "./simulator-harness.js";
import type { Answer, Ask, Bench } from "./simulator-harness.js";

const api = loadOpenApi();

let bench: Bench;
beforeAll(async () => {
  bench = await aBench();
  bench.sim.mutate({
    op: "autoscale",
    project: PROJECT,
    workspace: "orders",
    processor: "started",
    to: "SP30",
  });
});
afterAll(async () => {
  await bench.sim.close();
});

/** Simulated as far as 200: it gives text, not JSON. */
const NOT_JSON = "downloadGroupStreamOperationalLogs";
const answered = new Set<string>();

async function askJudged(ask: Ask): Promise<{ readonly answer: Answer; readonly faults: unknown }> {
  const match = api?.match(ask.method, ask.path);
  if (api === undefined || match === undefined) throw new Error(`not declared: ${ask.method} ${ask.path}`);
  const answer = await bench.ask(ask);
  if (answer.status < 300) answered.add(match.operationId);
  const { status, headers, text: body } = answer;
  return { answer, faults: judgeReply(api, match, { status, headers: Object.fromEntries(headers), body }) };
}

const KAFKA = {
  name: "kafka",
  type: "Kafka",
  bootstrapServers: "broker:9092",
  authentication: { mechanism: "PLAIN", username: "u", password: "p" },
  security: { protocol: "SASL_SSL" },
};
const PIPELINE = [{ $source: { connectionName: "s" } }, { $emit: { connectionName: "t" } }];
const AWS = { cloudProvider: "AWS", region: "VIRGINIA_USA" };
const MADE = `${STREAMS}/made`;

/** In their order: what one makes another asks for. */
const SUCCESSES: readonly Ask[] = [
  { method: "GET", path: STREAMS },
  { method: "POST", path: STREAMS, body: { name: "made", dataProcessRegion: AWS, connections: [KAFKA] } },
  { method: "PATCH", path: MADE, body: { streamConfig: { maxTierSize: "SP30" } } },
  { method: "GET", path: `${MADE}?includeConnections=true` },
  { method: "POST", path: `${MADE}/connections`, body: { ...KAFKA, name: "kafka2" } },
  { method: "GET", path: `${MADE}/connections` },
  { method: "DELETE", path: MADE },
  { method: "GET", path: ORDERS },
  { method: "POST", path: `${ORDERS}/processor`, body: { name: "made", pipeline: PIPELINE } },
  { method: "PATCH", path: `${ORDERS}/processor/made`, body: { name: "made2" } },
  { method: "POST", path: `${ORDERS}/processor/made2:start` },
  { method: "POST", path: `${ORDERS}/processor/made2:stop` },
  { method: "POST", path: `${ORDERS}/processor/made2:startWith`, body: { tier: "SP30" } },
  { method: "GET", path: `${ORDERS}/processor/started` },
  { method: "GET", path: `${ORDERS}/processors` },
  { method: "DELETE", path: `${ORDERS}/processor/made2` },
  { method: "GET", path: `/api/atlas/v2/groups/${PROJECT}/events` },
  { method: "GET", path: "/api/atlas/v2/rateLimits" },
  { method: "GET", path: "/api/atlas/v2/rateLimits/streams_group" },
];

function named(asks: readonly Ask[]): readonly { readonly name: string; readonly ask: Ask }[] {
  return asks.map((ask) => ({ name: `${ask.method} ${ask.path.replace(STREAMS, "...")}`, ask }));
}

it.runIf(api !== undefined).each(named(SUCCESSES))("$name is answered by its schema", async ({ ask }) => {
  const { answer, faults } = await askJudged(ask);
  expect(faults).toEqual([]);
  expect(answer.status).toBeLessThan(300);
  expect(answer.text).not.toContain("password");
  if (answer.text !== "") {
    expect(answer.headers.get("content-type")).toMatch(
      /^application\/vnd[.]atlas[.].+[+]json;charset=utf-8$/,
    );
  }
});

it.runIf(api !== undefined)("leaves out no operation that Atlas declares", () => {
  const missing = api?.operationIds.filter((id) => !answered.has(id));
  expect(missing).toEqual([NOT_JSON]);
});

const REFUSALS: readonly Ask[] = [
  { method: "POST", path: `${ORDERS}/processor/started:start` },
  { method: "GET", path: `${ORDERS}/processor/nobody` },
  { method: "GET", path: `${ORDERS}/processors`, accept: "application/json" },
  { method: "GET", path: ORDERS, authorization: "" },
  { method: "POST", path: `${ORDERS}/processor/failed:startWith`, body: { nonsense: 1 } },
  { method: "POST", path: `${ORDERS}/processor`, body: { name: "started", pipeline: PIPELINE } },
  { method: "DELETE", path: ORDERS },
];

it.runIf(api !== undefined).each(named(REFUSALS))("$name is refused by ApiError", async ({ ask }) => {
  const { answer, faults } = await askJudged(ask);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(faults).toEqual([]);
});
