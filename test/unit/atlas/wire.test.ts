// Whatever comes over the wire: a parser makes of it what can be stored and shown, or nothing, and never an exception
// of its own. And what goes out: a path holds only what a ref may hold.
import fc from "fast-check";
import { expect, it } from "vitest";
import { checked, parseReply } from "../../../src/atlas/caller.js";
import {
  keptText,
  parseErrorBody,
  parseFailureEvents,
  parseJson,
  parsePage,
  parseRateLimits,
  parseToken,
  parseWorkspaceLimits,
  parseWorkspaceNames,
  toFailuresPath,
  toListPath,
  toProcessorPath,
  toRateLimitsPath,
  toStartBody,
  toWorkspacePath,
  toWorkspacesPath,
} from "../../../src/atlas/wire.js";
import {
  parseProcessor,
  parseProcessorDetails,
  parseProcessorDetailsPage,
  parseProcessorPage,
} from "../../../src/atlas/wire-processors.js";
import { AppError } from "../../../src/base/errors.js";
import { PROCESSOR, WORKSPACE, aProcessor } from "./scripted-server.js";

const PARSERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  parseProcessor,
  parseProcessorDetails,
  parseProcessorPage,
  parseProcessorDetailsPage,
  parseWorkspaceLimits,
  parseWorkspaceNames,
  parseFailureEvents,
  parseRateLimits,
  parseToken,
};
const NAMES = Object.keys(PARSERS);

/** Fields that are read, with values of every kind: likelier to reach the inside of a parser than any JSON. */
const KNOWN = [
  ...[
    "_id",
    "name",
    "state",
    "tier",
    "effectiveTier",
    "errorMsg",
    "options",
    "autoscaling",
    "enabled",
    "stats",
  ],
  ...[
    "watermark",
    "lastMessageIn",
    "inputMessageCount",
    "stateSize",
    "$date",
    "dlq",
    "db",
    "results",
    "links",
  ],
  ...["totalCount", "rel", "created", "eventTypeName", "instanceName", "processorName", "processorErrorMsg"],
  ...[
    "capacity",
    "refillRate",
    "refillDurationSeconds",
    "value",
    "access_token",
    "expires_in",
    "streamConfig",
  ],
  ...["status", "content", "errorCode", "detail", "reason", "parameters", "__proto__", "constructor"],
];
const replies = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(
      null,
      true,
      "",
      "STARTED",
      "2026-01-02T03:04:05Z",
      "next",
      "Infinity",
      -1,
      0,
      1,
      1e300,
      1e15,
    ),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KNOWN), tie("node"), { maxKeys: 6 }),
  ),
})).node;

it("reads any JSON as what it should be or not at all, without an exception", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), replies, (name, reply) => {
      const value: unknown = JSON.parse(JSON.stringify(reply));
      expect(() => PARSERS[name]?.(value)).not.toThrow();
    }),
    { numRuns: 3_000 },
  );
});

const bodies = fc.oneof(
  replies.map((reply) => JSON.stringify(reply)),
  replies.map((reply) => JSON.stringify({ status: 200, content: reply })),
  replies.map((reply) => JSON.stringify({ results: [reply] })),
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
);

it("throws of any reply nothing but that it is not understood, in words that quote none of it", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), bodies, (name, body) => {
      const reply = { status: 200, headers: {}, body: Buffer.from(body) };
      const thrown = catchThrown(() => parseReply("get", reply, PARSERS[name] ?? parseProcessor));
      if (thrown === undefined) return;
      expect(thrown).toBeInstanceOf(AppError);
      expect(thrown).toMatchObject({
        code: "atlas.unintelligible",
        context: { operation: "get", status: 200, sent: true, transient: false },
      });
      const said = (thrown as AppError).message.replace("Atlas's answer to get is not understood: ", "");
      expect(["it is not JSON", "a field that must be there is not, or of another kind"]).toContain(said);
    }),
    { numRuns: 2_000 },
  );
});

