// An examination as a whole, where nothing answers: every check has its line and its remedy, in the order of mending,
// and one that stands on another is not looked at. No server is needed: each part says no, as it would from far away.
import { describe, expect, it } from "vitest";
import { ATLAS_CHECKS } from "../../../src/app/doctor/atlas.js";
import type { CheckFinding } from "../../../src/app/doctor/checks.js";
import { examineInTurn } from "../../../src/app/doctor/checks.js";
import { examine } from "../../../src/app/doctor/doctor.js";
import type { OpenPatient } from "../../../src/app/doctor/doctor.js";
import { SERVER_CHECKS } from "../../../src/app/doctor/server.js";
import { POSTGRES_CHECKS } from "../../../src/app/doctor/postgres.js";
import { TEMPORAL_CHECKS, judgePollers, judgeSchedule } from "../../../src/app/doctor/temporal.js";
import { AppError } from "../../../src/base/errors.js";
import { createLogger } from "../../../src/base/logger.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";

const WANTED = ">=20.19";

/** Neither Postgres nor Temporal is there, and nothing may be asked of Atlas. */
function aPatient(fields: Partial<OpenPatient> = {}): OpenPatient {
  return {
    settings: DEFAULT_SETTINGS,
    log: createLogger("silent"),
    database: { address: "db/headgate", migrations: ["0001_tables"] },
    store: () => {
      throw new AppError("config.invalid", "DATABASE_URL is not set");
    },
    temporal: {
      address: "127.0.0.1:7233",
      namespace: "default",
      connect: () => Promise.reject(new AppError("temporal.unavailable", "Temporal does not answer")),
    },
    atlas: {
      address: "https://atlas.example",
      name: "https://atlas.example",
      projects: [],
      access: () => Promise.reject(new Error("asked of Atlas without a budget")),
    },
    server: { url: undefined },
    ...fields,
  };
}

const lines = (findings: readonly CheckFinding[]): readonly string[] =>
  findings.map(({ check, verdict, found }) => `${verdict} ${check}: ${found}`);

const look = (open: () => OpenPatient, version = "22.0.0"): Promise<readonly CheckFinding[]> =>
  examine({ node: { version, wanted: WANTED }, open });

/** The newest there are here; zones.test.ts judges their age. */
const RULES: unknown = expect.stringMatching(/^\w+ rules: time zone rules 20\d\d[a-z] /);

it("looks side by side at what does not depend on each other, and at nothing that stands on a fault", async () => {
  expect(lines(await look(aPatient))).toEqual([
    "ok node: Node.js 22.0.0",
    RULES,
    "ok configuration: every setting is valid",
    "wrong postgres: DATABASE_URL is not set",
    "skipped migrations: not looked at: postgres is wrong",
    "skipped owner: not looked at: postgres is wrong",
    "skipped observations: not looked at: postgres is wrong",
    "skipped waiting: not looked at: postgres is wrong",
    "skipped notices: not looked at: postgres is wrong",
    "skipped budgets: not looked at: postgres is wrong",
    "skipped zones: not looked at: postgres is wrong",
    "wrong temporal: Temporal does not answer",
    "skipped namespace: not looked at: temporal is wrong",
    "skipped search attributes: not looked at: temporal is wrong",
    "skipped schedule: not looked at: temporal is wrong",
    "skipped worker: not looked at: temporal is wrong",
    "skipped atlas: not looked at: its budget is in Postgres, and postgres is wrong",
    "skipped project: not looked at: its budget is in Postgres, and postgres is wrong",
    "skipped server: not looked at: HEADGATE_SERVER_URL does not say where it is",
  ]);
});

it("opens nothing of a wrong configuration, and has a line for every check all the same", async () => {
  const findings = await look(() => {
    throw new AppError("config.invalid", "HEADGATE_POLL is wrong");
  });
  expect(findings[2]).toEqual({
    check: "configuration",
    verdict: "wrong",
    found: "HEADGATE_POLL is wrong",
    remedy: "headgate config view shows every setting",
  });
  const rest = findings.slice(3);
  expect(rest.map(({ check }) => check)).toEqual(
    [...POSTGRES_CHECKS, ...TEMPORAL_CHECKS, ...ATLAS_CHECKS, ...SERVER_CHECKS].map(({ name }) => name),
  );
  expect(new Set(rest.map(({ found }) => found))).toEqual(new Set(["not looked at: configuration is wrong"]));
});

it("does not take a bug for a wrong configuration", async () => {
  const bug = new TypeError("a bug");
  await expect(
    look(() => {
      throw bug;
    }),
  ).rejects.toBe(bug);
});

