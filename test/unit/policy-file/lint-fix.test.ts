// What --fix cuts and what it leaves: the text before and after, byte by byte. Whatever it does, the file declares the
// same afterwards.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fixPolicyFile } from "../../../src/policy-file/lint-fix.js";
import { FILE, HEAD, parseSound } from "./documents.js";

const fix = (text: string): ReturnType<typeof fixPolicyFile> => fixPolicyFile({ name: FILE, text });

interface FixCase {
  readonly reason: string;
  readonly before: string;
  readonly after: string;
  /** `line rule path` */
  readonly fixes: readonly string[];
}

const CASES: readonly FixCase[] = [
  {
    reason: "an entry written twice alike, its comments and its neighbours kept",
    before: `${HEAD}processors:
  # the first
  a:
    state: STARTED # runs
    start: { tier: SP10 }

  # the second
  b: { state: STOPPED }
  # again?
  a:
    start:
      tier: SP10
    state: STARTED
  # the last
  c:
`,
    after: `${HEAD}processors:
  # the first
  a:
    state: STARTED # runs
    start: { tier: SP10 }

  # the second
  b: { state: STOPPED }
  # again?
  # the last
  c:
`,
    fixes: ["12 duplicate-processor processors.a"],
  },
  {
    reason: "three alike, and a field written twice",
    before: `${HEAD}processors:\n  a: {}\n  a: {}\n  b: { state: STOPPED, state: STOPPED }\n  a: {}`,
    after: `${HEAD}processors:\n  a: {}\n  b: { state: STOPPED }\n`,
    fixes: [
      "5 duplicate-processor processors.a",
      "6 duplicate-field processors.b.state",
      "7 duplicate-processor processors.a",
    ],
  },
  {
    reason: "a resume that says nothing: in a line, in braces first, last and alone",
    before: `${HEAD}defaults:
  mode: observe
  start:
    resumeFromCheckpoint: true
processors:
  a: { start: { resumeFromCheckpoint: true, tier: SP10 } }
  b: { start: { tier: SP10, resumeFromCheckpoint: true }, state: STOPPED }
  c: { start: { resumeFromCheckpoint: true } }
  d:
    start:
      resumeFromCheckpoint: true
      tier: SP30
  e:
    start:
      resumeFromCheckpoint: true
`,
    after: `${HEAD}defaults:
  mode: observe
processors:
  a: { start: { tier: SP10 } }
  b: { start: { tier: SP10 }, state: STOPPED }
  c: {}
  d:
    start:
      tier: SP30
  e:
`,
    fixes: [
      "6 redundant-resume defaults.start.resumeFromCheckpoint",
      "8 redundant-resume processors.a.start.resumeFromCheckpoint",
      "9 redundant-resume processors.b.start.resumeFromCheckpoint",
      "10 redundant-resume processors.c.start.resumeFromCheckpoint",
      "13 redundant-resume processors.d.start.resumeFromCheckpoint",
      "17 redundant-resume processors.e.start.resumeFromCheckpoint",
    ],
  },
  {
    reason: "both, one round after the other, in the second of two documents",
    before: `${HEAD}processors: {}\n---\nproject: ${"f".repeat(24)}\nworkspace: w\ndefaults: { start: { resumeFromCheckpoint: true } }\nprocessors:\n  a: { state: STARTED, state: STARTED }\n`,
    after: `${HEAD}processors: {}\n---\nproject: ${"f".repeat(24)}\nworkspace: w\nprocessors:\n  a: { state: STARTED }\n`,
    fixes: ["9 duplicate-field processors.a.state", "7 redundant-resume defaults.start.resumeFromCheckpoint"],
  },
];

it.each(CASES)("mends $reason", ({ before, after, fixes }) => {
  const fixed = fix(before);
  expect(fixed.text).toBe(after);
  expect(fixed.fixes.map(({ line, rule, path }) => `${String(line)} ${rule} ${path}`)).toEqual(fixes);
  expect(fix(after)).toEqual({ name: FILE, text: after, fixes: [] });
  parseSound(after);
});