function catchThrown(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

it("shows of a processor only times that are times, and counts that count something", () => {
  const date = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 1e11, 99_999_999_999, 8.64e15, 8.64e15 + 1, 1e300, -5, "2026-02-30T00:00:00Z", "soon"),
  );
  const stats = fc.record({
    watermark: date,
    lastMessageIn: date,
    stateSize: fc.double(),
    dlqMessageCount: date,
  });
  fc.assert(
    fc.property(stats, (told) => {
      const found = parseProcessorDetails(aProcessor("clicks", { stats: told }))?.stats;
      for (const at of [found?.watermarkAt, found?.lastMessageAt]) {
        if (at !== undefined) expect(() => new Date(at).toISOString()).not.toThrow();
      }
      for (const count of [found?.stateBytes ?? 0, found?.deadLetterMessages ?? 0]) {
        expect(Number.isFinite(count) && count >= 0).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

it.each([
  { reason: "seconds", told: 1_767_323_045, at: 1_767_323_045_000 },
  { reason: "milliseconds", told: 1_767_323_045_678, at: 1_767_323_045_678 },
  { reason: "the last count that is seconds", told: 99_999_999_999, at: 99_999_999_999_000 },
  { reason: "the first that is milliseconds", told: 100_000_000_000, at: 100_000_000_000 },
  { reason: "an offset", told: "2026-01-02T05:04:05+02:00", at: 1_767_323_045_000 },
  { reason: "extended JSON", told: { $date: 1_767_323_045 }, at: 1_767_323_045_000 },
  { reason: "the last time there is", told: 8.64e15, at: 8.64e15 },
  { reason: "a time that no clock shows", told: 1e300, at: undefined },
  { reason: "a day that does not exist", told: "2026-02-30T00:00:00Z", at: undefined },
  { reason: "extended JSON of another kind", told: { $date: { $numberLong: "5" } }, at: undefined },
])("reads a date inside stats: $reason", ({ told, at }) => {
  const found = parseProcessorDetails(aProcessor("clicks", { stats: { watermark: told } }));
  expect(found?.stats?.watermarkAt).toBe(at);
});

it.each([
  {
    reason: "the newer name of memory counts first",
    stats: { memoryUsageBytes: 1, memoryTrackerBytes: 2 },
    found: { memoryBytes: 1 },
  },
  { reason: "the older name alone", stats: { memoryTrackerBytes: 2 }, found: { memoryBytes: 2 } },
  { reason: "none is not nought", stats: {}, found: {} },
  { reason: "nought is not none", stats: { inputMessageCount: 0 }, found: { messagesIn: 0 } },
  {
    reason: "a text is no count",
    stats: { inputMessageCount: "7", outputMessageCount: 7 },
    found: { messagesOut: 7 },
  },
])("reads stats: $reason", ({ stats, found }) => {
  expect(parseProcessorDetails(aProcessor("clicks", { stats }))?.stats).toEqual(found);
});

it.each([
  {
    reason: "one bad item spoils the page: half a list is none",
    page: { results: [aProcessor("a"), {}] },
    found: undefined,
  },
  { reason: "no results", page: { totalCount: 0 }, found: undefined },
  { reason: "a count below nothing", page: { results: [], totalCount: -1 }, found: undefined },
  {
    reason: "links of another kind are passed over",
    page: { results: [], links: "x" },
    found: { items: [], hasNext: false },
  },
  {
    reason: "a next link among others",
    page: { results: [], links: [{ rel: "self" }, { rel: "next" }] },
    found: { items: [], hasNext: true },
  },
])("reads a page: $reason", ({ page, found }) => {
  expect(parsePage(page, parseProcessor)).toEqual(found);
});

it.each([
  {
    reason: "Atlas's own",
    text: '{"errorCode":"X","detail":"d","parameters":[1]}',
    is: { isAtlas: true, errorCode: "X", detail: "d", parameters: [1] },
  },
  {
    reason: "of the token endpoint",
    text: '{"error_description":"bad client"}',
    is: { isAtlas: false, detail: "bad client", parameters: [] },
  },
  {
    reason: "the detail before the reason",
    text: '{"reason":"r","detail":"d"}',
    is: { isAtlas: false, detail: "d", parameters: [] },
  },
  {
    reason: "fields of another kind",
    text: '{"errorCode":5,"detail":{},"parameters":"x"}',
    is: { isAtlas: false, detail: "", parameters: [] },
  },
  { reason: "a list", text: "[]", is: { isAtlas: false, detail: "", parameters: [] } },
  { reason: "a page", text: "<html>", is: { isAtlas: false, detail: "", parameters: [] } },
])("reads an error body: $reason", ({ text, is }) => {
  expect(parseErrorBody(text)).toEqual(is);
});

it("tells nothing of a text that is no JSON", () => {
  expect(parseJson('{"a":')).toBeUndefined();
  expect(parseJson("null")).toEqual({ value: null });
});

it("keeps 500 characters of a text, without what nobody could store", () => {
  expect(keptText.parse(`a\0${"x".repeat(600)}`)).toBe(`a\ufffd${"x".repeat(497)}…`);
});

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,20}$/);
const VERBS = [undefined, "start", "startWith", "stop"] as const;

it("writes a path in which every name can be read again, and nothing else can begin", () => {
  fc.assert(
    fc.property(name, name, fc.constantFrom(...VERBS), (workspace, processor, verb) => {
      const path = toProcessorPath({ ...PROCESSOR, workspace, processor }, verb);
      const [, , , , , project, streams, atWorkspace = "", noun, last = ""] = path.split("/");
      const atName = verb === undefined ? last : last.slice(0, -verb.length - 1);
      expect([project, streams, noun]).toEqual([PROCESSOR.project, "streams", "processor"]);
      expect([atWorkspace, atName].map(decodeURIComponent)).toEqual([workspace, processor]);
      expect(path).toMatch(/^[\w/.%:-]+$/);
      if (verb !== undefined) expect(last.slice(last.lastIndexOf(":"))).toBe(`:${verb}`);
    }),
  );
});

const HOSTILE = ["", "../x", "a/b", "a%2fb", "a?b", "a#b", "a\nb", " a", "é", "x".repeat(129)];

it.each(HOSTILE)("refuses the name %j before anything is sent", (bad) => {
  const page = { pageNum: 1, pageSize: 5 };
  const paths = [
    () => toProcessorPath({ ...PROCESSOR, processor: bad }),
    () => toWorkspacePath({ ...WORKSPACE, workspace: bad }),
    () => toListPath({ ...WORKSPACE, project: bad }, page),
    () => toWorkspacesPath(bad, page),
    () => toFailuresPath(bad, 0, page),
    () => toRateLimitsPath(bad),
  ];
  for (const toPath of paths) {
    expect(toPath).toThrow(RangeError);
    expect(() => checked(toPath)).toThrow(
      expect.objectContaining({
        code: "request.refused",
        context: { sent: false, transient: false },
      }) as Error,
    );
  }
});

it("asks for a page by its own number and size, and since a time that survives the URL", () => {
  const path = toFailuresPath(WORKSPACE.project, Date.UTC(2026, 0, 2), { pageNum: 3, pageSize: 7 });
  expect(Object.fromEntries(new URL(path, "http://x").searchParams)).toEqual({
    eventType: "STREAM_PROCESSOR_STATE_IS_FAILED",
    minDate: "2026-01-02T00:00:00.000Z",
    itemsPerPage: "7",
    pageNum: "3",
  });
  const list = new URL(toListPath(WORKSPACE, { pageNum: 2, pageSize: 500 }), "http://x");
  expect(list.search).toBe("?includeCount=true&itemsPerPage=500&pageNum=2");
});

it("sends no field that is not an option, whatever else an object holds", () => {
  const options = { tier: "SP10", resumeFromCheckpoint: undefined, version: 3, __proto__: { mode: "x" } };
  expect(toStartBody(options as never)).toBe('{"tier":"SP10"}');
});
