// What is read of a project besides its processors, on real sockets: names of workspaces, why processors FAILED, how
// many calls Atlas allows. What is asked stands here byte by byte; what is tolerated in the answer, row by row.
import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { WORKSPACE, anError, catchAppError, onStage, sendJson } from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const { project } = WORKSPACE;
const GROUP = `/api/atlas/v2/groups/${project}`;
const SINCE = Date.parse("2026-01-02T03:04:05.678Z");
const MISSING = anError(404, "GROUP_NOT_FOUND", "not found");
const FORBIDDEN = anError(403, "USER_UNAUTHORIZED", "not authorized");

const answering =
  (body: unknown, status = 200) =>
  ({ response }: { readonly response: ServerResponse }): void => {
    sendJson(response, status, body);
  };

const names = (from: number, count: number): readonly Record<string, unknown>[] =>
  Array.from({ length: count }, (_, index) => ({ name: `w-${String(from + index)}`, newer: true }));

function pageOf({ url, response }: Turn): void {
  const pageNum = Number(new URL(url, "http://here").searchParams.get("pageNum"));
  const results = pageNum < 3 ? names(500 * (pageNum - 1), 500) : names(1_000, 3);
  const links = pageNum < 3 ? [{ rel: "self" }, { rel: "next" }] : [{ rel: "self" }];
  sendJson(response, 200, { results, totalCount: 1_003, links });
}

it("lists workspaces to the last page, asking the budget before each", async () => {
  await onStage(pageOf, async ({ client, seen }) => {
    const urls: string[] = [];
    let admitted = 0;
    const admit = (): Promise<void> => {
      admitted += 1;
      urls.push(`${String(seen.length)} sent`);
      return Promise.resolve();
    };
    const found = await client.listWorkspaces(project, { admit });
    expect(found).toHaveLength(1_003);
    expect(found?.at(-1)).toBe("w-1002");
    expect(admitted).toBe(3);
    expect(urls).toEqual(["0 sent", "1 sent", "2 sent"]);
    expect(seen.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((pageNum) => `${GROUP}/streams?itemsPerPage=500&pageNum=${String(pageNum)}`),
    );
    expect(seen[0]?.headers.accept).toBe("application/vnd.atlas.2023-02-01+json");
  });
});

it("takes a project without workspaces for one, and a 404 for none", async () => {
  await onStage(answering({ results: [], totalCount: 0 }), async ({ client }) => {
    expect(await client.listWorkspaces(project, {})).toEqual([]);
  });
  await onStage(answering(MISSING, 404), async ({ client }) => {
    expect(await client.listWorkspaces(project, {})).toBeUndefined();
  });
});

it.each([
  ["a workspace has no name", { results: [{ _id: "1" }], totalCount: 1 }, "atlas.unintelligible"],
  ["there are no results", { totalCount: 1 }, "atlas.unintelligible"],
])("lists no workspaces where %s", async (_what, body, code) => {
  await onStage(answering(body), async ({ client }) => {
    expect((await catchAppError(client.listWorkspaces(project, {}))).code).toBe(code);
  });
});

it("asks for failures of stream processors only, since a time that is encoded", async () => {
  await onStage(answering({ results: [], totalCount: 0 }), async ({ client, seen }) => {
    expect(await client.listFailures({ project, since: SINCE }, {})).toEqual([]);
    const query =
      "eventType=STREAM_PROCESSOR_STATE_IS_FAILED&minDate=2026-01-02T03%3A04%3A05.678Z&itemsPerPage=500&pageNum=1";
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: "GET",
      url: `${GROUP}/events?${query}`,
      headers: { accept: "application/vnd.atlas.2023-01-01+json" },
    });
  });
});

const EVENT = {
  id: "1",
  created: "2026-01-02T10:00:00Z",
  eventTypeName: "STREAM_PROCESSOR_STATE_IS_FAILED",
  instanceName: "orders",
  processorName: "clicks",
  processorState: "FAILED",
  processorErrorMsg: "invalid auth",
  newer: { any: true },
};
const TOLD = {
  at: Date.parse(EVENT.created),
  workspace: "orders",
  processor: "clicks",
  why: "invalid auth",
};

