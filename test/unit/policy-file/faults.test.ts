// Every kind of fault a policy file can have, one row each: its line, path, value and what is allowed instead. What the
// loop does with a sound file is none of this.
import { expect, it } from "vitest";
import { START_OPTION_NAMES } from "../../../src/domain/start-options.js";
import { formatPolicyFault } from "../../../src/policy-file/document.js";
import { FILE, HEAD, PROJECT, aProcessor, findFaults } from "./documents.js";

const DURATION = "a duration such as 30s, 30m, 4h, 2d or 1h30m, a year at most";
const TIME = "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z, not before 2000";
const TIERS = "one of SP2, SP5, SP10, SP30, SP50";
const NAME =
  "1 to 128 letters, digits, spaces, dots, colons, underscores or hyphens, starting with a letter or digit";
const KEY = "1 to 63 letters, digits, dots, colons, underscores or hyphens, starting with a letter or digit";
const POLICY = "a map of state, mode, start, restart, recovery, gateway, concurrencyKey";
const WITH_SUSPEND = "for beside stop: suspend, or none";

interface FieldCase {
  readonly reason: string;
  readonly fields: string;
  readonly path: string;
  readonly value: string;
  readonly allowed: string;
}

const FIELD_CASES: readonly FieldCase[] = [
  {
    reason: "a state Atlas has, but nobody can declare",
    fields: "{ state: FAILED }",
    path: "state",
    value: '"FAILED"',
    allowed: "STARTED or STOPPED",
  },
  {
    reason: "an unknown mode",
    fields: "{ mode: dry-run }",
    path: "mode",
    value: '"dry-run"',
    allowed: "enforce or observe",
  },
  {
    reason: "a tier in lower case",
    fields: "{ start: { tier: sp10 } }",
    path: "start.tier",
    value: '"sp10"',
    allowed: TIERS,
  },
  {
    reason: "a tier that does not exist",
    fields: "{ start: { tier: SP20 } }",
    path: "start.tier",
    value: '"SP20"',
    allowed: TIERS,
  },
  {
    reason: "yes is no boolean",
    fields: "{ start: { resumeFromCheckpoint: yes } }",
    path: "start.resumeFromCheckpoint",
    value: '"yes"',
    allowed: "true or false",
  },
  {
    reason: "a time with an offset",
    fields: "{ start: { startAtOperationTime: 2026-05-04T09:42:00+02:00 } }",
    path: "start.startAtOperationTime",
    value: '"2026-05-04T09:42:00+02:00"',
    allowed: TIME,
  },
  {
    reason: "a day that does not exist",
    fields: "{ start: { startAtOperationTime: 2026-02-30T00:00:00Z } }",
    path: "start.startAtOperationTime",
    value: '"2026-02-30T00:00:00Z"',
    allowed: TIME,
  },
  {
    reason: "a time before there was a change stream",
    fields: "{ start: { startAtOperationTime: 1970-01-01T00:00:00Z } }",
    path: "start.startAtOperationTime",
    value: '"1970-01-01T00:00:00Z"',
    allowed: TIME,
  },
  {
    reason: "a duration without a unit",
    fields: "{ recovery: { stableAfter: 30 } }",
    path: "recovery.stableAfter",
    value: "30",
    allowed: "a duration such as 30s, 30m, 4h, 2d or 1h30m",
  },
  {
    reason: "a duration in words",
    fields: "{ recovery: { stoppedGrace: 5 minutes } }",
    path: "recovery.stoppedGrace",
    value: '"5 minutes"',
    allowed: DURATION,
  },
  {
    reason: "a duration longer than a year",
    fields: '{ restart: { cron: "0 3 * * *", catchUp: 400d } }',
    path: "restart.catchUp",
    value: '"400d"',
    allowed: DURATION,
  },
  {
    reason: "no attempt at all",
    fields: "{ recovery: { maxAttempts: 0 } }",
    path: "recovery.maxAttempts",
    value: "0",
    allowed: "a whole number from 1 to 1000",
  },
  {
    reason: "half an attempt",
    fields: "{ recovery: { maxAttempts: 1.5 } }",
    path: "recovery.maxAttempts",
    value: "1.5",
    allowed: "a whole number from 1 to 1000",
  },
  {
    reason: "a back-off that shrinks",
    fields: "{ recovery: { backoff: { factor: 0.5 } } }",
    path: "recovery.backoff.factor",
    value: "0.5",
    allowed: "a number from 1 to 10",
  },
  {
    reason: "a back-off of nothing",
    fields: "{ recovery: { backoff: { initial: 0s } } }",
    path: "recovery.backoff.initial",
    value: "0s",
    allowed: "more than 0s",
  },
  {
    reason: "a stop rule that is none",
    fields: "{ gateway: { stop: never } }",
    path: "gateway.stop",
    value: '"never"',
    allowed: "allow, suspend or refuse",
  },
  {
    reason: "a key that is too long",
    fields: `{ concurrencyKey: ${"k".repeat(64)} }`,
    path: "concurrencyKey",
    value: `"${"k".repeat(64)}"`,
    allowed: KEY,
  },
  {
    reason: "a suspension of nothing",
    fields: "{ gateway: { stop: suspend, for: 0s } }",
    path: "gateway.for",
    value: "0s",
    allowed: "more than 0s",
  },
  {
    reason: "the time of a suspension with a refusal",
    fields: "{ gateway: { stop: refuse, for: 4h } }",
    path: "gateway.for",
    value: "4h with stop: refuse",
    allowed: WITH_SUSPEND,
  },
  {
    reason: "the time of a suspension by itself",
    fields: "{ gateway: { for: 4h } }",
    path: "gateway.for",
    value: "4h with stop: allow",
    allowed: WITH_SUSPEND,
  },
  {
    reason: "a back-off whose end lies before its beginning",
    fields: "{ recovery: { backoff: { initial: 10m, max: 1m } } }",
    path: "recovery.backoff.max",
    value: "1m",
    allowed: "at least initial, which is 10m",
  },
  {
    reason: "a cron that is a number",
    fields: "{ restart: { cron: 5 } }",
    path: "restart.cron",
    value: "5",
    allowed: "five cron fields in quotes",
  },
  {
    reason: "a cron with seconds",
    fields: '{ restart: { cron: "0 0 3 * * *" } }',
    path: "restart.cron",
    value: '"0 0 3 * * *"',
    allowed: 'five cron fields: write "0 3 * * *"',
  },
  {
    reason: "a cron that never fires",
    fields: '{ restart: { cron: "0 0 30 2 *" } }',
    path: "restart.cron",
    value: '"0 0 30 2 *"',
    allowed: "a cron that fires at all: no month 2 has a day 30",
  },
  {
    reason: "a time zone that is none",
    fields: '{ restart: { cron: "0 3 * * *", timezone: Europe/Atlantis } }',
    path: "restart.timezone",
    value: '"Europe/Atlantis"',
    allowed: 'an IANA time zone such as Europe/Madrid or UTC, which "Europe/Atlantis" is not',
  },
  {
    reason: "an offset is no time zone",
    fields: '{ restart: { cron: "0 3 * * *", timezone: "+02:00" } }',
    path: "restart.timezone",
    value: '"+02:00"',
    allowed:
      "an IANA time zone, not a fixed offset: the zone of the place, such as Europe/Madrid, or Etc/GMT-2, which is 2h ahead of UTC all year",
  },
  {
    reason: "a spread as long as the cron's smallest interval",
    fields: '{ restart: { cron: "*/10 * * * *", spread: 10m } }',
    path: "restart.spread",
    value: "10m",
    allowed: "less than 10m, the cron's smallest interval",
  },
  {
    reason: "a spread longer than the smallest of two different intervals",
    fields: '{ restart: { cron: "0 3,4 * * *", spread: 2h } }',
    path: "restart.spread",
    value: "2h",
    allowed: "less than 1h, the cron's smallest interval",
  },
  {
    reason: "a schedule that never says when",
    fields: "{ restart: { spread: 3m } }",
    path: "restart",
    value: "a schedule without cron",
    allowed: "a cron, or restart: null",
  },
  {
    reason: "a block that is empty",
    fields: "{ start: }",
    path: "start",
    value: "nothing",
    allowed: `a map of ${START_OPTION_NAMES.join(", ")}`,
  },
];