const LEFT: readonly (readonly [string, string])[] = [
  ["two entries that differ", "processors:\n  a: {}\n  a: { state: STOPPED }\n"],
  [
    "a resume in a document of which something is written twice",
    "processors:\n  a: { start: { resumeFromCheckpoint: true } }\n  a: { start: { resumeFromCheckpoint: false } }\n  b: { start: { resumeFromCheckpoint: true } }\n",
  ],
  ["an entry with a comment of its own", "processors:\n  a: {}\n  a: {} # why twice\n"],
  [
    "an entry with a comment inside",
    "processors:\n  a: { state: STARTED }\n  a:\n    # why twice\n    state: STARTED\n",
  ],
  ["an entry others refer to", "processors:\n  a: { state: STARTED }\n  a: &a { state: STARTED }\n  b: *a\n"],
  [
    "a resume that takes back a default",
    "defaults: { start: { resumeFromCheckpoint: false } }\nprocessors: { a: { start: { resumeFromCheckpoint: true } } }\n",
  ],
  [
    "a resume beside a time",
    "processors: { a: { start: { resumeFromCheckpoint: true, startAtOperationTime: 2026-05-04T09:42:00Z } } }\n",
  ],
  [
    "a resume beside a time of the defaults",
    "defaults: { start: { startAtOperationTime: 2026-05-04T09:42:00Z } }\nprocessors: { a: { start: { resumeFromCheckpoint: true } } }\n",
  ],
  [
    "a resume of the defaults under a time",
    "defaults: { start: { resumeFromCheckpoint: true } }\nprocessors: { a: { start: { startAtOperationTime: 2026-05-04T09:42:00Z } } }\n",
  ],
  [
    "a resume in a block that is used twice",
    "processors:\n  a: { start: &s { resumeFromCheckpoint: true, tier: SP10 } }\n  b: { start: *s }\n",
  ],
  [
    "a resume with a comment",
    "processors:\n  a:\n    start:\n      resumeFromCheckpoint: true # on purpose\n",
  ],
  ["a file that is no YAML", "processors: { a: {}, a: {}\n"],
  [
    "a file of which apply refuses the rest",
    "processors:\n  a: { start: { resumeFromCheckpoint: true } }\n  b: 1\n",
  ],
  ["a sound file", "processors:\n  a: { start: { resumeFromCheckpoint: false } }\n"],
];

it.each(LEFT)("leaves %s as it is", (_what, body) => {
  expect(fix(`${HEAD}${body}`)).toEqual({ name: FILE, text: `${HEAD}${body}`, fixes: [] });
});

const start = fc.constantFrom(
  "{ resumeFromCheckpoint: true }",
  "{ resumeFromCheckpoint: true, tier: SP10 }",
  "{ tier: SP10, resumeFromCheckpoint: true }",
  "{ resumeFromCheckpoint: false }",
  "{ startAtOperationTime: 2026-05-04T09:42:00Z, resumeFromCheckpoint: true }",
  "{ tier: SP30 }",
);
const entry = fc.tuple(fc.option(fc.constantFrom("STARTED", "STOPPED")), fc.option(start), fc.boolean());

function toEntry(
  name: string,
  [state, own, isBlock]: readonly [string | null, string | null, boolean],
): string {
  const fields = [state === null ? "" : `state: ${state}`, own === null ? "" : `start: ${own}`];
  const written = fields.filter((field) => field !== "");
  if (!isBlock || written.length === 0) return `  ${name}: { ${written.join(", ")} }\n`;
  return `  ${name}:\n${written.map((field) => `    ${field}\n`).join("")}`;
}

it("declares the same after it, and has nothing left to mend", () => {
  fc.assert(
    fc.property(fc.option(start), fc.array(entry, { maxLength: 6 }), (defaults, entries) => {
      const head = defaults === null ? HEAD : `${HEAD}defaults:\n  start: ${defaults}\n`;
      const body = entries.map((one, index) => toEntry(`p${String(index)}`, one)).join("");
      const text = `${head}processors:${entries.length === 0 ? " {}\n" : `\n${body}`}`;
      const declared = (of: string): unknown =>
        parseSound(of).set.processors.map(({ ref, policy }) => {
          const { resumeFromCheckpoint, ...rest } = policy.start;
          const hasTime = rest.startAtOperationTime !== undefined;
          const isFresh = resumeFromCheckpoint === false;
          return [ref, policy.state, rest, hasTime ? resumeFromCheckpoint : isFresh];
        });
      const fixed = fix(text);
      expect(declared(fixed.text)).toEqual(declared(text));
      expect(fix(fixed.text).fixes).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
