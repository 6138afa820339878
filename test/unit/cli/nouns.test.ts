// How one row of each noun of `get` reads, cell by cell, in its usual and its odd shapes; what `-o name` calls it; and
// what makes it another row for --watch, so that an unchanged fleet prints nothing.
import { expect, it } from "vitest";
import { budgets } from "../../../src/cli/get/budgets.js";
import { changes } from "../../../src/cli/get/changes.js";
import { incidents } from "../../../src/cli/get/incidents.js";
import { journal } from "../../../src/cli/get/journal.js";
import { notifications } from "../../../src/cli/get/notifications.js";
import { policies } from "../../../src/cli/get/policies.js";
import { processors } from "../../../src/cli/get/processors.js";
import { schedules } from "../../../src/cli/get/schedules.js";
import { suspensions } from "../../../src/cli/get/suspensions.js";
import { projects, workspaces } from "../../../src/cli/get/workspaces.js";
import { formatWorkspaceRef } from "../../../src/domain/refs.js";
import { CONDITIONS } from "../../../src/domain/tell/listing.js";
import { HOUR_MS, MINUTE_MS, NOW, REF, aDeclared } from "../../support/domain-builders.js";
import { show } from "./shown-row.js";
import type { RowOf } from "./shown-row.js";

const NAME = `${REF.project}/${REF.workspace}/${REF.processor}`;

const BUDGET: RowOf<typeof budgets> = {
  project: REF.project,
  capacity: 40,
  refillPerMinute: 10,
  left: 12,
  blockedUntil: null,
  usedAt: NOW - 5_000,
};

it.each([
  { reason: "calls left", row: {}, cells: { LEFT: "12", USED: "5s ago", BLOCKED: "-", REFILL: "10/min" } },
  { reason: "none left", row: { left: 0 }, cells: { LEFT: "0 <bad>" } },
  { reason: "one left is enough for one", row: { left: 1 }, cells: { LEFT: "1" } },
  { reason: "blocked", row: { blockedUntil: NOW + 90_000 }, cells: { BLOCKED: "for 90s <bad>" } },
  { reason: "a block that has just ended", row: { blockedUntil: NOW }, cells: { BLOCKED: "-" } },
])("a budget: $reason", ({ row, cells }) => {
  expect(show(budgets, { ...BUDGET, ...row })).toMatchObject({
    PROJECT: REF.project,
    CAPACITY: "40",
    ...cells,
  });
});

const CHANGE: RowOf<typeof changes> = {
  id: "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11",
  ref: REF,
  kind: "restart",
  requestedBy: "person",
  actor: "ada",
  why: "after the outage",
  options: null,
  policyVersion: 3,
  slotAt: null,
  stateBefore: "STARTED",
  tierBefore: "SP10",
  openedAt: NOW - 3 * HOUR_MS,
  closedAt: null,
  outcome: null,
  outcomeCode: null,
  outcomeText: null,
  posts: 2,
  workflowId: "w",
  runId: "r",
};

it.each([
  { reason: "that runs", row: {}, cells: { OUTCOME: "running <busy>", WHY: "after the outage" } },
  {
    reason: "that ended as asked",
    row: { outcome: "succeeded", outcomeText: "STARTED on SP10" },
    cells: { OUTCOME: "succeeded <good>", WHY: "after the outage: STARTED on SP10" },
  },
  {
    reason: "whose run was gone",
    row: { outcome: "lost", outcomeText: "its run was gone" },
    cells: { OUTCOME: "lost <bad>", WHY: "after the outage: its run was gone" },
  },
  {
    reason: "that ended without words",
    row: { outcome: "cancelled", outcomeText: "" },
    cells: { WHY: "after the outage: " },
  },
])("a change $reason", ({ row, cells }) => {
  expect(show(changes, { ...CHANGE, ...row })).toMatchObject({
    ID: CHANGE.id,
    PROCESSOR: NAME,
    KIND: "restart",
    BY: "ada",
    OPENED: "3h ago",
    POSTS: "2",
    ...cells,
  });
});

const LINE: RowOf<typeof journal> = {
  id: "42",
  ...REF,
  at: NOW - 5_000,
  kind: "change.opened",
  actor: "ada",
  text: "start: asked for",
  changeId: null,
};