const EVENTS: readonly (readonly [string, Record<string, unknown>, readonly unknown[]])[] = [
  ["all of it", {}, [TOLD]],
  ["an offset in its time", { created: "2026-01-02T12:00:00+02:00" }, [TOLD]],
  ["a huge reason", { processorErrorMsg: "e".repeat(9_000) }, [{ ...TOLD, why: `${"e".repeat(499)}…` }]],
  [
    "a password in its reason",
    { processorErrorMsg: "no mongodb://feed:secret@db" },
    [{ ...TOLD, why: "no mongodb://feed:[redacted]@db" }],
  ],
  ["no workspace", { instanceName: undefined }, []],
  ["no processor", { processorName: undefined }, []],
  ["no reason", { processorErrorMsg: undefined }, []],
  ["null for a reason", { processorErrorMsg: null }, []],
  ["an empty reason", { processorErrorMsg: "" }, []],
  ["a number for a reason", { processorErrorMsg: 7 }, []],
  ["another type, whatever was asked for", { eventTypeName: "STREAM_PROCESSOR_STARTED" }, []],
];

it.each(EVENTS)("understands a failure with %s", async (_what, more, expected) => {
  await onStage(answering({ results: [{ ...EVENT, ...more }, EVENT] }), async ({ client }) => {
    expect(await client.listFailures({ project, since: SINCE }, {})).toEqual([...expected, TOLD]);
  });
});

it("tells of no failure where the project is 404, and of an error where it may not ask", async () => {
  await onStage(answering(MISSING, 404), async ({ client }) => {
    expect(await client.listFailures({ project, since: SINCE }, {})).toEqual([]);
  });
  await onStage(answering(FORBIDDEN, 403), async ({ client }) => {
    const call = client.listFailures({ project, since: SINCE }, {});
    expect((await catchAppError(call)).code).toBe("atlas.denied");
  });
});

const MOVED = {
  created: "2026-01-03T04:05:06Z",
  eventTypeName: "STREAM_PROCESSOR_STOPPED",
  instanceName: "orders",
  processorName: "clicks",
};
const MOVE = { at: Date.parse(MOVED.created), workspace: "orders", processor: "clicks" };

it.each<[string, object, readonly object[]]>([
  ["a username", { modifiedBy: "jane@example.com" }, [{ ...MOVE, by: "jane@example.com" }]],
  ["nobody", {}, [MOVE]],
  ["an empty name", { modifiedBy: "" }, [MOVE]],
  ["a number", { modifiedBy: 7 }, [MOVE]],
  ["our own id", { modifiedBy: "mdb_sa_id_1" }, [{ ...MOVE, by: { isOwn: true } }]],
  ["a name that is too long", { modifiedBy: "j".repeat(300) }, [{ ...MOVE, by: `${"j".repeat(199)}…` }]],
  [
    "Atlas's autoscaling",
    { eventTypeName: "STREAM_PROCESSOR_AUTOSCALE_INITIATED" },
    [{ ...MOVE, by: "Atlas's autoscaling" }],
  ],
  ["no processor", { processorName: undefined, modifiedBy: "jane" }, []],
  ["another type", { eventTypeName: "STREAM_PROCESSOR_DROPPED", modifiedBy: "jane" }, []],
])("understands a move by %s", async (_what, more, expected) => {
  await onStage(answering({ results: [{ ...MOVED, ...more }] }), async ({ client, seen }) => {
    expect(await client.listMoves({ project, since: SINCE }, {})).toEqual(expected);
    expect(new URL(seen[0]?.url ?? "", "http://here").searchParams.getAll("eventType")).toEqual(
      ["STARTED", "STOPPED", "MODIFIED", "AUTOSCALE_INITIATED"].map((type) => `STREAM_PROCESSOR_${type}`),
    );
  });
});

