// From what is written to the effective policy: Headgate's own defaults, the document's, the processor's.
import { expect, it } from "vitest";
import type { Policy } from "../../../src/domain/policy.js";
import { policyChanges } from "../../../src/policy-file/diff.js";
import { HEAD, parseSound } from "./documents.js";

const BARE: Policy = {
  state: "STARTED",
  mode: "enforce",
  start: {},
  recovery: {
    backoff: { initialMs: 60_000, factor: 2, maxMs: 3_600_000 },
    maxAttempts: 30,
    stableAfterMs: 1_800_000,
    stoppedGraceMs: 300_000,
  },
};

const DEFAULTS = `
  state: STOPPED
  mode: observe
  start: { tier: SP10, startAtOperationTime: 2026-05-04T09:42:00Z }
  restart: { cron: "0 3 * * *", timezone: Europe/Madrid, spread: 30m, catchUp: 1h30m }
  recovery: { backoff: { initial: 2m, factor: 3, max: 4h }, maxAttempts: 7, stableAfter: 10m, stoppedGrace: 90s }`;

const UNSCHEDULED: Policy = {
  state: "STOPPED",
  mode: "observe",
  start: { tier: "SP10", startAtOperationTime: "2026-05-04T09:42:00Z" },
  recovery: {
    backoff: { initialMs: 120_000, factor: 3, maxMs: 14_400_000 },
    maxAttempts: 7,
    stableAfterMs: 600_000,
    stoppedGraceMs: 90_000,
  },
};
const INHERITED: Policy = {
  ...UNSCHEDULED,
  restart: { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: 1_800_000, catchUpMs: 5_400_000 },
};

function toEffective(own: string, defaults?: string): Policy {
  const middle = defaults === undefined ? "" : `defaults:${defaults}\n`;
  const [declared] = parseSound(`${HEAD}${middle}processors:\n  a: ${own}\n`).set.processors;
  if (declared === undefined) throw new Error("no processor");
  return declared.policy;
}

it("gives a bare processor Headgate's own defaults, and no tier", () => {
  expect(toEffective("{}")).toEqual(BARE);
  expect(toEffective("")).toEqual(BARE);
});

it("gives a schedule its zone, no spread and two hours to catch up", () => {
  expect(toEffective('{ restart: { cron: "0 3 * * *" } }').restart).toEqual({
    cron: "0 3 * * *",
    timezone: "UTC",
    spreadMs: 0,
    catchUpMs: 7_200_000,
  });
});

it("lets the end of a back-off follow a beginning that is later than the default end", () => {
  expect(toEffective("{ recovery: { backoff: { initial: 2h } } }").recovery.backoff).toEqual({
    initialMs: 7_200_000,
    factor: 2,
    maxMs: 7_200_000,
  });
});

const suspendFor = (forMs: number): NonNullable<Policy["gateway"]> => ({ stop: "suspend", forMs });

interface MergeCase {
  readonly reason: string;
  readonly own: string;
  readonly expected: Policy;
}

const MERGE_CASES: readonly MergeCase[] = [
  { reason: "inherits everything", own: "{}", expected: INHERITED },
  {
    reason: "replaces a state alone",
    own: "{ state: STARTED }",
    expected: { ...INHERITED, state: "STARTED" },
  },
  {
    reason: "merges start field by field",
    own: "{ start: { tier: SP50, resumeFromCheckpoint: false } }",
    expected: { ...INHERITED, start: { ...INHERITED.start, tier: "SP50", resumeFromCheckpoint: false } },
  },
  {
    reason: "merges a schedule field by field",
    own: "{ restart: { spread: 0s, timezone: UTC } }",
    expected: {
      ...INHERITED,
      restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 5_400_000 },
    },
  },
  { reason: "switches a schedule off", own: "{ restart: null }", expected: UNSCHEDULED },
  {
    reason: "merges a recovery, and the back-off inside it",
    own: "{ recovery: { backoff: { factor: 1 }, maxAttempts: 1000 } }",
    expected: {
      ...INHERITED,
      recovery: {
        ...INHERITED.recovery,
        maxAttempts: 1000,
        backoff: { initialMs: 120_000, factor: 1, maxMs: 14_400_000 },
      },
    },
  },
];

it.each(MERGE_CASES)("a processor under defaults $reason", ({ own, expected }) => {
  expect(toEffective(own, DEFAULTS)).toEqual(expected);
});