it.each([
  { about: "one processor", row: {}, place: NAME },
  { about: "a workspace", row: { processor: null }, place: `${REF.project}/${REF.workspace}` },
  { about: "a project", row: { processor: null, workspace: null }, place: REF.project },
  { about: "the installation", row: { processor: null, workspace: null, project: null }, place: "-" },
])("a line of the journal about $about", ({ row, place }) => {
  expect(show(journal, { ...LINE, ...row })).toEqual({
    AT: "5s ago",
    NAME: place,
    KIND: "change.opened",
    BY: "ada",
    TEXT: "start: asked for",
  });
});

it.each([
  {
    reason: "in full",
    declared: aDeclared({
      policy: { restart: { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 0 } },
      version: 7,
      declaredAt: NOW - 2 * MINUTE_MS,
    }),
    cells: {
      VERSION: "7",
      STATE: "STARTED",
      MODE: "enforce",
      TIER: "SP10",
      RESTART: "0 3 * * *",
      DECLARED: "2m ago",
    },
  },
  {
    reason: "that declares little",
    declared: aDeclared({ policy: { state: "STOPPED", mode: "observe", start: {} } }),
    cells: { STATE: "STOPPED", MODE: "observe", TIER: "-", RESTART: "-" },
  },
])("a policy $reason", ({ declared, cells }) => {
  expect(show(policies, { ref: REF, declared })).toMatchObject({ PROCESSOR: NAME, ...cells });
});

it("a policy is another row when its version is: nothing else of it moves", () => {
  const one = { ref: REF, declared: aDeclared({ version: 3 }) };
  expect(policies.steady(one)).not.toEqual(policies.steady({ ...one, declared: aDeclared({ version: 4 }) }));
});

const SCHEDULE: RowOf<typeof schedules> = {
  ref: REF,
  cron: "0 3 * * *",
  timezone: "Europe/Madrid",
  spreadMs: 1_800_000,
  catchUpMs: 7_200_000,
  train: null,
  since: NOW,
  state: "STARTED",
  mode: "enforce",
  suspendedUntil: null,
  isParked: false,
  slotAt: Date.UTC(2026, 5, 2, 1),
  firesAt: Date.UTC(2026, 5, 2, 1, 12),
  zoneRules: "2026f (moment-timezone)",
  isOverCaps: false,
  slotLocal: "2026-06-02T03:00:00+02:00",
  firesLocal: "2026-06-02T03:12:00+02:00",
  firesUtc: "2026-06-02T01:12:00Z",
};

it.each([
  { reason: "that restarts", row: {}, note: "" },
  { reason: "without a spread", row: { spreadMs: 0 }, note: "", spread: "-" },
  { reason: "in a train", row: { train: "nightly" }, note: "", spread: "-", train: "nightly" },
  {
    reason: "with more restarts than places",
    row: { isOverCaps: true },
    note: "more restarts than the caps can begin within catchUp",
  },
  { reason: "of a STOPPED one", row: { state: "STOPPED" as const }, note: "skipped: declared STOPPED" },
  {
    reason: "of one that is only observed",
    row: { mode: "observe" as const },
    note: "skipped: mode observe",
  },
  {
    reason: "inside a suspension",
    row: { suspendedUntil: SCHEDULE.firesAt + 1 },
    note: "skipped: suspended until 2026-06-02T01:12:00Z",
  },
  { reason: "as the suspension ends", row: { suspendedUntil: SCHEDULE.firesAt }, note: "" },
  { reason: "of a parked one", row: { isParked: true }, note: "skipped: parked" },
  {
    reason: "stopped and parked: what the owner said comes first",
    row: { state: "STOPPED" as const, isParked: true },
    note: "skipped: declared STOPPED",
  },
])("a slot $reason", ({ row, note, spread = "30m", train = "-" }) => {
  expect(show(schedules, { ...SCHEDULE, ...row })).toEqual({
    PROCESSOR: NAME,
    CRON: "0 3 * * *",
    TIMEZONE: "Europe/Madrid",
    SPREAD: spread,
    TRAIN: train,
    SLOT: "2026-06-02T03:00:00+02:00",
    FIRES: "2026-06-02T03:12:00+02:00",
    UTC: "2026-06-02T01:12:00Z",
    NOTE: `${note} <quiet>`,
  });
});

