// Which class a failure has: the shipped rows by texts that are documented or were seen, own rules before them, and
// what must hold of any text at all.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLASS_NAMES, OWN_CLASSES } from "../../../src/domain/failure-classes.js";
import type { FailureClass, FailureFacts, FailureRule } from "../../../src/domain/failure-classes.js";
import { classify } from "../../../src/domain/recover/classify.js";
import { FAILURE_TABLE } from "../../../src/domain/recover/failure-table.js";

/** Not RE2: the domain is given whatever finds. */
const finds = (pattern: string, text: string): boolean => text.includes(pattern);
const NO_RULES = { rules: [], finds };

function failing(text: string, fields: Partial<FailureFacts> = {}): FailureFacts {
  return { status: null, errorCode: null, text, preceding: null, ...fields };
}

interface ClassCase {
  readonly reason: string;
  readonly failure: FailureFacts;
  readonly class: FailureClass;
  /** Undefined: no row. */
  readonly rule?: string;
  readonly why?: string;
}

const GENERIC = { status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR" };

const CASES: readonly ClassCase[] = [
  {
    reason: "402 is about the bill, whatever its text says",
    failure: failing("out of memory", { status: 402 }),
    class: "no-billing",
    rule: "payment",
    why: "HTTP 402",
  },
  {
    reason: "the code of a bill tells it without the status",
    failure: failing("", { errorCode: "NO_PAYMENT_INFORMATION_FOUND" }),
    class: "no-billing",
    rule: "payment",
    why: "NO_PAYMENT_INFORMATION_FOUND",
  },
  { reason: "401", failure: failing("", { status: 401 }), class: "denied", rule: "access", why: "HTTP 401" },
  { reason: "403", failure: failing("", { status: 403 }), class: "denied", rule: "access", why: "HTTP 403" },
  {
    reason: "the documented code in brackets",
    failure: failing("(418) the worker was killed"),
    class: "out-of-memory",
    rule: "memory",
    why: "code 418",
  },
  {
    reason: "the documented name",
    failure: failing("StreamProcessorWorkerOutOfMemory: worker exceeded its memory"),
    class: "out-of-memory",
    rule: "memory",
    why: "streamprocessorworkeroutofmemory",
  },
  { reason: "a count is no code", failure: failing("read 418 documents"), class: "unknown" },
  { reason: "418 inside a longer number", failure: failing("code 4180"), class: "unknown" },
  {
    reason: "all words of one set, in any order",
    failure: failing("this tier has a limit of 32 Kafka partitions"),
    class: "partitions-over-tier",
    rule: "partitions",
  },
  { reason: "not all words of a set", failure: failing("64 partitions assigned"), class: "unknown" },
  {
    reason: "the server's one code for both, and the text names the time",
    failure: failing("code 286: startAtOperationTime is before the start of the oplog"),
    class: "start-time-outside-oplog",
    rule: "start time",
  },
  {
    reason: "the server's words for a change stream that cannot be resumed",
    failure: failing(
      "Resume of change stream was not possible, as the resume point may no longer be in the oplog.",
    ),
    class: "checkpoint-lost",
    rule: "resume point",
  },
  {
    reason: "the code as JSON writes it",
    failure: failing('{"codeName":"x","code":286}'),
    class: "checkpoint-lost",
    rule: "resume point",
    why: "code 286",
  },
  {
    reason: "a token that was lost inside the window",
    failure: failing("error 280: cannot resume stream"),
    class: "checkpoint-lost",
    rule: "resume point",
    why: "code 280",
  },
  {
    reason: "the documented code of invalid options",
    failure: failing("StreamProcessorInvalidOptions (420)"),
    class: "invalid-pipeline",
    rule: "pipeline",
    why: "code 420",
  },
  {
    reason: "the IDL's words in a refusal, behind Atlas's opening",
    failure: failing(
      "Streams Processor with this name (clicks) had a problem occur: IDLUnknownField: BSON field '$source.x'",
      GENERIC,
    ),
    class: "invalid-pipeline",
    rule: "pipeline",
    why: "idlunknownfield",
  },
  {
    reason: "a name may be made of any words",
    failure: failing("Streams Processor with this name (out of memory) had a problem occur: no", GENERIC),
    class: "unknown",
  },
  {
    reason: "BadValue alone may be about anything",
    failure: failing("BadValue: cannot parse"),
    class: "unknown",
  },
  {
    reason: "the alert's sample, by its location",
    failure: failing("MongoServerError: Failed to start stream processor: (Location77175) Kafka said -195"),
    class: "connection",
    rule: "source or sink",
    why: "code 77175",
  },
  {
    reason: "a topic that is not there",
    failure: failing("419: no partitions found for topic clicks"),
    class: "connection",
    rule: "source or sink",
    why: "no partitions found",
  },
  {
    reason: "a connection that is gone",
    failure: failing("connection named kafka-eu does not exist", GENERIC),
    class: "connection",
    rule: "source or sink",
  },
  {
    reason: "the tenant lock",
    failure: failing("timed out trying to acquire tenant lock", GENERIC),
    class: "transient",
    rule: "platform",
  },
  {
    reason: "503",
    failure: failing("", { status: 503 }),
    class: "transient",
    rule: "platform",
    why: "HTTP 503",
  },
  { reason: "no text at all", failure: failing(""), class: "unknown" },
  {
    reason: "a lost history after a start at a time is that time's",
    failure: failing("code 286", { preceding: { startedAtTime: true, memoryShare: null } }),
    class: "start-time-outside-oplog",
    rule: "start at a time",
    why: "code 286",
  },
  {
    reason: "a lost history after any other start is the checkpoint's",
    failure: failing("code 286", { preceding: { startedAtTime: false, memoryShare: 0.95 } }),
    class: "checkpoint-lost",
    rule: "resume point",
  },
  {
    reason: "no telling text, and its memory was full",
    failure: failing("", { preceding: { startedAtTime: false, memoryShare: 0.8 } }),
    class: "out-of-memory",
    rule: "memory in use",
    why: "80% of its tier's memory was in use",
  },
  {
    reason: "no telling text, and its memory was not full",
    failure: failing("", { preceding: { startedAtTime: true, memoryShare: 0.79 } }),
    class: "unknown",
  },
  {
    reason: "a text that says something else, and its memory was full",
    failure: failing("internal error", { preceding: { startedAtTime: false, memoryShare: 0.99 } }),
    class: "transient",
    rule: "platform",
  },
  {
    reason: "$validate with the action error",
    failure: failing("document failed validation"),
    class: "unknown",
  },
];

it.each(CASES)("$class: $reason", ({ failure, class: wanted, rule, why }) => {
  const told = classify(failure, NO_RULES);
  expect({ class: told.class, rule: told.rule }).toEqual({ class: wanted, rule: rule ?? "none" });
  if (why !== undefined) expect(told.why).toBe(why);
});

it("every row of the table has a case, and every row its source", () => {
  const told = new Set(CASES.map(({ rule }) => rule));
  expect(FAILURE_TABLE.map(({ rule }) => rule).filter((rule) => !told.has(rule))).toEqual([]);
  expect(FAILURE_TABLE.filter(({ source }) => !/^\d/.test(source))).toEqual([]);
});

it("every class but unknown has a row", () => {
  const told = new Set(FAILURE_TABLE.map((row) => row.class));
  expect(CLASS_NAMES.filter((name) => !told.has(name))).toEqual(["unknown"]);
});

describe("own rules", () => {
  const rules: readonly FailureRule[] = [
    { code: 286, class: "transient" },
    { pattern: "broker", class: "connection" },
    { pattern: "br", class: "invalid-pipeline" },
  ];

  it.each([
    {
      what: "a code before the shipped row of it",
      text: "code 286",
      class: "transient",
      rule: "recovery.rules 1",
    },
    {
      what: "the first that matches",
      text: "the broker is gone",
      class: "connection",
      rule: "recovery.rules 2",
    },
    { what: "a later one", text: "brrr", class: "invalid-pipeline", rule: "recovery.rules 3" },
    { what: "none: the shipped table", text: "(418)", class: "out-of-memory", rule: "memory" },
  ])("$what", ({ text, class: name, rule }) => {
    expect(classify(failing(text), { rules, finds })).toMatchObject({ class: name, rule });
  });
});

describe("whatever is told", () => {
  const part = fc.constantFrom(
    ...FAILURE_TABLE.flatMap(({ words = [], codes = [] }) => [
      ...words.map((set) => set.join(" ")),
      ...codes.map((code) => `(${String(code)})`),
    ]),
  );
  const facts: fc.Arbitrary<FailureFacts> = fc.record({
    status: fc.option(fc.constantFrom(400, 401, 402, 403, 404, 409, 429, 500, 503)),
    errorCode: fc.option(fc.constantFrom("NO_PAYMENT_INFORMATION_FOUND", "STREAM_PROCESSOR_GENERIC_ERROR")),
    text: fc.oneof(
      fc.string(),
      fc.array(fc.oneof(part, fc.string({ maxLength: 8 })), { maxLength: 4 }).map((all) => all.join(" ")),
    ),
    preceding: fc.option(
      fc.record({ startedAtTime: fc.boolean(), memoryShare: fc.constantFrom(null, 0.5, 0.8, 1.2) }),
    ),
  });
  const rules = fc.array(
    fc.oneof(
      fc.record({ code: fc.constantFrom(286, 418, 7), class: fc.constantFrom(...OWN_CLASSES) }),
      fc.record({ pattern: fc.constantFrom("a", "oplog", "zz"), class: fc.constantFrom(...OWN_CLASSES) }),
    ),
    { maxLength: 3 },
  );

  it("it has one class, the same each time, and a rule that can be looked up", () => {
    const known = new Set(["none", ...FAILURE_TABLE.map(({ rule }) => rule)]);
    fc.assert(
      fc.property(facts, rules, (failure, own) => {
        const told = classify(failure, { rules: own, finds });
        expect(classify(failure, { rules: own, finds })).toEqual(told);
        expect(CLASS_NAMES).toContain(told.class);
        const place = /^recovery\.rules (\d)$/.exec(told.rule)?.[1];
        if (place === undefined) expect(known).toContain(told.rule);
        else expect(own[Number(place) - 1]?.class).toBe(told.class);
      }),
    );
  });

  it("a rule that matches everything decides, and one that matches nothing changes nothing", () => {
    fc.assert(
      fc.property(facts, rules, fc.constantFrom(...OWN_CLASSES), (failure, own, name) => {
        const first: FailureRule = { pattern: "", class: name };
        expect(classify(failure, { rules: [first, ...own], finds }).class).toBe(name);
        const never: FailureRule = { pattern: "\u0000 never", class: name };
        expect(classify(failure, { rules: [...own, never], finds })).toEqual(
          classify(failure, { rules: own, finds }),
        );
      }),
    );
  });
});