it.each(FIELD_CASES)("refuses $reason", ({ fields, path, value, allowed }) => {
  expect(findFaults(aProcessor(fields))).toEqual([
    { file: FILE, line: 4, path: `processors.a.${path}`, value, allowed },
  ]);
});

it.each([
  [
    "stat",
    "{ stat: STARTED }",
    "state, mode, start, restart, recovery, gateway, concurrencyKey; did you mean state?",
  ],
  ["start.teir", "{ start: { teir: SP10 } }", "did you mean tier?"],
  ["start.resumefromcheckpoint", "{ start: { resumefromcheckpoint: true } }", "resumeFromCheckpoint?"],
  ["restart.timeZone", '{ restart: { cron: "0 3 * * *", timeZone: UTC } }', "did you mean timezone?"],
  ["recovery.maxAttempt", "{ recovery: { maxAttempt: 3 } }", "did you mean maxAttempts?"],
  ["recovery.backoff.maximum", "{ recovery: { backoff: { maximum: 1h } } }", "initial, factor, max"],
  ["suspend", "{ suspend: 4h }", "state, mode, start, restart, recovery, gateway, concurrencyKey"],
])("says of the unknown field %s which fields there are, and the nearest", (path, fields, allowed) => {
  const [fault, ...others] = findFaults(aProcessor(fields));
  expect(others).toEqual([]);
  expect(fault).toMatchObject({ line: 4, path: `processors.a.${path}` });
  expect(fault?.value).toBe(`the field "${path.split(".").at(-1) ?? ""}"`);
  expect(fault?.allowed.endsWith(allowed)).toBe(true);
});