it("two slots of one schedule are two rows for --watch, and one name", () => {
  const later = { ...SCHEDULE, slotAt: SCHEDULE.slotAt + 24 * HOUR_MS };
  expect(schedules.key?.(SCHEDULE)).toBe(`${NAME} 2026-06-02T01:00:00Z`);
  expect(schedules.key?.(later)).toBe(`${NAME} 2026-06-03T01:00:00Z`);
  expect(schedules.label(later)).toBe(NAME);
});

const SUSPENSION: RowOf<typeof suspensions> = {
  ref: REF,
  by: "ada",
  why: "migration",
  until: NOW + 90 * MINUTE_MS,
  since: NOW - HOUR_MS,
  declaredState: "STARTED",
  state: "STOPPED",
  openChange: null,
};

it.each([
  {
    reason: "in force",
    row: {},
    cells: {
      SINCE: "60m ago",
      UNTIL: "2026-06-01T13:30:00Z (in 90m)",
      OBSERVED: "STOPPED <busy>",
      RUNNING: "-",
    },
  },
  { reason: "older than the journal", row: { since: null }, cells: { SINCE: "-" } },
  { reason: "of one that nobody has seen", row: { state: null }, cells: { OBSERVED: "-" } },
  {
    reason: "on which a change runs all the same",
    row: { openChange: "start" },
    cells: { RUNNING: "start <busy>" },
  },
])("a suspension $reason", ({ row, cells }) => {
  expect(show(suspensions, { ...SUSPENSION, ...row })).toMatchObject({
    PROCESSOR: NAME,
    BY: "ada",
    WHY: "migration",
    ...cells,
  });
});

const NOTIFICATION: RowOf<typeof notifications> = {
  ...{ line: "12", channel: "slack", kind: "processor.parked", ...REF, text: "30 attempts failed" },
  ...{ at: NOW - HOUR_MS, attempts: 2, outcome: null, endedAt: null, error: null },
};

it.each([
  { row: {}, cells: { NAME, OUTCOME: "waiting <busy>", TEXT: "30 attempts failed", ATTEMPTS: "2" } },
  { row: { outcome: "delivered" }, cells: { OUTCOME: "delivered <good>" } },
  { row: { outcome: "repeated" }, cells: { OUTCOME: "repeated <quiet>" } },
  {
    row: { outcome: "given-up", error: "503: away" },
    cells: { OUTCOME: "given-up <bad>", TEXT: "30 attempts failed; not sent: 503: away" },
  },
  { row: { project: null, workspace: null, processor: null }, cells: { NAME: "-" } },
])("a notification with $row shows $cells", ({ row, cells }) => {
  expect(show(notifications, { ...NOTIFICATION, ...row })).toMatchObject({ CHANNEL: "slack", ...cells });
});

const WORKSPACE: RowOf<typeof workspaces> = {
  ref: REF,
  intervalMs: 60_000,
  dueAt: NOW,
  observedAt: NOW - 30_000,
  processors: 12,
  drifting: 0,
  openChanges: 0,
  isAbsent: false,
  lastError: null,
  brakedSince: null,
  braked: null,
  heldWhy: null,
};

it.each([
  {
    reason: "as it should be",
    row: {},
    cells: { OBSERVED: "30s ago", PROCESSORS: "12", DRIFTING: "0", CHANGES: "0", NOTE: " <bad>" },
  },
  { reason: "never seen", row: { observedAt: null }, cells: { OBSERVED: "never" } },
  {
    reason: "that drifts and changes",
    row: { drifting: 3, openChanges: 2 },
    cells: { DRIFTING: "3 <busy>", CHANGES: "2 <busy>" },
  },
  {
    reason: "that failed",
    row: { lastError: "Atlas did not answer" },
    cells: { NOTE: "Atlas did not answer <bad>" },
  },
  {
    reason: "that Atlas has not",
    row: { isAbsent: true, lastError: "x" },
    cells: { NOTE: "Atlas has no such workspace <bad>" },
  },
  {
    reason: "that is braked",
    row: { brakedSince: NOW, braked: { stops: 2, restarts: 0 }, isAbsent: true },
    cells: {
      NOTE: `2 stops held by the mutation brake: headgate release-brake "${formatWorkspaceRef(REF)}" <bad>`,
    },
  },
  {
    reason: "that is held: what holds the whole project is said first",
    row: { heldWhy: "401", brakedSince: NOW, lastError: "x" },
    cells: { NOTE: "held: 401 <bad>" },
  },
])("a workspace $reason", ({ row, cells }) => {
  expect(show(workspaces, { ...WORKSPACE, ...row })).toMatchObject({
    WORKSPACE: `${REF.project}/${REF.workspace}`,
    ...cells,
  });
});

