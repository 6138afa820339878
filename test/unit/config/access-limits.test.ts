// The limits of `headgate serve` as variables: what each takes, what it refuses and in which words.
import { expect, it } from "vitest";
import { ACCESS_VARIABLES, readAccessLimits } from "../../../src/config/access-limits.js";
import { DEFAULT_ACCESS_LIMITS } from "../../../src/domain/access-limits.js";

const NAMES = Object.entries(ACCESS_VARIABLES).map(([key, { name }]) => ({ key, name }));

it.each(NAMES)("reads $name into $key, and nothing else", ({ key, name }) => {
  const faults: string[] = [];
  expect(readAccessLimits({ [name]: "999999" }, faults)).toEqual({
    ...DEFAULT_ACCESS_LIMITS,
    [key]: 999_999,
  });
  expect(readAccessLimits({ [name]: "" }, faults)).toEqual(DEFAULT_ACCESS_LIMITS);
  expect(faults).toEqual([]);
});

it.each(
  NAMES.flatMap(({ name }) =>
    ["0", "-1", "1.5", "1e3", "ten", " 7", "1000000"].map((text) => ({ name, text })),
  ),
)("refuses $name of '$text'", ({ name, text }) => {
  const faults: string[] = [];
  expect(readAccessLimits({ [name]: text }, faults)).toEqual(DEFAULT_ACCESS_LIMITS);
  expect(faults).toEqual([`${name}: "${text}" is not a whole number from 1 to 999999`]);
});
