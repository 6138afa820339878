// Reading one processor or workspace, on real sockets: Atlas's words into ours, what counts as absent, and bad answers.
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { ReadCall } from "../../../src/atlas/client.js";
import {
  PROCESSOR,
  WORKSPACE,
  aProcessor,
  anError,
  catchAppError,
  onStage,
  sendJson,
} from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const ID = "0".repeat(24);
const SEEN: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
  ["little", {}, { state: "STARTED", autoscaled: false }],
  ["an unknown state", { state: "HIBERNATING" }, { state: "HIBERNATING", autoscaled: false }],
  ["a tier we do not know", { tier: "SP99" }, { state: "STARTED", autoscaled: false, tier: "SP99" }],
  ["null for a tier", { tier: null }, { state: "STARTED", autoscaled: false }],
  [
    "an effective tier",
    { tier: "SP10", effectiveTier: "SP30" },
    { state: "STARTED", autoscaled: true, tier: "SP10", effectiveTier: "SP30" },
  ],
  [
    "autoscaling",
    { options: { autoscaling: { enabled: true }, dlq: {} } },
    { state: "STARTED", autoscaled: true },
  ],
  [
    "autoscaling turned off",
    { options: { autoscaling: { enabled: false } } },
    { state: "STARTED", autoscaled: false },
  ],
  ["options of another kind", { options: "new" }, { state: "STARTED", autoscaled: false }],
  [
    "a reason",
    { state: "FAILED", errorMsg: "e".repeat(900) },
    { state: "FAILED", autoscaled: false, errorMessage: `${"e".repeat(499)}…` },
  ],
  [
    "a reason that names a password where it is cut",
    { state: "FAILED", errorMsg: `${"e".repeat(470)} mongodb://feed:a-long-password@db.internal` },
    {
      state: "FAILED",
      autoscaled: false,
      errorMessage: `${"e".repeat(470)} mongodb://feed:[redacted]@db…`,
    },
  ],
  ["extra fields", { stats: { ok: 1 }, newer: [1] }, { state: "STARTED", autoscaled: false }],
];

it.each(SEEN)("observes a processor with %s", async (_what, more, expected) => {
  await onStage(
    ({ response }) => {
      sendJson(response, 200, aProcessor("clicks", more));
    },
    async ({ client, seen }) => {
      expect(await client.getProcessor(PROCESSOR, {})).toEqual({
        atlasId: ID,
        processor: "clicks",
        ...expected,
      });
      expect(seen[0]).toMatchObject({
        method: "GET",
        headers: { accept: "application/vnd.atlas.2024-05-30+json" },
      });
    },
  );
});

