// Rules between fields, at their bounds, and where a field of an effective policy was written.
import { expect, it } from "vitest";
import { MINUTE_MS, HOUR_MS, REF, aPolicy } from "../../support/domain-builders.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import type { Policy, RestartSchedule } from "../../../src/domain/policy.js";
import { createChecks, findPolicyNotices } from "../../../src/policy-file/checks.js";
import { toWrittenPath } from "../../../src/policy-file/lint-input.js";
import type { PolicyFields } from "../../../src/policy-file/schema.js";
import { openSources } from "../../../src/policy-file/source.js";

function aSchedule(fields: Partial<RestartSchedule> = {}): RestartSchedule {
  return { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS, ...fields };
}

function aBackoff(fields: Partial<Policy["recovery"]["backoff"]>): Policy {
  return aPolicy({ recovery: { ...DEFAULT_RECOVERY, backoff: { ...DEFAULT_RECOVERY.backoff, ...fields } } });
}

/** `path: value; allowed` */
function findFaults(policy: Policy, written: object = policy.restart ?? {}): readonly string[] {
  return createChecks()
    .findFaults(policy, written)
    .map(({ path, value, allowed }) => `${path.join(".")}: ${value}; ${allowed}`);
}

const DAY_RULE = "less than 1d, the cron's smallest interval";

it.each([
  { reason: "no spread", restart: aSchedule(), faults: [] },
  { reason: "a spread just below a day", restart: aSchedule({ spreadMs: 24 * HOUR_MS - 1 }), faults: [] },
  {
    reason: "a spread of a day",
    restart: aSchedule({ spreadMs: 24 * HOUR_MS }),
    faults: [`restart.spread: 1d; ${DAY_RULE}`],
  },
  {
    reason: "a spread just below ten minutes",
    restart: aSchedule({ cron: "*/10 * * * *", spreadMs: 10 * MINUTE_MS - 1 }),
    faults: [],
  },
  {
    reason: "a spread of ten minutes",
    restart: aSchedule({ cron: "*/10 * * * *", spreadMs: 10 * MINUTE_MS }),
    faults: ["restart.spread: 10m; less than 10m, the cron's smallest interval"],
  },
  {
    reason: "the shorter of two intervals",
    restart: aSchedule({ cron: "0 3,5 * * *", spreadMs: 2 * HOUR_MS }),
    faults: ["restart.spread: 2h; less than 2h, the cron's smallest interval"],
  },
])("judges a schedule with $reason", ({ restart, faults }) => {
  expect(findFaults(aPolicy({ restart }))).toEqual(faults);
});

it.each([
  { reason: "of the default", policy: aPolicy(), faults: [] },
  {
    reason: "as long at its end as at its beginning",
    policy: aBackoff({ initialMs: 5_000, maxMs: 5_000 }),
    faults: [],
  },
  {
    reason: "a millisecond shorter at its end",
    policy: aBackoff({ initialMs: 5_000, maxMs: 4_999 }),
    faults: ["recovery.backoff.max: 4s999ms; at least initial, which is 5s"],
  },
  { reason: "of a millisecond", policy: aBackoff({ initialMs: 1 }), faults: [] },
  {
    reason: "of nothing, told once",
    policy: aBackoff({ initialMs: 0, maxMs: 0 }),
    faults: ["recovery.backoff.initial: 0s; more than 0s"],
  },
])("judges a back-off $reason", ({ policy, faults }) => {
  expect(findFaults(policy)).toEqual(faults);
});

const BARE = "restart: a schedule without cron; a cron, or restart: null";

it.each([
  { reason: "not written at all", written: {}, faults: [] },
  { reason: "of a zone alone", written: { timezone: "UTC" }, faults: [BARE] },
  { reason: "of a spread alone", written: { spread: "5m" }, faults: [BARE] },
  {
    reason: "switched off by a processor under defaults with a cron",
    written: { cron: "0 3 * * *" },
    faults: [],
  },
])("judges a block $reason", ({ written, faults }) => {
  expect(findFaults(aPolicy(), written)).toEqual(faults);
});

it("tells of a schedule and of a back-off at once", () => {
  const restart = aSchedule({ cron: "0 3 * *" });
  const policy = { ...aBackoff({ initialMs: 0 }), restart };
  expect(findFaults(policy).map((fault) => fault.split(":")[0])).toEqual([
    "restart.cron",
    "recovery.backoff.initial",
  ]);
});

it("remembers a schedule's faults without mixing up two that differ", () => {
  const checks = createChecks();
  const ask = (restart: RestartSchedule | undefined, written: object): number =>
    checks.findFaults(aPolicy(restart === undefined ? {} : { restart }), written).length;
  const good = aSchedule();
  const wide = aSchedule({ spreadMs: 24 * HOUR_MS });
  for (let round = 0; round < 2; round += 1) {
    expect(ask(good, { cron: good.cron })).toBe(0);
    expect(ask(wide, { cron: wide.cron })).toBe(1);
    expect(ask(undefined, {})).toBe(0);
    expect(ask(undefined, { spread: "5m" })).toBe(1);
  }
});

const TIME = "2026-05-04T09:42:00Z";

it.each([
  { start: {}, count: 0 },
  { start: { startAtOperationTime: TIME }, count: 0 },
  { start: { resumeFromCheckpoint: true }, count: 0 },
  { start: { startAtOperationTime: TIME, resumeFromCheckpoint: false }, count: 0 },
  { start: { startAtOperationTime: TIME, resumeFromCheckpoint: true }, count: 1 },
])("has $count notices of $start", ({ start, count }) => {
  expect(findPolicyNotices(aPolicy({ start }))).toHaveLength(count);
});

const [SOURCE] = openSources({ name: "fleet.yaml", text: "a: 1\n" });

it.each<{ own: PolicyFields; field: readonly string[]; path: string }>([
  { own: {}, field: ["state"], path: "defaults.state" },
  { own: { state: "STOPPED" }, field: ["state"], path: "processors.clicks.state" },
  { own: {}, field: ["start", "tier"], path: "defaults.start.tier" },
  { own: { start: {} }, field: ["start", "tier"], path: "defaults.start.tier" },
  { own: { start: { tier: "SP10" } }, field: ["start", "tier"], path: "processors.clicks.start.tier" },
  { own: { restart: null }, field: ["restart"], path: "processors.clicks.restart" },
  { own: { restart: { spread: "5m" } }, field: ["restart", "cron"], path: "defaults.restart.cron" },
])("finds $field of $own at $path", ({ own, field, path }) => {
  if (SOURCE === undefined) throw new Error("a document was expected");
  const one = { source: SOURCE, ref: REF, policy: aPolicy(), own, defaults: {} };
  expect(toWrittenPath(one, field).join(".")).toBe(path);
});