it.each([
  {
    what: "a workspace",
    noun: workspaces,
    row: WORKSPACE,
    moved: { observedAt: NOW, dueAt: NOW + 1 },
    news: { drifting: 1 },
  },
])("$what is no other row because a pass has looked at it", ({ noun, row, moved, news }) => {
  expect(noun.steady({ ...row, ...moved })).toEqual(noun.steady(row));
  expect(noun.steady({ ...row, ...news })).not.toEqual(noun.steady(row));
});

const PROJECT: RowOf<typeof projects> = {
  project: REF.project,
  workspaces: 3,
  processors: 40,
  drifting: 1,
  openChanges: 0,
  observedAt: NOW - 30_000,
  failing: 0,
  braked: 0,
  heldWhy: null,
  heldSince: null,
  blockedUntil: null,
};

it.each([
  { reason: "as it should be", row: {}, note: "" },
  {
    reason: "held",
    row: { heldWhy: "403", heldSince: NOW - 10 * MINUTE_MS, braked: 1 },
    note: "held for 10m: 403",
  },
  { reason: "held, nobody knows since when", row: { heldWhy: "403" }, note: "held for 0s: 403" },
  {
    reason: "blocked, with one workspace braked and two failing",
    row: { blockedUntil: NOW + 60_000, braked: 1, failing: 2 },
    note: "Atlas asked for no calls for 60s, 1 workspace braked, 2 workspaces failing",
  },
])("a project $reason", ({ row, note }) => {
  expect(show(projects, { ...PROJECT, ...row })).toEqual({
    PROJECT: REF.project,
    OBSERVED: "30s ago",
    WORKSPACES: "3",
    PROCESSORS: "40",
    DRIFTING: "1 <busy>",
    CHANGES: "0",
    NOTE: `${note} <bad>`,
  });
});

it("a project is no other row because a pass has looked at it", () => {
  expect(projects.steady({ ...PROJECT, observedAt: NOW })).toEqual(projects.steady(PROJECT));
  expect(projects.steady({ ...PROJECT, braked: 1 })).not.toEqual(projects.steady(PROJECT));
});

it("what -o name prints is what the next command takes", () => {
  expect(processors.label({ ref: REF } as RowOf<typeof processors>)).toBe(NAME);
  expect(policies.label({ ref: REF, declared: aDeclared() })).toBe(NAME);
  expect(suspensions.label(SUSPENSION)).toBe(NAME);
  expect(schedules.label(SCHEDULE)).toBe(NAME);
  expect(notifications.label(NOTIFICATION)).toBe("12/slack");
  expect(changes.label(CHANGE)).toBe(CHANGE.id);
  expect(workspaces.label(WORKSPACE)).toBe(`${REF.project}/${REF.workspace}`);
  expect(projects.label(PROJECT)).toBe(REF.project);
  expect(budgets.label(BUDGET)).toBe(REF.project);
});

const NOUNS = [
  budgets,
  changes,
  incidents,
  journal,
  notifications,
  policies,
  processors,
  projects,
  schedules,
  suspensions,
  workspaces,
] as const;

it("there is a noun for every listing, with examples of its own conditions only", () => {
  expect(NOUNS.map(({ name }) => name).sort()).toEqual(Object.keys(CONDITIONS).sort());
  for (const { name, examples } of NOUNS) {
    const named = examples.flatMap(
      (one) => /--condition ((?:[a-z][a-z-]* ?)+)/.exec(one)?.[1]?.trim().split(" ") ?? [],
    );
    expect(Object.keys(CONDITIONS[name])).toEqual(expect.arrayContaining(named));
  }
});
