// What the bench makes of its numbers: medians, ratios, verdicts, CPU that is not lost; and docs/performance.md is made
// of what was found.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderChart } from "../../bench/chart.js";
import type { BenchSpan } from "../../bench/meters.js";
import { BARE, HEADGATE, OLD, QUEUE } from "../../bench/names.js";
import { toRatio } from "../../bench/ratios.js";
import { renderPerformance } from "../../bench/report.js";
import { readResults } from "../../bench/results.js";
import type { BenchResults } from "../../bench/results.js";
import { FULL } from "../../bench/scenarios.js";
import { showCount, showSeconds, showSpread, toSpread } from "../../bench/spread.js";
import { judgeTargets } from "../../bench/targets.js";
import { readCpuMs } from "../../bench/usage.js";

it.each([
  { values: [3, 1, 2], spread: { median: 2, least: 1, most: 3 } },
  { values: [4, 1, 2, 3], spread: { median: 2.5, least: 1, most: 4 } },
  { values: [7], spread: { median: 7, least: 7, most: 7 } },
])("the spread of $values", ({ values, spread }) => {
  expect(toSpread(values)).toEqual(spread);
});

it("a range is shown if it can be seen", () => {
  expect(showSpread({ median: 1_000, least: 999, most: 1_001 }, showSeconds)).toBe("1.00");
  expect(showSpread({ median: 1_000, least: 900, most: 12_345 }, showSeconds)).toBe("1.00 (0.90–12.3)");
  expect(showSpread({ median: 1_510, least: 1_510, most: 1_510 }, showCount)).toBe("1,510");
  expect(showSpread({ median: 999, least: 998, most: 115_224 }, showCount)).toBe("999 (998–115k)");
});

const NOTHING: BenchSpan = {
  wallMs: 0,
  calls: 0,
  callsByOperation: {},
  statements: 0,
  events: 0,
  historyBytes: 0,
  runs: 0,
  failedBatches: 0,
  workerCpuMs: 0,
  serverCpuMs: 0,
  postgresCpuMs: 0,
  atlasCpuMs: 0,
  peakMib: 0,
};
const toSpans = (walls: readonly (readonly number[])[]): BenchSpan[][] =>
  walls.map((round) => round.map((wallMs) => ({ ...NOTHING, wallMs })));

it("a ratio is that of the medians, its range that of the rounds; a round in which one failed has none", () => {
  const spans = {
    [HEADGATE]: toSpans([[200, 220, 900], [300], []]),
    [BARE]: toSpans([[110], [100], [50]]),
  };
  expect(toRatio(spans, [HEADGATE, BARE], ({ wallMs }) => wallMs)).toEqual({
    median: 260 / 105,
    least: 2,
    most: 3,
  });
  expect(toRatio(spans, [HEADGATE, OLD], ({ wallMs }) => wallMs)).toBeUndefined();
});

function toResults(duels: Readonly<Record<string, Readonly<Record<string, BenchSpan[][]>>>>): BenchResults {
  const entries = Object.entries(duels).map(([name, spans]) => {
    const scenario = FULL.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    return [name, { scenario, spans, faults: [], on: "2026-05-04", machine: "2 cores" }] as const;
  });
  return { duels: Object.fromEntries(entries) };
}

it("what was not measured has no verdict", () => {
  const verdicts = judgeTargets({ duels: {} });
  expect(verdicts.length).toBeGreaterThan(10);
  expect(
    verdicts.filter(({ measured, isReached }) => measured !== undefined || isReached !== undefined),
  ).toEqual([]);
});

it.each([
  { wall: 130, measured: "1.30", isReached: true },
  { wall: 131, measured: "1.31", isReached: false },
])("a wall of $wall to 100 is $measured", ({ wall, measured, isReached }) => {
  const results = toResults({ "pass-10k": { [HEADGATE]: toSpans([[wall]]), [BARE]: toSpans([[100]]) } });
  const [verdict] = judgeTargets(results);
  expect(verdict).toEqual({ name: "pass, 10,000: wall to bare", limit: "1.30", measured, isReached });
});

it.each([
  { wall: 300, isReached: true },
  { wall: 301, isReached: false },
])("three times as many starts a second: a wall of $wall to 900", ({ wall, isReached }) => {
  const results = toResults({ "recovery-600": { [HEADGATE]: toSpans([[wall]]), [OLD]: toSpans([[900]]) } });
  const verdict = judgeTargets(results).find(({ name }) => name.includes("starts a second"));
  expect(verdict).toMatchObject({ limit: "at least 3.00", isReached });
});

it.each([
  { wallMs: 12_000, lists: 300, isReached: true },
  { wallMs: 12_000, lists: 301, isReached: false },
])("one LIST for each of 100 workspaces and poll: $lists in $wallMs ms", ({ wallMs, lists, isReached }) => {
  const span = { ...NOTHING, wallMs, callsByOperation: { list: lists } };
  const results = toResults({ "recovery-5000": { [HEADGATE]: [[span]] } });
  const verdict = judgeTargets(results).find(({ name }) => name.includes("LISTs"));
  expect(verdict?.isReached).toBe(isReached);
});

it("CPU of a child that has ended is not lost", () => {
  const burnMs = 200;
  const before = readCpuMs(process.pid);
  const burn = `while (process.cpuUsage().user < ${String(burnMs * 1_000)});`;
  expect(spawnSync(process.execPath, ["-e", burn]).status).toBe(0);
  expect(readCpuMs(process.pid) - before).toBeGreaterThanOrEqual(burnMs - 10);
});

it("no table is wider than a document may be, whatever was found", async () => {
  const large = {
    ...NOTHING,
    wallMs: 987_654,
    statements: 876_543,
    events: 123_456,
    historyBytes: 9e8,
    peakMib: 987,
  };
  const small = {
    ...NOTHING,
    wallMs: 12_345,
    statements: 12_345,
    events: 12_345,
    historyBytes: 1e8,
    peakMib: 101,
  };
  const spans = Object.fromEntries([HEADGATE, BARE, QUEUE, OLD].map((name) => [name, [[large], [small]]]));
  const text = await renderPerformance(toResults({ "pass-100k": spans, "recovery-5000": spans }));
  expect(text.split("\n").filter((line) => line.length > 120)).toEqual([]);
  expect(text).toContain("500.0 (12.3–987.7)");
});

it("docs/performance.md and its chart say what was found (else: npm run docs)", async () => {
  const results = readResults();
  const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  expect(read("performance.md")).toBe(await renderPerformance(results));
  expect(read("performance.svg")).toBe(renderChart(results));
});
