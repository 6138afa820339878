// Durations as people write them: what is read, what is refused, and that what is written reads back as the same.
import fc from "fast-check";
import { expect, it } from "vitest";
import { formatDurationMs, parseDurationMs } from "../../../src/domain/duration.js";

it.each<[string, number]>([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["4h", 14_400_000],
  ["2d", 172_800_000],
  ["1h30m", 5_400_000],
  ["250ms", 250],
  ["1m500ms", 60_500],
  ["30m1h", 5_400_000],
  ["0s", 0],
  ["007s", 7_000],
])("reads %s", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

it.each([
  "",
  "30",
  "m",
  "-5m",
  "1.5h",
  "5 m",
  " 5m",
  "5m\n",
  "5M",
  "1w",
  "1h30",
  "1e3s",
  "PT5M",
  "٣m",
  "9007199254740993ms",
  "104249991375d",
  `${"1".repeat(32)}s`,
])("refuses %j", (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
});

it.each<[number, string]>([
  [0, "0s"],
  [1, "1ms"],
  [60_000, "1m"],
  [75_000, "1m15s"],
  [5_400_000, "1h30m"],
  [90_061_001, "1d1h1m1s1ms"],
])("writes %d ms in the shortest exact way", (ms, text) => {
  expect(formatDurationMs(ms)).toBe(text);
});

it("what is written reads back as the same, up to a thousand years", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 366_000 * 86_400_000 }), (ms) => {
      expect(parseDurationMs(formatDurationMs(ms))).toBe(ms);
    }),
    { numRuns: 200 },
  );
});

it("whatever is read is a whole number of milliseconds that can be counted exactly", () => {
  const parts = fc.array(fc.tuple(fc.nat(), fc.constantFrom("d", "h", "m", "s", "ms")), { maxLength: 5 });
  fc.assert(
    fc.property(parts, (written) => {
      const ms = parseDurationMs(written.map(([count, unit]) => `${String(count)}${unit}`).join(""));
      if (ms !== undefined) expect(Number.isSafeInteger(ms)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