const SEEN_AT = Date.UTC(2026, 4, 4, 9, 42);
const DESCRIBED: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
  ["nothing more", {}, { failoverEnabled: false }],
  [
    "the range Atlas scales it in",
    { options: { autoscaling: { enabled: true, minTier: "SP10", maxTier: "SP50" } } },
    { autoscaled: true, autoscaling: { minTier: "SP10", maxTier: "SP50" }, failoverEnabled: false },
  ],
  [
    "half a range",
    { options: { autoscaling: { enabled: true, minTier: null, maxTier: "SP50" } } },
    { autoscaled: true, autoscaling: { maxTier: "SP50" }, failoverEnabled: false },
  ],
  [
    "a range that is switched off",
    { options: { autoscaling: { enabled: false, maxTier: "SP50" } } },
    { failoverEnabled: false },
  ],
  [
    "a dead letter queue",
    { options: { dlq: { connectionName: "lake", db: "errors", coll: "dead" } } },
    { deadLetters: { connection: "lake", db: "errors", coll: "dead" }, failoverEnabled: false },
  ],
  ["half a queue", { options: { dlq: { db: 7 } } }, { deadLetters: {}, failoverEnabled: false }],
  ["a queue of another kind", { options: { dlq: "lake" } }, { failoverEnabled: false }],
  ["failover", { failoverEnabled: true }, { failoverEnabled: true }],
  ["failover of another kind", { failoverEnabled: "maybe" }, { failoverEnabled: false }],
  [
    "stats",
    {
      stats: {
        ok: 1,
        inputMessageCount: 120,
        outputMessageCount: 100,
        dlqMessageCount: 3,
        stateSize: 2048,
        memoryTrackerBytes: 4_194_304,
        changeStreamTimeDifferenceSecs: 2,
        changeStreamState: { _data: "8267C867A20000001904" },
        kafkaTotalOffsetLag: 7,
        operatorStats: [{ name: "Whatever" }],
      },
    },
    {
      failoverEnabled: false,
      stats: {
        messagesIn: 120,
        messagesOut: 100,
        deadLetterMessages: 3,
        stateBytes: 2_048,
        memoryBytes: 4_194_304,
        lagSeconds: 2,
        // The token of an event whose clusterTime was Timestamp({ t: 1741186978, i: 25 }).
        positionAt: 1_741_186_978_000,
        kafkaLag: 7,
      },
    },
  ],
  [
    "stats of which nothing is known",
    { stats: { inputMessageCount: "many", changeStreamTimeDifferenceSecs: -1, lastMessageIn: "yesterday" } },
    { failoverEnabled: false, stats: {} },
  ],
  ["stats of another kind", { stats: [1] }, { failoverEnabled: false }],
  ...[
    {},
    null,
    "8267C867A2",
    { _data: 82 },
    { _data: "8267C8" },
    { _data: "1467C867A2" },
    { _data: "82xxxxxxxx" },
  ].map(
    (changeStreamState) =>
      [
        `a token like ${JSON.stringify(changeStreamState)}`,
        { stats: { changeStreamState, inputMessageCount: 1 } },
        { failoverEnabled: false, stats: { messagesIn: 1 } },
      ] as const,
  ),
  ...[
    "2026-05-04T09:42:00Z",
    "2026-05-04T11:42:00+02:00",
    SEEN_AT,
    SEEN_AT / 1_000,
    { $date: "2026-05-04T09:42:00Z" },
    { $date: SEEN_AT },
  ].map(
    (date) =>
      [
        `dates written as ${JSON.stringify(date)}`,
        { stats: { lastMessageIn: date, watermark: date } },
        { failoverEnabled: false, stats: { lastMessageAt: SEEN_AT, watermarkAt: SEEN_AT } },
      ] as const,
  ),
];

it.each(DESCRIBED)("describes a processor with %s", async (_what, more, expected) => {
  await onStage(
    ({ response }) => {
      sendJson(response, 200, { results: [aProcessor("clicks", more)], totalCount: 1 });
    },
    async ({ client }) => {
      const basis = { atlasId: ID, processor: "clicks", state: "STARTED", autoscaled: false };
      expect(await client.describeProcessors(WORKSPACE, {})).toEqual([{ ...basis, ...expected }]);
    },
  );
});

it.each([
  [{ streamConfig: { tier: "SP30", maxTierSize: "SP50" } }, { defaultTier: "SP30", maxTier: "SP50" }],
  [{ name: "orders", streamConfig: { tier: "SP30" } }, { defaultTier: "SP30" }],
  [{ streamConfig: null }, {}],
  [{}, {}],
])("reads a workspace's limits from %j", async (body, expected) => {
  await onStage(
    ({ response }) => {
      sendJson(response, 200, body);
    },
    async ({ client, seen }) => {
      expect(await client.getWorkspace(WORKSPACE, {})).toEqual(expected);
      expect(seen[0]?.headers.accept).toBe("application/vnd.atlas.2023-02-01+json");
    },
  );
});

it("reads a zipped answer", async () => {
  const zipped = gzipSync(JSON.stringify(aProcessor("clicks")));
  await onStage(
    ({ response }) => response.writeHead(200, { "content-encoding": "gzip" }).end(zipped),
    async ({ client }) => {
      expect(await client.getProcessor(PROCESSOR, {})).toMatchObject({ state: "STARTED" });
    },
  );
});

