// The settings of the loop: every rule that two of them have to keep, and the interval derived from the size of a
// project.
import { expect, it } from "vitest";
import { DEFAULT_SETTINGS, findSettingsFaults, toIntervalMs } from "../../../src/domain/settings.js";
import type { LoopSettings } from "../../../src/domain/settings.js";
import { HOUR_MS, MINUTE_MS } from "../../support/domain-builders.js";

it("the defaults keep every rule", () => {
  expect(findSettingsFaults(DEFAULT_SETTINGS)).toEqual([]);
});

it.each<{
  readonly fault: string;
  readonly broken: Partial<LoopSettings>;
  readonly kept: Partial<LoopSettings>;
}>([
  {
    fault: "the POST time-out must be shorter than the start horizon",
    broken: { postTimeoutMs: 9, startHorizonMs: 9 },
    kept: { postTimeoutMs: 8, startHorizonMs: 9 },
  },
  {
    fault: "the POST time-out must be shorter than the stop horizon",
    broken: { postTimeoutMs: 9, stopHorizonMs: 9 },
    kept: { postTimeoutMs: 8, stopHorizonMs: 9 },
  },
  {
    fault: "the workspace deadline must be shorter than the lease",
    broken: { workspaceDeadlineMs: 60_000 },
    kept: { workspaceDeadlineMs: 59_999 },
  },
  {
    fault: "the read time-out must be shorter than the workspace deadline",
    broken: { readTimeoutMs: 30_000 },
    kept: { readTimeoutMs: 29_999 },
  },
  {
    fault: "the interval must be a second or longer",
    broken: { intervalMs: 999 },
    kept: { intervalMs: 1_000 },
  },
  { fault: "the settle time cannot be negative", broken: { settleMs: -1 }, kept: { settleMs: 0 } },
  {
    fault: "the lease and the workspace deadline together must not exceed 150s; they are 151s",
    broken: { leaseMs: 120_001 },
    kept: { leaseMs: 120_000 },
  },
  {
    fault:
      "twice the workspace deadline, twice the read time-out and the POST time-out together must not exceed 600s; they are 601s",
    broken: { postTimeoutMs: 484_001, startHorizonMs: 500_000, stopHorizonMs: 500_000 },
    kept: { postTimeoutMs: 484_000, startHorizonMs: 500_000, stopHorizonMs: 500_000 },
  },
])("tells that $fault, and that alone", ({ fault, broken, kept }) => {
  expect(findSettingsFaults({ ...DEFAULT_SETTINGS, ...broken })).toEqual([fault]);
  expect(findSettingsFaults({ ...DEFAULT_SETTINGS, ...kept })).toEqual([]);
});

it("tells all faults at once", () => {
  const broken = { postTimeoutMs: HOUR_MS, readTimeoutMs: HOUR_MS, workspaceDeadlineMs: HOUR_MS };
  expect(findSettingsFaults({ ...DEFAULT_SETTINGS, ...broken })).toHaveLength(6);
});

it.each<{
  readonly reason: string;
  readonly pages: number;
  readonly isAbsent?: boolean;
  readonly intervalMs?: number;
  readonly interval: number;
}>([
  { reason: "a small project keeps the base", pages: 1, interval: MINUTE_MS },
  { reason: "nothing seen yet keeps the base", pages: 0, interval: MINUTE_MS },
  { reason: "as many pages as passes may ask for in a minute", pages: 250, interval: MINUTE_MS },
  { reason: "one more stretches it", pages: 251, interval: 60_240 },
  { reason: "twice as many take twice as long", pages: 500, interval: 2 * MINUTE_MS },
  { reason: "a short base is stretched as well", pages: 100, intervalMs: 5_000, interval: 24_000 },
  { reason: "a long base needs no stretching", pages: 500, intervalMs: HOUR_MS, interval: HOUR_MS },
  { reason: "an absent workspace is looked at hourly", pages: 1, isAbsent: true, interval: HOUR_MS },
  { reason: "hourly also in a large project", pages: 50_000, isAbsent: true, interval: HOUR_MS },
])("the interval: $reason", ({ pages, isAbsent = false, intervalMs = MINUTE_MS, interval }) => {
  const settings = { ...DEFAULT_SETTINGS, intervalMs };
  expect(toIntervalMs(settings, { pagesInProject: pages, isAbsent })).toBe(interval);
});

it("the defaults are the ones design and README name", () => {
  expect(DEFAULT_SETTINGS).toMatchObject({
    intervalMs: MINUTE_MS,
    settleMs: 20_000,
    pollMs: 5_000,
    waitForStateMs: 5 * MINUTE_MS,
    stuckMs: 15 * MINUTE_MS,
    holdRecheckMs: 5 * MINUTE_MS,
    startHorizonMs: 75_000,
    stopHorizonMs: 200_000,
    capPerWorkspace: 50,
    capPerProject: 200,
    brakeCount: 10,
    brakeShare: 0.25,
    brakeWindowMs: 10 * MINUTE_MS,
  });
});