it("asks for the limits of the project's streams calls", async () => {
  await onStage(answering({ results: [] }), async ({ client, seen }) => {
    expect(await client.readRateLimits(project, {})).toBeUndefined();
    expect(seen[0]).toMatchObject({
      url: `/api/atlas/v2/rateLimits?groupId=${project}&name=Streams`,
      headers: { accept: "application/vnd.atlas.2025-03-12+json" },
    });
  });
});

const limitsOf = (capacity: unknown, rate: unknown, seconds: unknown): Record<string, unknown> => ({
  endpointSetId: "streams_group",
  endpointSetName: "Streams",
  scope: "GROUP",
  capacity: { defaultValue: null, value: capacity },
  refillRate: { defaultValue: 500, value: rate },
  refillDurationSeconds: { defaultValue: 60, value: seconds },
});

it.each([
  ["as documented", [1_200, 500, 60], { capacity: 1_200, refillPerMinute: 500, refillStep: 500 }],
  ["in short steps", [60, 20, 2], { capacity: 60, refillPerMinute: 600, refillStep: 20 }],
  ["in long steps", [9_000, 5_000, 600], { capacity: 9_000, refillPerMinute: 500, refillStep: 5_000 }],
  ["that do not divide", [100, 10, 7], { capacity: 100, refillPerMinute: 85, refillStep: 10 }],
  ["of less than one a minute", [10, 1, 3_600], { capacity: 10, refillPerMinute: 1, refillStep: 1 }],
] as const)("reads limits %s", async (_what, [capacity, rate, seconds], expected) => {
  await onStage(answering({ results: [limitsOf(capacity, rate, seconds)] }), async ({ client }) => {
    expect(await client.readRateLimits(project, {})).toEqual(expected);
  });
});

it.each([
  ["without a value", limitsOf(undefined, 500, 60)],
  ["of zero", limitsOf(0, 500, 60)],
  ["with an endless refill", limitsOf(1_200, 500, 0)],
  ["as text", limitsOf("1200", 500, 60)],
  ["beyond belief", limitsOf(9_007_199_254_740_991, 500, 60)],
  ["without a field", { capacity: { value: 1_200 } }],
])("does not believe limits %s", async (_what, limits) => {
  await onStage(answering({ results: [limits] }), async ({ client }) => {
    expect((await catchAppError(client.readRateLimits(project, {}))).code).toBe("atlas.unintelligible");
  });
});

it("says that limits may not be read, and that nobody has to be asked again for it", async () => {
  await onStage(answering(FORBIDDEN, 403), async ({ client }) => {
    const error = await catchAppError(client.readRateLimits(project, {}));
    expect(error).toMatchObject({ code: "atlas.denied", context: { operation: "rateLimits", sent: true } });
  });
});

it("takes nothing that these answers tell of their own limits for news of the streams budget", async () => {
  const headers = {
    "content-type": "application/json",
    "ratelimit-limit": "100",
    "ratelimit-remaining": "1",
    "retry-after": "60",
  };
  const play = ({ url, response }: Turn): void => {
    const isStreams = url.includes("/streams");
    response.writeHead(isStreams ? 200 : 429, headers).end(JSON.stringify({ results: [] }));
  };
  await onStage(play, async ({ client, readings }) => {
    const calls = [client.listFailures({ project, since: SINCE }, {}), client.readRateLimits(project, {})];
    for (const call of calls) {
      expect(await catchAppError(call)).toMatchObject({ code: "atlas.rate_limited", retryAfterMs: 60_000 });
    }
    expect(readings).toEqual([]);
    await client.listWorkspaces(project, {});
    expect(readings).toEqual([{ project, limit: 100, remaining: 1 }]);
  });
});

it.each(["not-a-project", "../groups", "32B6E34B3D91647ABB20E7B8", ""])(
  "sends nothing for a project called %j",
  async (name) => {
    await onStage(answering({}), async ({ client, seen }) => {
      const calls = [
        client.listWorkspaces(name, {}),
        client.listFailures({ project: name, since: SINCE }, {}),
        client.readRateLimits(name, {}),
      ];
      for (const call of calls) expect((await catchAppError(call)).code).toBe("request.refused");
      expect(seen).toEqual([]);
    });
  },
);
