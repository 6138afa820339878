// Texts of the command line into values: what each reader takes, and what it says of what it does not. A message
// repeats the text, so that a person sees which of many was meant, and says what would be right.
import { InvalidArgumentError } from "commander";
import fc from "fast-check";
import { expect, it } from "vitest";
import { TIERS } from "../../../src/domain/start-options.js";
import {
  toCount,
  toDurationMs,
  toEach,
  toFormat,
  toListFormat,
  toPort,
  toProject,
  toReason,
  toRef,
  toSeed,
  toSelectors,
  toTier,
  toTime,
  toTimeScale,
  toWorkspaceRef,
} from "../../../src/cli/typed/arguments.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const LETTERS =
  "1 to 128 letters, digits, spaces, dots, colons, underscores or hyphens, starting with a letter or digit";

interface Taken {
  readonly reads: (text: string) => unknown;
  readonly text: string;
  readonly value: unknown;
}

it.each<Taken>([
  {
    reads: toRef,
    text: `${PROJECT}/orders/clicks to lake`,
    value: { project: PROJECT, workspace: "orders", processor: "clicks to lake" },
  },
  { reads: toWorkspaceRef, text: `${PROJECT}/orders`, value: { project: PROJECT, workspace: "orders" } },
  { reads: toProject, text: PROJECT, value: PROJECT },
  { reads: toTier, text: "SP50", value: "SP50" },
  { reads: toDurationMs, text: "1h30m", value: 5_400_000 },
  { reads: toDurationMs, text: "250ms", value: 250 },
  { reads: toDurationMs, text: "366d", value: 366 * 86_400_000 },
  { reads: toTime, text: "2026-05-04T09:42:00Z", value: "2026-05-04T09:42:00Z" },
  { reads: toTime, text: "2024-02-29T00:00:00.123456789Z", value: "2024-02-29T00:00:00.123456789Z" },
  { reads: toReason, text: " why ", value: " why " },
  { reads: toReason, text: "ä".repeat(500), value: "ä".repeat(500) },
  { reads: toReason, text: "\u{1f600}".repeat(500), value: "\u{1f600}".repeat(500) },
  { reads: toFormat, text: "yaml", value: "yaml" },
  { reads: toListFormat, text: "name", value: "name" },
  { reads: toCount, text: "1", value: 1 },
  { reads: toCount, text: "007", value: 7 },
  { reads: toCount, text: "999999", value: 999_999 },
  { reads: toSeed, text: "4294967295", value: 4_294_967_295 },
  { reads: toSeed, text: "0", value: 0 },
  { reads: toTimeScale, text: "0.5", value: 0.5 },
  { reads: toTimeScale, text: "1e3", value: 1_000 },
  { reads: toPort, text: "0", value: 0 },
  { reads: toPort, text: "65535", value: 65_535 },
])("$reads.name takes $text", ({ reads, text, value }) => {
  expect(reads(text)).toEqual(value);
});

interface Refused {
  readonly reads: (text: string) => unknown;
  readonly text: string;
  readonly says: string;
}

const NO_REF = `is not PROJECT/WORKSPACE/PROCESSOR: PROJECT is 24 lower-case hex digits, the others ${LETTERS}.`;
const NO_WORKSPACE = `is not PROJECT/WORKSPACE: PROJECT is 24 lower-case hex digits, WORKSPACE ${LETTERS}.`;
const NO_TIER = `is not a tier: one of ${TIERS.join(", ")}.`;
const NO_DURATION =
  "is not a duration such as 30s, 30m, 4h, 2d or 1h30m, more than nothing and a year at most.";
const NO_TIME = "is not an ISO 8601 UTC time: for example 2026-05-04T09:42:00Z.";
const NO_FORMAT = "is not an output: one of table, json, yaml.";
const NO_SEED = "is not a seed: a whole number from 0 to 4294967295.";
const NO_SCALE = "is not a time scale: a number above 0, such as 50 or 0.5.";
const NO_PORT = "is not a port: a whole number from 0 to 65535.";

const refusing = (
  reads: (text: string) => unknown,
  says: string,
  texts: readonly string[],
): readonly Refused[] => texts.map((text) => ({ reads, text, says }));

