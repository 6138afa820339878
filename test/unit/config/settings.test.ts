// Every setting of the loop as a variable: what it takes, what it refuses and in which words, and both ways at once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SETTINGS, readSettings, toSettingVariables } from "../../../src/config/settings.js";
import { CONFIG_VARIABLES } from "../../../src/config/variables.js";
import { parseDurationMs } from "../../../src/domain/duration.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import type { LoopSettings } from "../../../src/domain/settings.js";

interface Reading {
  readonly settings: LoopSettings;
  readonly faults: readonly string[];
}

function read(env: Readonly<Record<string, string>>): Reading {
  const faults: string[] = [];
  return { settings: readSettings(env, faults), faults };
}

const RULES = {
  duration: "a duration such as 30s, 30m, 4h, 2d or 1h30m",
  count: "a whole number from 1 to 1000000",
  share: "a number from 0 to 1",
} as const;

type Kind = (typeof SETTINGS)[number]["kind"];

const GOOD: Readonly<Record<Kind, readonly (readonly [string, number])[]>> = {
  duration: [
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["0s", 0],
    ["2d", 172_800_000],
  ],
  count: [
    ["1", 1],
    ["007", 7],
    ["1000000", 1_000_000],
  ],
  share: [
    ["0", 0],
    ["1", 1],
    [".25", 0.25],
    ["0.125", 0.125],
  ],
};

const BAD: Readonly<Record<Kind, readonly string[]>> = {
  duration: ["90", "1.5h", "h", "-1s", " 5s", "5 s", "5S", "1h,30m", "Infinity", "9".repeat(33)],
  count: ["0", "-1", "+1", "1.5", "1e3", "0x10", " 1", "1_000", "1000001", "NaN", "١"],
  share: ["1.01", "-0.5", "50%", "1.", "1,0", "0x1", "1e-1", "NaN"],
};

it("has one variable for every setting, and no two of one name", () => {
  expect(SETTINGS.map(({ key }) => key).sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
  expect(new Set(SETTINGS.map(({ name }) => name)).size).toBe(SETTINGS.length);
});

describe.each(SETTINGS)("$name", ({ name, key, kind }) => {
  it.each(GOOD[kind])("takes %s", (text, value) => {
    expect(read({ [name]: text }).settings).toEqual({ ...DEFAULT_SETTINGS, [key]: value });
  });

  it.each(BAD[kind])("refuses %j in words, and goes on with the default", (text) => {
    const { settings, faults } = read({ [name]: text });
    expect(faults).toEqual([`${name}: "${text}" is not ${RULES[kind]}`]);
    expect(settings).toEqual(DEFAULT_SETTINGS);
  });

  it("has a default that its own rule takes, as the documents show it", () => {
    const shown = CONFIG_VARIABLES.find((one) => one.name === name)?.default ?? "";
    expect(read({ [name]: shown })).toEqual({ settings: DEFAULT_SETTINGS, faults: [] });
    expect(kind === "duration" ? parseDurationMs(shown) : Number(shown)).toBe(DEFAULT_SETTINGS[key]);
  });

  it("is not set by an empty variable", () => {
    expect(read({ [name]: "" })).toEqual({ settings: DEFAULT_SETTINGS, faults: [] });
  });
});

it("tells every fault at once, in the order of the table, and then what does not fit together", () => {
  const { faults } = read({
    HEADGATE_PLANNED_MAX: "none",
    HEADGATE_INTERVAL: "soon",
    HEADGATE_LEASE: "30s",
    HEADGATE_WORKSPACE_DEADLINE: "30s",
  });
  expect(faults).toEqual([
    `HEADGATE_INTERVAL: "soon" is not ${RULES.duration}`,
    `HEADGATE_PLANNED_MAX: "none" is not ${RULES.count}`,
    "the workspace deadline must be shorter than the lease",
  ]);
});

it.each([
  { reason: "a POST as long as a start's horizon", env: { HEADGATE_POST_TIMEOUT: "75s" }, count: 1 },
  { reason: "a POST a millisecond shorter", env: { HEADGATE_POST_TIMEOUT: "74s999ms" }, count: 0 },
  { reason: "a read as long as the deadline", env: { HEADGATE_READ_TIMEOUT: "30s" }, count: 1 },
  { reason: "an interval of a second", env: { HEADGATE_INTERVAL: "1s" }, count: 0 },
  { reason: "an interval below it", env: { HEADGATE_INTERVAL: "999ms" }, count: 1 },
])("finds $count faults in $reason", ({ env, count }) => {
  expect(read(env).faults).toHaveLength(count);
});

const someSettings: fc.Arbitrary<Partial<LoopSettings>> = fc.record(
  Object.fromEntries(
    SETTINGS.map(({ key, kind }) => [
      key,
      kind === "share"
        ? fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000)
        : fc.integer({ min: 1, max: 1_000_000 }),
    ]),
  ) as Record<keyof LoopSettings, fc.Arbitrary<number>>,
  { requiredKeys: [] },
);

it("whatever settings go to another process come back as they were, and the others stay the default", () => {
  fc.assert(
    fc.property(someSettings, (settings) => {
      const variables = toSettingVariables(settings);
      expect(Object.keys(variables)).toHaveLength(Object.keys(settings).length);
      expect(read(variables).settings).toEqual({ ...DEFAULT_SETTINGS, ...settings });
    }),
  );
});
