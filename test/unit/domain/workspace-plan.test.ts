// A whole pass over one workspace (docs/design.md 5, below the table): the hold and its single trial, the caps and
// their order, and what is missing. The brake and the journal stand in files of their own.
import { expect, it } from "vitest";
import { DEFAULT_SETTINGS, toIntervalMs } from "../../../src/domain/settings.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { Hold, WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import { HOUR_MS, MINUTE_MS, NOW, REF, aDeclared, aStatus } from "../../support/domain-builders.js";
import { aPassLater, aWorkspace, many, toCodes, toNames } from "./workspace-case.js";
import type { Member } from "./workspace-case.js";

const FAILED: Omit<Member, "name"> = { seen: { state: "FAILED" } };
const DRIFTED: Omit<Member, "name"> = { seen: { tier: "SP30" } };
const NIGHTLY = aDeclared({
  policy: { restart: { cron: "0 11 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS } },
});
const DENIED: Hold = { why: "402: no billing", by: "post", recheckAt: NOW };
const { capPerWorkspace, capPerProject } = DEFAULT_SETTINGS;

const failedSince = (name: string, driftSince: number): Member => ({
  name,
  ...FAILED,
  status: aStatus({ driftSince }),
});

it("plans a change with all that its workflow needs", () => {
  const { changes } = planWorkspace(aWorkspace([{ name: "clicks", ...FAILED }]));
  expect(changes).toEqual([
    {
      ref: REF,
      kind: "start",
      policyVersion: 3,
      slotAt: null,
      why: "FAILED, but declared STARTED",
      plannedFrom: NOW - 1_000,
      isReleased: false,
      isTrial: false,
    },
  ]);
});

it("is deterministic: equal facts give an equal plan", () => {
  const facts = aWorkspace([...many(30, FAILED, "f"), ...many(30, DRIFTED, "d")]);
  expect(planWorkspace(facts)).toEqual(planWorkspace(facts));
});

it("hold by a POST: one start alone is tried, of what has been down the longest", () => {
  const members = [
    ...many(3, DRIFTED, "d"),
    failedSince("later", NOW - MINUTE_MS),
    failedSince("longest", NOW - HOUR_MS),
  ];
  const plan = planWorkspace(aWorkspace(members, { hold: DENIED }));
  expect(plan.changes.map(({ ref, kind, isTrial }) => [ref.processor, kind, isTrial])).toEqual([
    ["longest", "start", true],
  ]);
  expect(toCodes(plan)).toEqual({
    "d-1": "held",
    "d-2": "held",
    "d-3": "held",
    later: "held",
    longest: "start",
  });
});

const NO_TRIAL: readonly { readonly reason: string; readonly facts: WorkspaceFacts }[] = [
  {
    reason: "a millisecond before the re-check is due",
    facts: aWorkspace(many(2, FAILED), { hold: { ...DENIED, recheckAt: NOW + 1 } }),
  },
  {
    reason: "where a LIST was denied: a LIST ends it",
    facts: aWorkspace(many(2, FAILED), { hold: { ...DENIED, by: "list" } }),
  },
  {
    reason: "of a processor that is suspended",
    facts: aWorkspace(
      many(1, { ...FAILED, status: aStatus({ suspended: { by: "ana", why: "x", until: NOW + 1 } }) }),
      { hold: DENIED },
    ),
  },
  {
    reason: "where there is no place under the cap",
    facts: aWorkspace(many(2, FAILED), { hold: DENIED, openInProject: capPerProject }),
  },
];

for (const { reason, facts } of NO_TRIAL) {
  it(`hold: no trial ${reason}`, () => {
    expect(planWorkspace(facts).changes).toEqual([]);
  });
}

it("hold: tries a restart where no start is wanted, or nothing would end the hold", () => {
  const plan = planWorkspace(aWorkspace(many(2, DRIFTED), { hold: DENIED }));
  expect(plan.changes.map(({ kind, isTrial }) => [kind, isTrial])).toEqual([["restart", true]]);
});

it("hold: parks nothing, skips no slot, and a quiet held workspace writes nothing", () => {
  const exhausted = aStatus({ attempts: 30, attemptsVersion: 3 });
  const suspended = aStatus({ suspended: { by: "ana", why: "x", until: NOW + HOUR_MS } });
  const facts = aWorkspace(
    [
      { name: "exhausted", ...FAILED, status: exhausted },
      { name: "suspended", declared: NIGHTLY, status: suspended },
    ],
    { hold: { ...DENIED, recheckAt: NOW + HOUR_MS } },
  );
  const first = planWorkspace(facts);
  expect(first.processors.map(({ status }) => [status.parked, status.lastSlotAt])).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(first.transitions.map(({ kind }) => kind)).not.toContain("slot.skipped");
  const second = planWorkspace(aPassLater(facts, first));
  expect(second.processors.map(({ hasStatusChanged }) => hasStatusChanged)).toEqual([false, false]);
  expect(second.transitions).toEqual([]);
});

it("hold: when it ends, the slot it kept waiting is skipped and told", () => {
  const suspended = aStatus({ suspended: { by: "ana", why: "x", until: NOW + HOUR_MS } });
  const facts = aWorkspace([{ name: "clicks", declared: NIGHTLY, status: suspended }], {
    hold: { ...DENIED, recheckAt: NOW + HOUR_MS },
  });
  const freed = planWorkspace({ ...aPassLater(facts, planWorkspace(facts)), hold: null });
  expect(freed.transitions.map(({ kind }) => kind)).toEqual(["slot.skipped", "reason.changed"]);
});

const CAPS: readonly {
  readonly reason: string;
  readonly open: Partial<WorkspaceFacts>;
  readonly changes: number;
}[] = [
  { reason: "the workspace's cap", open: {}, changes: capPerWorkspace },
  {
    reason: "less what is open in the workspace",
    open: { openInWorkspace: capPerWorkspace - 2, openInProject: capPerWorkspace },
    changes: 2,
  },
  {
    reason: "one place left in the project",
    open: { openInProject: capPerProject - 1 },
    changes: 1,
  },
  { reason: "no place left in the project", open: { openInProject: capPerProject }, changes: 0 },
  {
    reason: "more open than the cap allows, by people or by an older setting",
    open: { openInWorkspace: capPerWorkspace + 5 },
    changes: 0,
  },
];

for (const { reason, open, changes } of CAPS) {
  it(`caps: ${reason}`, () => {
    const plan = planWorkspace(aWorkspace(many(60, FAILED), open));
    const waiting = Object.values(toCodes(plan)).filter((code) => code === "waiting-for-place");
    expect(plan.changes.length).toBe(changes);
    expect(waiting.length).toBe(60 - changes);
  });
}

const KEYED = { ...FAILED, declared: aDeclared({ policy: { concurrencyKey: "kafka-eu" } }) };
const toTexts = (plan: ReturnType<typeof planWorkspace>): ReadonlySet<string> =>
  new Set(
    plan.processors.flatMap(({ decision: { reason } }) =>
      reason.code === "waiting-for-place" ? [reason.text] : [],
    ),
  );

it.each([
  { reason: "none open", openByKey: {}, changes: 20 },
  { reason: "some open, wherever", openByKey: { "kafka-eu": 18 }, changes: 2 },
  { reason: "more open than the cap allows", openByKey: { "kafka-eu": 25 }, changes: 0 },
  { reason: "only another key's open", openByKey: { "kafka-us": 25 }, changes: 20 },
])("caps: of one concurrency key, $reason", ({ openByKey, changes }) => {
  const plan = planWorkspace(aWorkspace([...many(22, KEYED), ...many(3, FAILED, "q")], { openByKey }));
  expect(plan.changes.filter(({ ref }) => ref.processor.startsWith("p")).length).toBe(changes);
  expect(plan.changes.filter(({ ref }) => ref.processor.startsWith("q")).length).toBe(3);
  expect(toTexts(plan)).toEqual(new Set(["waiting for a place under the cap on open changes of kafka-eu"]));
});

it.each([
  { reason: "none is open", openStartsInTurn: 0, names: ["p-1", "s"] },
  { reason: "one is open", openStartsInTurn: 1, names: ["s"] },
])("caps: where Atlas takes one start at a time and $reason, stops go on", ({ openStartsInTurn, names }) => {
  const stopped = aDeclared({ policy: { state: "STOPPED" } });
  const members = [...many(3, FAILED), { name: "s", declared: stopped }];
  const plan = planWorkspace(aWorkspace(members, { openStartsInTurn }));
  expect(toNames(plan)).toEqual(names);
  expect(toTexts(plan)).toEqual(
    new Set(["waiting for its turn: Atlas takes one start of the workspace at a time"]),
  );
});

it("caps: starts before restarts, and in each the oldest drift first", () => {
  const members: readonly Member[] = [
    { name: "tier-old", ...DRIFTED, status: aStatus({ driftSince: NOW - 9 * HOUR_MS }) },
    { name: "tier-young", ...DRIFTED, status: aStatus({ driftSince: NOW - HOUR_MS }) },
    { name: "slot", declared: NIGHTLY },
    failedSince("down-new", NOW - MINUTE_MS),
    failedSince("down-old", NOW - 2 * HOUR_MS),
  ];
  const all = planWorkspace(aWorkspace(members));
  expect(toNames(all)).toEqual(["down-old", "down-new", "tier-old", "tier-young", "slot"]);
  const few = planWorkspace(aWorkspace(members, { openInWorkspace: capPerWorkspace - 3 }));
  expect(toNames(few)).toEqual(["down-old", "down-new", "tier-old"]);
});

it("caps: what waits keeps its place in the queue, and gets it when there is one", () => {
  const facts = aWorkspace(many(2, FAILED), { openInWorkspace: capPerWorkspace });
  const first = planWorkspace(facts);
  const second = planWorkspace({ ...aPassLater(facts, first), openInWorkspace: capPerWorkspace - 1 });
  expect(second.processors.map(({ status }) => status.driftSince)).toEqual([NOW - 1_000, NOW - 1_000]);
  expect(toNames(second)).toEqual(["p-1"]);
});

it("missing: absent from one list is looked at again, from two in a row is missing, and is never acted on", () => {
  const facts = aWorkspace(many(1, { seen: null, status: aStatus({ stateSince: NOW - HOUR_MS }) }));
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  const third = planWorkspace(aPassLater(aPassLater(facts, first), second));
  expect([first, second, third].map(toCodes)).toEqual([
    { "p-1": "observing-again" },
    { "p-1": "missing" },
    { "p-1": "missing" },
  ]);
  expect([first, second, third].flatMap(({ changes }) => changes)).toEqual([]);
  expect(third.processors[0]?.hasStatusChanged).toBe(false);
});

it("missing: back in the list it is acted on as before", () => {
  const facts = aWorkspace(many(1, FAILED));
  const gone = planWorkspace({ ...facts, observations: [] });
  const back = planWorkspace(aPassLater(facts, gone));
  expect(back.processors[0]?.status.absences).toBe(0);
  expect(toNames(back)).toEqual(["p-1"]);
});

it("missing: a 404 for the list makes all of them missing at once, and an hourly look writes nothing more", () => {
  const facts = aWorkspace(many(3, FAILED), { observations: undefined });
  const first = planWorkspace(facts);
  const second = planWorkspace(aPassLater(facts, first));
  expect(Object.values(toCodes(first))).toEqual(["missing", "missing", "missing"]);
  expect(first.changes).toEqual([]);
  expect(second.transitions).toEqual([]);
  expect(second.processors.map(({ hasStatusChanged }) => hasStatusChanged)).toEqual([false, false, false]);
});

it("missing: a workspace that Atlas does not have is looked at hourly, whatever its project's size", () => {
  expect(toIntervalMs(DEFAULT_SETTINGS, { pagesInProject: 1, isAbsent: true })).toBe(HOUR_MS);
  expect(toIntervalMs(DEFAULT_SETTINGS, { pagesInProject: 9_000, isAbsent: true })).toBe(HOUR_MS);
});

it("unmanaged: what Atlas lists and no policy names is known, and left alone", () => {
  const stranger = { ...aWorkspace([{ name: "stranger", ...FAILED }]), processors: [] };
  const plan = planWorkspace(stranger);
  expect(toCodes(plan)).toEqual({ stranger: "unmanaged" });
  expect(plan.processors[0]?.status.driftSince).toBeNull();
  expect(plan.changes).toEqual([]);
});
