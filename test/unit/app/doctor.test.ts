// What an examination makes of the facts: each verdict with what was found and what to do.
import { describe, expect, it } from "vitest";
import { examineInTurn } from "../../../src/app/doctor/checks.js";
import { judgeBudgets, judgeLoop, judgeOutbox, judgeWaiting } from "../../../src/app/doctor/postgres.js";
import { judgePollers, judgeSchedule } from "../../../src/app/doctor/temporal.js";
import { AppError } from "../../../src/base/errors.js";

const NOW = 1_780_000_000_000;

describe("checks in turn", () => {
  const check = (name: string, work: () => Promise<never> | Promise<{ found: string }>) => ({
    name,
    remedy: `mend ${name}`,
    examine: work,
  });

  it("skips what stands on one that threw, and keeps what was found before", async () => {
    const findings = await examineInTurn(
      [
        check("one", () => Promise.resolve({ found: "fine" })),
        check("two", () => Promise.reject(new AppError("config.invalid", "no such thing"))),
        check("three", () => Promise.resolve({ found: "never" })),
      ],
      undefined,
    );
    expect(findings).toEqual([
      { check: "one", verdict: "ok", found: "fine", remedy: null },
      { check: "two", verdict: "wrong", found: "no such thing", remedy: "mend two" },
      { check: "three", verdict: "skipped", found: "not looked at: two is wrong", remedy: null },
    ]);
  });

  it("says of a stranger's error that it failed", async () => {
    const [finding] = await examineInTurn([check("one", () => Promise.reject(new Error("boom")))], undefined);
    expect(finding).toMatchObject({ verdict: "wrong", found: "failed: boom" });
  });
});

describe("observations", () => {
  const facts = {
    workspaces: 3,
    overdue: 0,
    observedAt: NOW - 12_000,
    dueAt: NOW + 48_000,
    isStale: false,
    now: NOW,
    failing: [],
    failingCount: 0,
  };

  it.each([
    ["in time", facts, "ok", "3 workspaces observed in time; the newest observation: 12s ago"],
    [
      "late",
      { ...facts, overdue: 2 },
      "wrong",
      "2 of 3 workspaces not observed in time; the newest observation: 12s ago",
    ],
    [
      "never",
      { ...facts, workspaces: 1, overdue: 1, observedAt: null },
      "wrong",
      "1 of 1 workspace not observed in time; the newest observation: never",
    ],
    [
      "unseen",
      { ...facts, failing: ["p/w: 403"], failingCount: 1 },
      "wrong",
      "1 of 3 workspaces not seen by the last pass: p/w: 403",
    ],
    [
      "not observed though claimed in time",
      { ...facts, observedAt: NOW - 180_000, isStale: true },
      "wrong",
      "not one of 3 workspaces was observed within two intervals; the newest observation: 3m ago",
    ],
    ["none", { ...facts, workspaces: 0 }, "warning", "no policy is declared, so nothing is observed"],
  ] as const)("%s", (...[, given, verdict, found]) => {
    expect(judgeLoop(given)).toMatchObject({ found, ...(verdict === "ok" ? {} : { verdict }) });
  });
});

describe("what waits for a person", () => {
  it("is nothing", () => {
    expect(judgeWaiting({ held: [], braked: [], parked: 0 })).toEqual({
      found: "nothing is held, braked or parked",
    });
  });

  it("is a line each", () => {
    expect(judgeWaiting({ held: ["p: 402"], braked: ["p/w"], parked: 2 })).toMatchObject([
      { of: "held", verdict: "wrong", found: "p: 402" },
      {
        of: "braked",
        verdict: "wrong",
        remedy: expect.stringContaining("headgate release-brake p/w") as string,
      },
      { of: "parked", verdict: "warning", found: "2 processors parked: Headgate gave up on them" },
    ]);
  });
});

