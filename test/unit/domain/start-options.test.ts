// Start options as values: tiers in their order, the value a position is spent by, and what is left out of a set of
// options.
import { expect, it } from "vitest";
import {
  START_OPTIONS,
  START_OPTION_NAMES,
  TIERS,
  collectStartOptions,
  hasPosition,
  isLargerTier,
  isTier,
  toPositionKey,
  withoutPosition,
} from "../../../src/domain/start-options.js";
import type { StartOptions } from "../../../src/domain/start-options.js";

const AT = "2026-05-04T09:42:00Z";

it("no two options share a column or a flag: one would be read as the other", () => {
  const options = Object.values(START_OPTIONS);
  expect(new Set(options.map(({ column }) => column)).size).toBe(options.length);
  expect(new Set(options.map(({ flag }) => flag.flags)).size).toBe(options.length);
});

it("the names stand in histories and in the database: they stay", () => {
  expect(START_OPTION_NAMES).toEqual(
    expect.arrayContaining(["tier", "resumeFromCheckpoint", "startAtOperationTime"]),
  );
});

it("collected options have every value, false included, and no field that is absent", () => {
  const all: StartOptions = { tier: "SP2", resumeFromCheckpoint: false, startAtOperationTime: AT };
  expect(collectStartOptions((name) => all[name])).toStrictEqual(all);
  expect(collectStartOptions(() => undefined)).toStrictEqual({});
  expect(collectStartOptions((name) => (name === "tier" ? "SP5" : null))).toStrictEqual({ tier: "SP5" });
});

it.each<{ readonly reason: string; readonly start: StartOptions; readonly left: StartOptions }>([
  { reason: "a tier stays", start: { tier: "SP10" }, left: { tier: "SP10" } },
  { reason: "a time goes", start: { tier: "SP10", startAtOperationTime: AT }, left: { tier: "SP10" } },
  { reason: "fresh goes", start: { resumeFromCheckpoint: false }, left: {} },
  { reason: "so does the checkpoint by name", start: { resumeFromCheckpoint: true }, left: {} },
])("without a position: $reason", ({ start, left }) => {
  expect(withoutPosition(start)).toStrictEqual(left);
});

it("tiers are ordered by size and not by the alphabet", () => {
  const [sp2, sp5, sp10] = TIERS;
  expect(isLargerTier(sp10, sp2)).toBe(true);
  expect(isLargerTier(sp2, sp10)).toBe(false);
  expect(isLargerTier(sp5, sp5)).toBe(false);
  expect(["SP2", "SP10", "SP900", "sp10", ""].map(isTier)).toEqual([true, true, false, false, false]);
});

it.each<{ readonly reason: string; readonly start: StartOptions; readonly key: string | undefined }>([
  { reason: "nothing said: the checkpoint", start: {}, key: undefined },
  { reason: "a tier is no position", start: { tier: "SP10" }, key: undefined },
  { reason: "the checkpoint, by name", start: { resumeFromCheckpoint: true }, key: undefined },
  { reason: "fresh", start: { resumeFromCheckpoint: false }, key: "fresh" },
  { reason: "a time", start: { startAtOperationTime: AT }, key: `at:${AT}:absent` },
  {
    reason: "a time and fresh",
    start: { startAtOperationTime: AT, resumeFromCheckpoint: false },
    key: `at:${AT}:false`,
  },
  {
    reason: "Atlas's own example",
    start: { startAtOperationTime: AT, resumeFromCheckpoint: true },
    key: `at:${AT}:true`,
  },
  {
    reason: "zeros that say nothing",
    start: { startAtOperationTime: "2026-05-04T09:42:00.000Z" },
    key: `at:${AT}:absent`,
  },
  {
    reason: "a fraction, however many zeros end it",
    start: { startAtOperationTime: "2026-05-04T09:42:00.050Z" },
    key: "at:2026-05-04T09:42:00.05Z:absent",
  },
  {
    reason: "the tier is no part of its value",
    start: { tier: "SP50", startAtOperationTime: AT },
    key: `at:${AT}:absent`,
  },
])("the value a position is spent by: $reason", ({ start, key }) => {
  expect(toPositionKey(start)).toBe(key);
  expect(hasPosition(start)).toBe(key !== undefined);
});
