// What Atlas may vary without telling: envelopes, dates inside stats, states and fields we have never seen; and the
// bodies we send, where a field that is absent has to stay absent.
import { expect, it } from "vitest";
import type { AtlasClient } from "../../../src/atlas/client.js";
import { PROCESSOR, WORKSPACE, aProcessor, anError, onStage, sendJson, within } from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const { project } = WORKSPACE;
const path = `/api/atlas/v2/groups/${project}/streams/orders/processor/clicks`;
const LIMITS = {
  capacity: { value: 1_200 },
  refillRate: { value: 500 },
  refillDurationSeconds: { value: 60 },
};

type Ask = (client: AtlasClient) => Promise<unknown>;

const SINGLE: readonly (readonly [string, unknown, Ask, Record<string, unknown>])[] = [
  [
    "a processor",
    aProcessor("clicks"),
    (client) => client.getProcessor(PROCESSOR, {}),
    { state: "STARTED", processor: "clicks" },
  ],
  [
    "a workspace",
    { name: "orders", streamConfig: { tier: "SP30" } },
    (client) => client.getWorkspace(WORKSPACE, {}),
    { defaultTier: "SP30" },
  ],
];

it.each(SINGLE)("takes %s out of its envelope", async (...row) => {
  const [, content, ask, expected] = row;
  await onStage(
    ({ response }) => {
      sendJson(response, 200, { status: 200, content });
    },
    async ({ client }) => {
      expect(await ask(client)).toMatchObject(expected);
    },
  );
});

const LISTS: readonly (readonly [string, readonly unknown[], Ask])[] = [
  ["processors", [aProcessor("clicks")], (client) => client.listProcessors(WORKSPACE, {})],
  ["workspaces", [{ name: "orders" }], (client) => client.listWorkspaces(project, {})],
  ["failures", [], (client) => client.listFailures({ project, since: 0 }, {})],
  ["rate limits", [LIMITS], (client) => client.readRateLimits(project, {})],
];

it.each(LISTS)("reads a list of %s alike with and without an envelope, pretty or not", async (...row) => {
  const [, results, ask] = row;
  const page = { links: [], results, totalCount: results.length };
  const shapes = [
    JSON.stringify(page),
    JSON.stringify({ ...page, status: 200 }),
    JSON.stringify({ status: 200, content: page }),
    JSON.stringify(page, undefined, 2),
  ];
  const answers: unknown[] = [];
  for (const shape of shapes) {
    await onStage(
      ({ response }) => response.writeHead(200, { "content-type": "application/json" }).end(shape),
      async ({ client }) => {
        answers.push(await ask(client));
      },
    );
  }
  expect(answers[0]).toBeDefined();
  expect(answers).toEqual(answers.map(() => answers[0]));
});

it("does not take an envelope around an error for a processor", async () => {
  const content = anError(404, "STREAM_PROCESSOR_NOT_FOUND", "not found");
  await onStage(
    ({ response }) => {
      sendJson(response, 200, { status: 404, content });
    },
    async ({ client }) => {
      await expect(client.getProcessor(PROCESSOR, {})).rejects.toMatchObject({
        code: "atlas.unintelligible",
      });
    },
  );
});

it.each([
  ["text", "2026-01-02T03:04:05Z"],
  ["a number", 1_767_323_045_000],
  ["extended JSON", { $date: "2026-01-02T03:04:05Z" }],
  ["extended JSON in milliseconds", { $date: { $numberLong: "1767323045000" } }],
])("observes alike whether dates inside stats are %s", async (_what, date) => {
  const stats = { ok: 1, lastMessageIn: date, watermark: date, kafkaPartitions: [{ idleSince: date }] };
  await onStage(
    ({ response }) => {
      sendJson(response, 200, { results: [aProcessor("clicks", { stats })], totalCount: 1 });
    },
    async ({ client }) => {
      expect(await client.listProcessors(WORKSPACE, {})).toEqual({
        pages: 1,
        observations: [{ atlasId: "0".repeat(24), processor: "clicks", state: "STARTED", autoscaled: false }],
      });
    },
  );
});

it("keeps states and tiers it has never seen, and passes over fields it has never seen", async () => {
  const results = [
    aProcessor("a", { state: "HIBERNATING", tier: "SP500", effectiveTier: "SP999", newer: [{ deep: 1 }] }),
    aProcessor("b", { state: "started", stats: null, failoverEnabled: "maybe" }),
  ];
  await onStage(
    ({ response }) => {
      sendJson(response, 200, { results, totalCount: 2, newer: true });
    },
    async ({ client }) => {
      const listing = await client.listProcessors(WORKSPACE, {});
      expect(listing?.observations).toMatchObject([
        { processor: "a", state: "HIBERNATING", tier: "SP500", effectiveTier: "SP999", autoscaled: true },
        { processor: "b", state: "started" },
      ]);
    },
  );
});

const accept = ({ response }: Turn): void => {
  sendJson(response, 200, {});
};

it("starts plainly without a body, and stops so", async () => {
  await onStage(accept, async ({ client, seen }) => {
    await client.start(PROCESSOR, within(5_000));
    await client.stop(PROCESSOR, within(5_000));
    expect(seen).toMatchObject([
      { method: "POST", url: `${path}:start`, body: "" },
      { method: "POST", url: `${path}:stop`, body: "" },
    ]);
    for (const { headers } of seen) {
      expect(headers).toMatchObject({
        accept: "application/vnd.atlas.2024-05-30+json",
        "content-length": "0",
      });
      expect(headers).not.toHaveProperty("content-type");
    }
  });
});

it("says of a plain start that was cut off that its fate is unknown", async () => {
  await onStage(
    ({ response }) => response.socket?.destroy(),
    async ({ client }) => {
      await expect(client.start(PROCESSOR, within(5_000))).rejects.toMatchObject({
        code: "atlas.ambiguous",
        context: { operation: "start", sent: true },
      });
    },
  );
});

it.each([
  [{}, {}],
  [{ tier: "SP30" as const }, { tier: "SP30" }],
  [{ resumeFromCheckpoint: false }, { resumeFromCheckpoint: false }],
  [{ startAtOperationTime: "2026-01-02T03:04:05Z" }, { startAtOperationTime: "2026-01-02T03:04:05Z" }],
  [{ failover: { region: "eu-west-1" } }, { failover: { region: "eu-west-1" } }],
  [
    {
      resumeFromCheckpoint: true,
      failover: { region: "us-east-1", mode: "FORCED" as const, dryRun: false, clearCheckpoint: true },
    },
    {
      resumeFromCheckpoint: true,
      failover: { region: "us-east-1", mode: "FORCED", dryRun: false, clearCheckpoint: true },
    },
  ],
])("sends of the options %j just what is there", async (options, body) => {
  await onStage(accept, async ({ client, seen }) => {
    await client.startWith(PROCESSOR, options, within(5_000));
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual(body);
    expect(seen[0]?.body).not.toContain("null");
    expect(seen[0]).toMatchObject({
      url: `${path}:startWith`,
      headers: {
        accept: "application/vnd.atlas.2025-03-12+json",
        "content-type": "application/vnd.atlas.2025-03-12+json",
      },
    });
  });
});