interface DocumentCase {
  readonly reason: string;
  readonly text: string;
  readonly line: number;
  readonly path: string;
  readonly value: string | RegExp;
  readonly allowed: string | RegExp;
}

const DOCUMENT_CASES: readonly DocumentCase[] = [
  { reason: "an empty file", text: "", line: 1, path: "", value: "an empty file", allowed: /one document/ },
  {
    reason: "a file of comments",
    text: "# soon\n---\n",
    line: 1,
    path: "",
    value: "an empty file",
    allowed: /one document/,
  },
  {
    reason: "no YAML",
    text: `${HEAD}processors: [`,
    line: 3,
    path: "",
    value: /./,
    allowed: "valid YAML",
  },
  { reason: "a list", text: "- a\n", line: 1, path: "", value: "a list", allowed: /^a map of project, / },
  { reason: "a text", text: "a\n", line: 1, path: "", value: '"a"', allowed: /^a map of project, / },
  {
    reason: "a project in capitals",
    text: `project: 32B6E34B3D91647ABB20E7B8\nworkspace: orders\nprocessors: {}\n`,
    line: 1,
    path: "project",
    value: '"32B6E34B3D91647ABB20E7B8"',
    allowed: "24 lower-case hex digits",
  },
  {
    reason: "a project that is a number with a fraction, shown as it was written",
    text: `project: 1.50\nworkspace: orders\nprocessors: {}\n`,
    line: 1,
    path: "project",
    value: '"1.50"',
    allowed: "24 lower-case hex digits",
  },
  {
    reason: "no project",
    text: `workspace: orders\nprocessors: {}\n`,
    line: 1,
    path: "project",
    value: "nothing",
    allowed: /^24 lower-case hex digits/,
  },
  {
    reason: "a workspace that would leave its path segment",
    text: `project: ${PROJECT}\nworkspace: a/../b\nprocessors: {}\n`,
    line: 2,
    path: "workspace",
    value: '"a/../b"',
    allowed: NAME,
  },
  {
    reason: "a processor that would",
    text: `${HEAD}processors:\n  ok: {}\n  a/b: {}\n`,
    line: 5,
    path: "processors.a/b",
    value: 'the name "a/b"',
    allowed: NAME,
  },
  { reason: "no processors", text: HEAD, line: 1, path: "processors", value: "nothing", allowed: /by name/ },
  {
    reason: "processors in a list",
    text: `${HEAD}processors: [a]\n`,
    line: 3,
    path: "processors",
    value: "a list",
    allowed: "processors by name",
  },
  {
    reason: "a processor that is a text",
    text: aProcessor("STARTED"),
    line: 4,
    path: "processors.a",
    value: '"STARTED"',
    allowed: POLICY,
  },
  {
    reason: "defaults that are a list",
    text: `${HEAD}defaults: []\nprocessors: {}\n`,
    line: 3,
    path: "defaults",
    value: "a list",
    allowed: POLICY,
  },
  {
    reason: "a misspelt field of the document",
    text: `${HEAD}processors: {}\ndefault: {}\n`,
    line: 4,
    path: "default",
    value: 'the field "default"',
    allowed: "project, workspace, defaults, processors; did you mean defaults?",
  },
  {
    reason: "a processor twice",
    text: `${HEAD}processors:\n  a: {}\n  a: {}\n`,
    line: 5,
    path: "",
    value: "a second field of this name",
    allowed: "one",
  },
  {
    reason: "an alias without an anchor",
    text: `${HEAD}processors:\n  a: *nobody\n`,
    line: 1,
    path: "",
    value: /nobody/,
    allowed: "an anchor before its alias",
  },
];

it.each(DOCUMENT_CASES)("refuses $reason", ({ text, line, path, value, allowed }) => {
  const faults = findFaults(text);
  expect(faults).toEqual([{ file: FILE, line, path, value: like(value), allowed: like(allowed) }]);
});

function like(text: string | RegExp): unknown {
  return typeof text === "string" ? text : expect.stringMatching(text);
}

it("cuts a value that is too long to show", () => {
  const [fault] = findFaults(aProcessor(`{ state: ${"A".repeat(200)} }`));
  expect(fault?.value).toHaveLength(80);
});

it("writes a fault as one line that an editor can follow", () => {
  const [fault] = findFaults(aProcessor("{ state: RUNNING }"));
  expect(fault && formatPolicyFault(fault)).toBe(
    'fleet.yaml:4: processors.a.state: "RUNNING" is not allowed here; allowed: STARTED or STOPPED',
  );
  const [empty] = findFaults("");
  expect(empty && formatPolicyFault(empty)).toBe(
    "fleet.yaml:1: an empty file is not allowed here; allowed: at least one document",
  );
});