it("holds a 404 of Atlas's own for absence", async () => {
  await onStage(
    ({ response }) => {
      sendJson(response, 404, anError(404, "STREAM_TENANT_NOT_FOUND_FOR_NAME", "not found"));
    },
    async ({ client }) => {
      expect(await client.getProcessor(PROCESSOR, {})).toBeUndefined();
      expect(await client.getWorkspace(WORKSPACE, {})).toBeUndefined();
    },
  );
});

it("holds the 400 of before June 2026 for absence only where told to", async () => {
  const detail =
    "Streams Processor with this name (clicks) had a problem occur: stream processor doesn't exist";
  const play = ({ response }: Turn): void => {
    sendJson(response, 400, anError(400, "STREAM_PROCESSOR_GENERIC_ERROR", detail));
  };
  await onStage(play, async ({ client }) => {
    expect((await catchAppError(client.getProcessor(PROCESSOR, {}))).code).toBe("atlas.rejected");
  });
  await onStage(
    play,
    async ({ client }) => {
      expect(await client.getProcessor(PROCESSOR, {})).toBeUndefined();
    },
    { acceptsLegacyNotFound: true },
  );
});

const text =
  (status: number, body: string | Buffer, headers = {}) =>
  ({ response }: Turn): void => {
    response.writeHead(status, headers).end(body);
  };
const BOMB = gzipSync(Buffer.alloc(20_000_000, 32));
const endless = ({ response }: Turn): void => {
  const chunk = Buffer.alloc(1_000_000, 32);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", more);
  };
  response.writeHead(200);
  more();
};

const BAD: readonly (readonly [string, (turn: Turn) => unknown, string])[] = [
  ["a proxy's 404 page", text(404, "<html>"), "atlas.unintelligible"],
  ["an empty 404", text(404, ""), "atlas.unintelligible"],
  ["a redirect", text(302, "", { location: "/elsewhere" }), "atlas.unintelligible"],
  ["HTML", text(200, "<html>"), "atlas.unintelligible"],
  ["nothing", text(200, ""), "atlas.unintelligible"],
  ["half of the JSON", text(200, '{"_id": "0'), "atlas.unintelligible"],
  ["no state", text(200, JSON.stringify({ _id: ID, name: "clicks" })), "atlas.unintelligible"],
  ["another processor", text(200, JSON.stringify(aProcessor("other"))), "atlas.unintelligible"],
  ["a body without end", endless, "atlas.unintelligible"],
  ["a zip bomb", text(200, BOMB, { "content-encoding": "gzip" }), "atlas.unintelligible"],
  ["half a zip", text(200, BOMB.subarray(0, 100), { "content-encoding": "gzip" }), "atlas.unavailable"],
  [
    "a cut off body",
    ({ response }) => {
      response.writeHead(200, { "content-length": "9" });
      response.write("{", () => response.socket?.destroy());
    },
    "atlas.unavailable",
  ],
  ["a reset", ({ response }) => response.socket?.resetAndDestroy(), "atlas.unavailable"],
  ["500", text(500, "{}"), "atlas.unavailable"],
  ["a 504 page", text(504, "<html>"), "atlas.unavailable"],
  ["silence", () => undefined, "atlas.unavailable"],
  [
    "a trickle",
    ({ response }) => {
      response.writeHead(200).write("{");
    },
    "atlas.unavailable",
  ],
];

it.each(BAD)("judges %s", async (_what, play, code) => {
  await onStage(play, async ({ client }) => {
    const call: ReadCall = { timeoutMs: 700 };
    expect(await catchAppError(client.getProcessor(PROCESSOR, call))).toMatchObject({
      code,
      context: { operation: "get" },
    });
  });
});

it("keeps its connections", async () => {
  const ports = new Set<number | undefined>();
  const play = ({ response }: Turn): void => {
    ports.add(response.socket?.remotePort);
    sendJson(response, 200, aProcessor("clicks"));
  };
  await onStage(play, async ({ client }) => {
    for (let n = 0; n < 8; n += 1) await client.getProcessor(PROCESSOR, {});
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});
