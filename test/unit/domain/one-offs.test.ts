// Which options of a start are other than declared, and how people read them.
import { expect, it } from "vitest";
import { findOneOff, formatOptions } from "../../../src/domain/tell/one-offs.js";

it.each([
  { reason: "none given", options: null, declared: { tier: "SP10" }, other: undefined },
  { reason: "none in them", options: {}, declared: { tier: "SP10" }, other: undefined },
  { reason: "as declared", options: { tier: "SP10" }, declared: { tier: "SP10" }, other: undefined },
  { reason: "another tier", options: { tier: "SP30" }, declared: { tier: "SP10" }, other: "tier SP30" },
  { reason: "a tier where none is declared", options: { tier: "SP30" }, declared: {}, other: "tier SP30" },
  {
    reason: "one of two",
    options: { tier: "SP10", resumeFromCheckpoint: false },
    declared: { tier: "SP10" },
    other: "resumeFromCheckpoint false",
  },
] as const)("$reason", ({ options, declared, other }) => {
  const found = findOneOff(options, declared);
  expect(found === undefined ? undefined : formatOptions(found)).toBe(other);
});