it.each([
  { reason: "allows a stop by default", defaults: "{}", own: "{}", expected: undefined },
  { reason: "takes allow for nothing said", defaults: "{}", own: "{ stop: allow }", expected: undefined },
  { reason: "suspends for 4 h", defaults: "{}", own: "{ stop: suspend }", expected: suspendFor(14_400_000) },
  {
    reason: "reads its time",
    defaults: "{}",
    own: "{ stop: suspend, for: 90m }",
    expected: suspendFor(5_400_000),
  },
  {
    reason: "inherits all of it",
    defaults: "{ stop: suspend, for: 2h }",
    own: "{}",
    expected: suspendFor(7_200_000),
  },
  {
    reason: "replaces the time alone",
    defaults: "{ stop: suspend }",
    own: "{ for: 1m }",
    expected: suspendFor(60_000),
  },
  {
    reason: "keeps an inherited time beside a rule of its own",
    defaults: "{ stop: suspend, for: 2h }",
    own: "{ stop: suspend }",
    expected: suspendFor(7_200_000),
  },
  {
    reason: "refuses without the inherited time",
    defaults: "{ stop: suspend, for: 2h }",
    own: "{ stop: refuse }",
    expected: { stop: "refuse" },
  },
  {
    reason: "takes an inherited rule back",
    defaults: "{ stop: refuse }",
    own: "{ stop: allow }",
    expected: undefined,
  },
])("a gateway block $reason", ({ defaults, own, expected }) => {
  const policy = toEffective(`{ gateway: ${own} }`, ` { gateway: ${defaults} }`);
  expect(policy).toEqual({ ...BARE, ...(expected === undefined ? {} : { gateway: expected }) });
});

it.each([
  { own: "{}", defaults: "{}", expected: undefined },
  { own: "{ proof: {} }", defaults: "{}", expected: [600_000, 0.1, 3_600_000] },
  { own: "{}", defaults: "{ proof: { within: 5m } }", expected: [300_000, 0.1, 3_600_000] },
  {
    own: "{ proof: { deadLetterRatio: 0 } }",
    defaults: "{ proof: { within: 5m, maxLag: 2h } }",
    expected: [300_000, 0, 7_200_000],
  },
  { own: "{ proof: null }", defaults: "{ proof: { within: 5m } }", expected: undefined },
  { own: "{ maxAttempts: 30 }", defaults: "{ proof: null }", expected: undefined },
])("a start has this to prove: $own over $defaults", ({ own, defaults, expected }) => {
  const policy = toEffective(`{ recovery: ${own} }`, ` { recovery: ${defaults} }`);
  const [withinMs, deadLetterRatio, maxLagMs] = expected ?? [];
  const proof = expected === undefined ? {} : { proof: { withinMs, deadLetterRatio, maxLagMs } };
  expect(policy).toEqual({ ...BARE, recovery: { ...BARE.recovery, ...proof } });
});

it.each([
  { own: "{}", defaults: "{}", expected: undefined },
  { own: "{}", defaults: "{ respectManualStop: 4h }", expected: 14_400_000 },
  { own: "{ respectManualStop: 90m }", defaults: "{ respectManualStop: 4h }", expected: 5_400_000 },
  { own: "{ respectManualStop: 0s }", defaults: "{ respectManualStop: 4h }", expected: undefined },
])("a person's stop is respected for: $own over $defaults", ({ own, defaults, expected }) => {
  const policy = toEffective(`{ recovery: ${own} }`, ` { recovery: ${defaults} }`);
  const respect = expected === undefined ? {} : { respectManualStopMs: expected };
  expect(policy).toEqual({ ...BARE, recovery: { ...BARE.recovery, ...respect } });
});

it.each([
  { own: "{}", defaults: "{}", expected: undefined },
  { own: "{}", defaults: "{ oplogWindow: 4h }", expected: 14_400_000 },
  { own: "{ oplogWindow: 90m }", defaults: "{ oplogWindow: 4h }", expected: 5_400_000 },
  { own: "{ oplogWindow: 0s }", defaults: "{ oplogWindow: 4h }", expected: undefined },
])("the oplog reaches back: $own over $defaults", ({ own, defaults, expected }) => {
  const policy = toEffective(`{ recovery: ${own} }`, ` { recovery: ${defaults} }`);
  const window = expected === undefined ? {} : { oplogWindowMs: expected };
  expect(policy).toEqual({ ...BARE, recovery: { ...BARE.recovery, ...window } });
});

it.each([
  { reason: "none by default", defaults: "{}", own: "{}", expected: undefined },
  { reason: "an inherited one", defaults: "{ concurrencyKey: a }", own: "{}", expected: "a" },
  {
    reason: "its own before an inherited one",
    defaults: "{ concurrencyKey: a }",
    own: "{ concurrencyKey: b }",
    expected: "b",
  },
  {
    reason: "none where it takes an inherited one back",
    defaults: "{ concurrencyKey: a }",
    own: "{ concurrencyKey: null }",
    expected: undefined,
  },
])("a processor has this concurrency key: $reason", ({ defaults, own, expected }) => {
  const policy = toEffective(own, ` ${defaults}`);
  expect(policy).toEqual({ ...BARE, ...(expected === undefined ? {} : { concurrencyKey: expected }) });
});