describe("Node.js", () => {
  it.each([
    ["20.19.0", true],
    ["20.19.9", true],
    ["20.20.0", true],
    ["21.0.0", true],
    ["100.0.0", true],
    ["20.18.9", false],
    ["19.99.0", false],
    ["2.20.0", false],
  ])("%s is enough for >=20.19: %s", async (version, isEnough) => {
    const [node] = await look(aPatient, version);
    expect(node).toEqual(
      isEnough
        ? { check: "node", verdict: "ok", found: `Node.js ${version}`, remedy: null }
        : {
            check: "node",
            verdict: "wrong",
            found: `Node.js ${version}, but >=20.19 is needed`,
            remedy: "install a newer Node.js",
          },
    );
  });
});

describe("Postgres", () => {
  it.each([
    {
      reason: "ours",
      error: new AppError("store.unavailable", "Postgres is down"),
      found: "Postgres is down",
    },
    { reason: "a stranger's", error: new Error("socket hang up"), found: "failed: socket hang up" },
  ])("says of an error that is $reason what it is, and what to do", async ({ error, found }) => {
    const findings = await look(() =>
      aPatient({
        store: () => {
          throw error;
        },
      }),
    );
    expect(findings.find(({ check }) => check === "postgres")).toEqual({
      check: "postgres",
      verdict: "wrong",
      found,
      remedy: "start Postgres, or set DATABASE_URL to one that runs",
    });
  });
});

it("has a remedy for every check that can fail", () => {
  const bare = [...POSTGRES_CHECKS, ...TEMPORAL_CHECKS, ...ATLAS_CHECKS].filter(
    ({ remedy }) => remedy === "",
  );
  expect(bare.map(({ name }) => name)).toEqual(["search attributes"]);
});

it("has no two checks of one name", () => {
  const names = [...POSTGRES_CHECKS, ...TEMPORAL_CHECKS, ...ATLAS_CHECKS].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe("checks in turn", () => {
  it("go on behind one that only finds something wrong, and name what a finding is of", async () => {
    const findings = await examineInTurn(
      [
        {
          name: "one",
          remedy: "never shown",
          examine: () =>
            Promise.resolve([
              { of: "a", verdict: "wrong" as const, found: "broken", remedy: "mend a" },
              { of: "b", found: "fine" },
            ]),
        },
        { name: "two", remedy: "", examine: (text: string) => Promise.resolve({ found: text }) },
      ],
      "given",
    );
    expect(findings).toEqual([
      { check: "one a", verdict: "wrong", found: "broken", remedy: "mend a" },
      { check: "one b", verdict: "ok", found: "fine", remedy: null },
      { check: "two", verdict: "ok", found: "given", remedy: null },
    ]);
  });

  it("have a line for nothing where nothing was found", async () => {
    const none = { name: "none", remedy: "", examine: () => Promise.resolve([]) };
    expect(await examineInTurn([none], undefined)).toEqual([]);
  });
});

const NOW = 1_780_000_000_000;
const FACTS = {
  scheduleId: "s",
  isPaused: false,
  note: "",
  isForeign: false,
  differences: [],
  lastAt: NOW,
  nextAt: NOW,
};

describe("of several faults of a schedule the first to mend is told", () => {
  it.each([
    {
      reason: "whose it is, before that it is paused",
      facts: { ...FACTS, isForeign: true, isPaused: true, differences: ["interval"] },
      found: "s belongs to another installation of Headgate",
    },
    {
      reason: "that it is paused, before that it differs",
      facts: { ...FACTS, isPaused: true, differences: ["interval is 1h, not 1m"] },
      found: "s is paused: no pass starts by itself",
    },
    { reason: "nothing, without a next time", facts: { ...FACTS, nextAt: null }, found: "s fired 0s ago" },
  ])("$reason", ({ facts, found }) => {
    expect(judgeSchedule(facts, "s", NOW).found).toBe(found);
  });
});

describe("who polls", () => {
  const ours = { identity: "1@a", installation: "0000000a", seenMsAgo: 0 };
  it.each([
    { reason: "seen just lately enough", pollers: [{ ...ours, seenMsAgo: 89_999 }], verdict: undefined },
    { reason: "seen just too long ago", pollers: [{ ...ours, seenMsAgo: 90_000 }], verdict: "wrong" },
    {
      reason: "a stranger who polls no more",
      pollers: [ours, { ...ours, installation: "0000000b", seenMsAgo: 90_000 }],
      verdict: undefined,
    },
    {
      reason: "a stranger behind ours",
      pollers: [ours, { ...ours, installation: "0000000b", seenMsAgo: 89_999 }],
      verdict: "wrong",
    },
  ])("$reason: $verdict", ({ pollers, verdict }) => {
    expect(judgePollers(pollers, "0000000a").verdict).toBe(verdict);
  });
});