describe("budgets", () => {
  const budget = {
    project: "p",
    capacity: 1_200,
    refillPerMinute: 500,
    left: 640,
    blockedUntil: null,
    usedAt: NOW,
  };

  it.each([
    ["none", [], "no call was made yet"],
    ["enough", [budget, { ...budget, left: 700 }], "2 projects; least left: 640 of 1200 calls"],
    [
      "one that was blocked",
      [{ ...budget, blockedUntil: NOW - 1 }],
      "1 project; least left: 640 of 1200 calls",
    ],
    ["empty", [{ ...budget, left: 0 }], "no call may go now to p"],
    ["blocked", [{ ...budget, blockedUntil: NOW + 1 }], "no call may go now to p"],
  ])("%s", (_name, budgets, found) => {
    expect(judgeBudgets(budgets, NOW)).toMatchObject({ found });
  });
});

describe("schedule", () => {
  const facts = {
    scheduleId: "headgate-reconcile",
    isPaused: false,
    note: "",
    isForeign: false,
    differences: [],
    lastAt: NOW - 5_000,
    nextAt: NOW + 55_000,
  };

  it.each([
    ["fires", facts, undefined, "headgate-reconcile fired 5s ago, next in 55s"],
    ["new", { ...facts, lastAt: null }, undefined, "headgate-reconcile has not fired yet, next in 55s"],
    ["absent", undefined, "wrong", "no schedule headgate-reconcile: nothing starts a pass"],
    [
      "paused",
      { ...facts, isPaused: true, note: "release" },
      "wrong",
      "headgate-reconcile is paused (release): no pass starts by itself",
    ],
    [
      "changed by hand",
      { ...facts, differences: ["interval is 1h, not 1m", "overlap is ALLOW_ALL, not SKIP"] },
      "wrong",
      "headgate-reconcile is not as these settings want it: interval is 1h, not 1m; overlap is ALLOW_ALL, not SKIP",
    ],
    [
      "of somebody else",
      { ...facts, isForeign: true },
      "wrong",
      "headgate-reconcile belongs to another installation of Headgate",
    ],
  ] as const)("%s", (...[, given, verdict, found]) => {
    const judged = judgeSchedule(given, "headgate-reconcile", NOW);
    expect(judged.found).toBe(found);
    expect(judged.verdict).toBe(verdict);
  });
});

describe("worker", () => {
  const OURS = { identity: "1@a", installation: "0000000a", seenMsAgo: 1_000 };
  it.each([
    ["polls", [{ ...OURS, seenMsAgo: 2_000 }], undefined, "1 worker; 1@a asked for work 2s ago"],
    ["gone", [{ ...OURS, seenMsAgo: 180_000 }], "wrong", "nobody asks for work since 1@a, 3m ago"],
    [
      "of an older version, too",
      [{ ...OURS, installation: null, seenMsAgo: 2_000 }],
      undefined,
      "1 worker; 1@a asked for work 2s ago",
    ],
    [
      "of somebody else",
      [OURS, { identity: "2@b/0000000b", installation: "0000000b", seenMsAgo: 3_000 }],
      "wrong",
      "2@b/0000000b is a worker of another installation of Headgate, and asks for the work of this one",
    ],
    ["never", [], "wrong", "nobody asks for work: no pass and no change goes on"],
  ] as const)("%s", (...[, pollers, verdict, found]) => {
    const judged = judgePollers(pollers, "0000000a");
    expect(judged.found).toBe(found);
    expect(judged.verdict).toBe(verdict);
  });
});

describe("notices", () => {
  const healthy = { channel: "slack", failures: 0, error: null };
  it.each([
    {
      facts: { channels: [], waiting: 0, lost: 0 },
      found: { found: "no channel is configured: nobody is told of what needs a person" },
    },
    { facts: { channels: [healthy], waiting: 1, lost: 0 }, found: { found: "slack; 1 notice waiting" } },
    {
      facts: { channels: [healthy, { channel: "mail", failures: 3, error: "no" }], waiting: 2, lost: 1 },
      found: [
        {
          ...{ of: "mail", verdict: "warning", found: "3 failures in a row: no" },
          remedy: "headgate notify test --channel mail, from where the workers run",
        },
        {
          ...{ of: "lost", verdict: "warning", found: "1 notice of the last day never arrived" },
          remedy: "headgate get notifications --condition lost shows why",
        },
      ],
    },
  ])("of $facts it finds $found", ({ facts, found }) => {
    expect(judgeOutbox(facts)).toEqual(found);
  });
});