it.each([
  { reason: "none by default", defaults: "{}", own: "{}", expected: {} },
  { reason: "an inherited one", defaults: "{ train: a }", own: "{}", expected: { train: "a" } },
  {
    reason: "its own before an inherited one",
    defaults: "{ train: a }",
    own: "{ train: b }",
    expected: { train: "b" },
  },
  {
    reason: "none where it takes an inherited one back",
    defaults: "{ train: a }",
    own: "{ train: null }",
    expected: {},
  },
])("a processor is in this train: $reason", ({ defaults, own, expected }) => {
  const { restart } = toEffective(
    `{ restart: ${own} }`,
    ` { restart: ${defaults.replace("{", '{ cron: "0 3 * * *",')} }`,
  );
  expect(restart).toEqual({
    cron: "0 3 * * *",
    timezone: "UTC",
    spreadMs: 0,
    catchUpMs: 7_200_000,
    ...expected,
  });
});

it.each([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["250ms", 250],
])("reads the duration %s", (text, ms) => {
  expect(toEffective(`{ recovery: { stoppedGrace: ${text} } }`).recovery.stoppedGraceMs).toBe(ms);
});

it("names what differs between two policies, in the words of the file", () => {
  const after: Policy = {
    ...INHERITED,
    state: "STARTED",
    start: { tier: "SP30", resumeFromCheckpoint: false },
    recovery: { ...INHERITED.recovery, backoff: { ...INHERITED.recovery.backoff, maxMs: 5_400_000 } },
  };
  expect(policyChanges(INHERITED, after)).toEqual([
    { path: "state", before: "STOPPED", after: "STARTED" },
    { path: "start.tier", before: "SP10", after: "SP30" },
    { path: "start.resumeFromCheckpoint", before: "(absent)", after: "false" },
    { path: "start.startAtOperationTime", before: "2026-05-04T09:42:00Z", after: "(absent)" },
    { path: "recovery.backoff.max", before: "4h", after: "1h30m" },
  ]);
});

it("names another rule for stops through the gateway by what a file without one says", () => {
  const suspending: Policy = { ...BARE, gateway: { stop: "suspend", forMs: 5_400_000 } };
  expect(policyChanges(BARE, suspending)).toEqual([
    { path: "gateway.stop", before: "allow", after: "suspend" },
    { path: "gateway.for", before: "(absent)", after: "1h30m" },
  ]);
  expect(policyChanges({ ...BARE, gateway: { stop: "refuse" } }, BARE)).toEqual([
    { path: "gateway.stop", before: "refuse", after: "allow" },
  ]);
});

it("names a schedule that came or went field by field", () => {
  expect(policyChanges(UNSCHEDULED, INHERITED)).toEqual([
    { path: "restart.cron", before: "(absent)", after: "0 3 * * *" },
    { path: "restart.timezone", before: "(absent)", after: "Europe/Madrid" },
    { path: "restart.spread", before: "(absent)", after: "30m" },
    { path: "restart.catchUp", before: "(absent)", after: "1h30m" },
  ]);
});

it("tells every field in the order of the file, however the database has sorted them", () => {
  const { state, mode, start, restart, recovery, gateway, concurrencyKey } = {
    ...INHERITED,
    start: { ...INHERITED.start, resumeFromCheckpoint: true },
    gateway: { forMs: 1, stop: "suspend" } as const,
    concurrencyKey: "kafka-eu",
  };
  const sorted = {
    concurrencyKey,
    gateway,
    mode,
    start,
    state,
    ...(restart === undefined ? {} : { restart: { train: "nightly", ...restart } }),
    recovery,
  };
  expect(policyChanges(undefined, sorted).map(({ path }) => path)).toEqual([
    "state",
    "mode",
    "start.tier",
    "start.resumeFromCheckpoint",
    "start.startAtOperationTime",
    "restart.cron",
    "restart.timezone",
    "restart.spread",
    "restart.catchUp",
    "restart.train",
    "recovery.backoff.initial",
    "recovery.backoff.factor",
    "recovery.backoff.max",
    "recovery.maxAttempts",
    "recovery.stableAfter",
    "recovery.stoppedGrace",
    "gateway.stop",
    "gateway.for",
    "concurrencyKey",
  ]);
});

it("finds nothing between equal policies, and everything where one is absent", () => {
  expect(policyChanges(INHERITED, structuredClone(INHERITED))).toEqual([]);
  expect(policyChanges(undefined, undefined)).toEqual([]);
  expect(policyChanges(undefined, BARE)).toHaveLength(9);
  expect(policyChanges(BARE, undefined).every(({ after }) => after === "(absent)")).toBe(true);
});