it.each<Refused>([
  ...refusing(toRef, NO_REF, [
    "",
    "clicks",
    `${PROJECT}/orders`,
    `${PROJECT}/orders/clicks/more`,
    `${PROJECT.toUpperCase()}/orders/clicks`,
    `${PROJECT}//clicks`,
    `${PROJECT}/orders/-clicks`,
    `${PROJECT}/orders/click*`,
    `${PROJECT}/orders/${"x".repeat(129)}`,
  ]),
  ...refusing(toWorkspaceRef, NO_WORKSPACE, [
    "orders",
    `${PROJECT}/`,
    `${PROJECT}/orders/clicks`,
    `${PROJECT}/ü`,
  ]),
  ...refusing(toProject, "is not a project: 24 lower-case hex digits.", [
    "",
    PROJECT.slice(1),
    `${PROJECT}0`,
    "*",
  ]),
  ...refusing(toTier, NO_TIER, ["", "sp10", "SP3", "SP10 ", "constructor"]),
  ...refusing(toDurationMs, NO_DURATION, ["", "0s", "0", "5", "-5m", "1.5h", "5 m", "367d", "8785h", "1M"]),
  ...refusing(toTime, NO_TIME, [
    "",
    "now",
    "2026-05-04",
    "2026-05-04T09:42:00",
    "2026-05-04T09:42:00+02:00",
    "2026-05-04 09:42:00Z",
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-05-04T24:00:00Z",
    "1999-12-31T23:59:59Z",
    "2026-05-04T09:42:00.1234567890Z",
  ]),
  ...refusing(toFormat, NO_FORMAT, ["", "JSON", "name", "toString"]),
  ...refusing(toListFormat, "is not an output: one of table, json, yaml, name.", ["", "names", "wide"]),
  ...refusing(toCount, "is not a whole number from 1 to 999999.", [
    "",
    "0",
    "000",
    "-1",
    "1.0",
    "1e3",
    "0x10",
    "1000000",
    " 1",
    "١",
  ]),
  ...refusing(toReason, "says nothing: write why in a few words.", ["", " ", "\t\n"]),
  ...refusing(toSeed, NO_SEED, ["", "-1", "4294967296", "99999999999", "1.5"]),
  ...refusing(toTimeScale, NO_SCALE, ["", " ", "0", "-1", "fast", "Infinity", "NaN"]),
  ...refusing(toPort, NO_PORT, ["", "65536", "-1", "80a", "100000", "8e1"]),
])("$reads.name refuses $text: $says", ({ reads, text, says }) => {
  expect(() => reads(text)).toThrow(InvalidArgumentError);
  expect(() => reads(text)).toThrow(`"${text}" ${says}`);
});

it("a reason that is too long is named by its beginning alone, cut between characters", () => {
  expect(() => toReason("x".repeat(501))).toThrow(
    `"${"x".repeat(19)}…" is longer than 500 characters: say it shorter.`,
  );
  expect(() => toReason("\u{1f600}".repeat(501))).toThrow(`"${"\u{1f600}".repeat(19)}…" is longer`);
});

it("an option given again adds to what was given before, and judges each text by itself", () => {
  const toRefs = toEach(toWorkspaceRef);
  const [a, b] = [`${PROJECT}/a`, `${PROJECT}/b`];
  expect(toRefs(b, toRefs(a))).toEqual([
    { project: PROJECT, workspace: "a" },
    { project: PROJECT, workspace: "b" },
  ]);
  expect(() => toRefs("b", toRefs(a))).toThrow('"b" is not PROJECT/WORKSPACE');
  expect(toSelectors("not a selector!", toSelectors("x"))).toEqual(["x", "not a selector!"]);
});

it("does not change the list it adds to: Commander keeps the default of an option for the next command line", () => {
  const before = Object.freeze(["a"]);
  expect(toSelectors("b", before)).toEqual(["a", "b"]);
  expect(toEach(toProject)(PROJECT, before)).toEqual(["a", PROJECT]);
  expect(before).toEqual(["a"]);
});

it("what completes each is said beside it", () => {
  expect([toRef, toWorkspaceRef, toProject, toSelectors].map(({ completes }) => completes)).toEqual([
    "processor",
    "workspace",
    "project",
    "selector",
  ]);
  expect(toTier.completes).toEqual([...TIERS]);
  expect(toFormat.completes).toEqual(["table", "json", "yaml"]);
  expect(toListFormat.completes).toEqual(["table", "json", "yaml", "name"]);
  expect(toEach(toProject).completes).toBe("project");
});

it("every choice that is offered is also taken", () => {
  for (const reads of [toTier, toFormat, toListFormat]) {
    for (const choice of reads.completes) expect(reads(choice)).toBe(choice);
  }
});

it("no text at all makes a reader throw anything but a message for the person", () => {
  const readers = [
    toRef,
    toWorkspaceRef,
    toProject,
    toTier,
    toDurationMs,
    toTime,
    toReason,
    toCount,
    toSeed,
    toPort,
  ];
  fc.assert(
    fc.property(fc.constantFrom(...readers), fc.string({ unit: "binary", maxLength: 600 }), (reads, text) => {
      try {
        reads(text);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidArgumentError);
      }
    }),
    { numRuns: 500 },
  );
});

it("a whole number comes back as the number it is", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), (count) => {
      expect(toCount(String(count))).toBe(count);
    }),
  );
});
