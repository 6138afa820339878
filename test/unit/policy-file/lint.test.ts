// What lint finds beyond validity, rule by rule: the line, the path, and that a neighbour without the fault has no
// finding. Schedules have a file of their own.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LINT_RULES } from "../../../src/domain/tell/lint.js";
import { findWorkspaces, lintPolicyFiles } from "../../../src/policy-file/lint.js";
import type { LintReport } from "../../../src/policy-file/lint.js";
import type { LintFacts } from "../../../src/policy-file/lint-rules.js";
import { FILE, HEAD, PROJECT } from "./documents.js";

const NOW = Date.parse("2026-06-01T12:00:00Z");

function lint(text: string, facts: Partial<LintFacts> = {}): LintReport {
  return lintPolicyFiles([{ name: FILE, text }], { now: NOW, ...facts });
}

/** `line level rule path`, as found. */
const found = ({ findings }: LintReport): readonly string[] =>
  findings.map(({ line, level, rule, path }) => `${String(line)} ${level} ${rule} ${path}`);

it("finds nothing in the sample, and says what it did not look for", () => {
  const text = readFileSync(new URL("../../../samples/fleet.yaml", import.meta.url), "utf8");
  expect(lint(text)).toEqual({
    findings: [],
    skipped: [
      { rule: "tier-above-largest", needs: "--live, to ask Atlas" },
      { rule: "position-older-than-oplog", needs: "--oplog, such as --oplog 24h" },
    ],
  });
  expect(lint(`${HEAD}processors: { a: {} }\n`)).toEqual({ findings: [], skipped: [] });
  const time = "start: { startAtOperationTime: 2026-06-01T11:00:00Z }";
  const known = `${HEAD}defaults: { recovery: { oplogWindow: 24h } }\nprocessors: { a: { ${time} } }\n`;
  expect(lint(known)).toEqual({ findings: [], skipped: [] });
});

it("tells what apply refuses with the same place and words, and goes on in the documents beside it", () => {
  const text = `${HEAD}processors:
  a: { state: RUNNING }
---
project: ${PROJECT}
workspace: clicks
processors:
  b: { start: { startAtOperationTime: 2026-05-04T09:42:00Z, resumeFromCheckpoint: true } }
`;
  const report = lint(text);
  expect(found(report)).toEqual([
    "4 error invalid processors.a.state",
    "9 warning resume-with-time processors.b.start.resumeFromCheckpoint",
  ]);
  expect(report.findings[0]).toEqual({
    rule: "invalid",
    level: "error",
    file: FILE,
    line: 4,
    path: "processors.a.state",
    what: '"RUNNING" is not allowed here',
    remedy: "STARTED or STOPPED",
  });
  expect(found(lint("a: [\n"))[0]).toMatch(/^\d error invalid $/);
});

interface RuleCase {
  readonly reason: string;
  /** From line 3 on. */
  readonly text: string;
  readonly facts?: Partial<LintFacts>;
  readonly finds: readonly string[];
}

const LIVE = new Map([[`${PROJECT}/orders`, { maxTier: "SP10" }]]);
const CASES: readonly RuleCase[] = [
  {
    reason: "a position that is still to come, to the second",
    text: `processors:
  a: { start: { startAtOperationTime: 2026-06-01T12:00:01Z } }
  b: { start: { startAtOperationTime: 2026-06-01T12:00:00Z } }
`,
    finds: ["4 error position-in-future processors.a.start.startAtOperationTime"],
  },
  {
    reason: "a position older than the oplog, where that is known",
    text: `processors:
  a: { start: { startAtOperationTime: 2026-05-31T11:59:59Z } }
  b: { start: { startAtOperationTime: 2026-05-31T12:00:00Z } }
`,
    facts: { oplogMs: 86_400_000 },
    finds: ["4 warning position-older-than-oplog processors.a.start.startAtOperationTime"],
  },
  {
    reason: "a position older than the oplog that its own policy declares, whatever was said of all",
    text: `processors:
  a: { start: { startAtOperationTime: 2026-05-31T12:00:00Z }, recovery: { oplogWindow: 2h } }
  b: { start: { startAtOperationTime: 2026-05-31T11:00:00Z }, recovery: { oplogWindow: 48h } }
`,
    facts: { oplogMs: 86_400_000 },
    finds: ["4 warning position-older-than-oplog processors.a.start.startAtOperationTime"],
  },
  {
    reason: "a time in the defaults",
    text: "defaults: { start: { startAtOperationTime: 2026-05-31T12:00:00Z } }\nprocessors: {}\n",
    finds: ["3 warning position-in-defaults defaults.start.startAtOperationTime"],
  },
  {
    reason: "a fresh start in the defaults",
    text: "defaults:\n  start: { resumeFromCheckpoint: false }\nprocessors: {}\n",
    finds: ["4 warning position-in-defaults defaults.start.resumeFromCheckpoint"],
  },
  {
    reason: "a time with a resume, each from another place",
    text: `defaults: { start: { resumeFromCheckpoint: true } }
processors:
  a: { start: { startAtOperationTime: 2026-05-31T12:00:00Z } }
  b: {}
`,
    finds: ["3 warning resume-with-time defaults.start.resumeFromCheckpoint"],
  },
  {
    reason: "a resume that says nothing, its own or a default",
    text: `defaults: { start: { resumeFromCheckpoint: true } }
processors:
  a: { start: { resumeFromCheckpoint: true } }
  b: { start: { resumeFromCheckpoint: false } }
`,
    finds: [
      "3 warning redundant-resume defaults.start.resumeFromCheckpoint",
      "5 warning redundant-resume processors.a.start.resumeFromCheckpoint",
    ],
  },
  {
    reason: "no resume that takes back a default",
    text: `defaults: { start: { resumeFromCheckpoint: false } }
processors:
  a: { start: { resumeFromCheckpoint: true } }
`,
    finds: ["3 warning position-in-defaults defaults.start.resumeFromCheckpoint"],
  },
  {
    reason: "a tier above the largest, once where many inherit it",
    text: `defaults: { start: { tier: SP30 } }
processors:
  a: {}
  b: {}
  c: { start: { tier: SP10 } }
  d: { start: { tier: SP50 } }
`,
    facts: { live: LIVE },
    finds: [
      "3 error tier-above-largest defaults.start.tier",
      "8 error tier-above-largest processors.d.start.tier",
    ],
  },
  {
    reason: "no tier where the workspace sets no largest, or one nobody knows",
    text: "processors: { a: { start: { tier: SP50 } } }\n",
    facts: { live: new Map([[`${PROJECT}/orders`, { maxTier: "SP500" }]]) },
    finds: [],
  },
  {
    reason: "a workspace Atlas does not have",
    text: "processors: { a: { start: { tier: SP50 } } }\n",
    facts: { live: new Map([[`${PROJECT}/orders`, undefined]]) },
    finds: ["2 warning workspace-not-in-atlas workspace"],
  },
  {
    reason: "a schedule, a time and a fresh start on what is declared STOPPED",
    text: `processors:
  a: { state: STOPPED, restart: { cron: "0 3 * * *" } }
  b: { state: STOPPED, start: { startAtOperationTime: 2026-05-31T12:00:00Z } }
  c: { state: STOPPED, start: { tier: SP10, resumeFromCheckpoint: false } }
`,
    finds: [
      "4 warning no-effect processors.a.restart",
      "5 warning no-effect processors.b.start.startAtOperationTime",
      "6 warning no-effect processors.c.start.resumeFromCheckpoint",
    ],
  },
  {
    reason: "nothing in a schedule that a STOPPED one inherits or refuses",
    text: `defaults: { restart: { cron: "0 3 * * *" } }
processors:
  a: { state: STOPPED }
  b: { restart: null }
`,
    finds: [],
  },
  {
    reason: "a null that switches nothing off",
    text: "processors:\n  a: { restart: null }\n",
    finds: ["4 warning no-effect processors.a.restart"],
  },
  {
    reason: "a processor written twice, alike and otherwise, and a field",
    text: `processors:
  a: { state: STARTED }
  b: { state: STOPPED, state: STARTED }
  a: { state: STARTED }
  b: {}
`,
    finds: [
      "5 error duplicate-field processors.b.state",
      "6 error duplicate-processor processors.a",
      "7 error duplicate-processor processors.b",
    ],
  },
];

it.each(CASES)("finds $reason", ({ text, facts, finds }) => {
  expect(found(lint(`${HEAD}${text}`, facts))).toEqual(finds);
});

it("finds a processor that two files declare, and says where the other is", () => {
  const files = [
    { name: "b.yaml", text: `${HEAD}processors:\n  one: {}\n  two: {}\n` },
    { name: "a.yaml", text: `# again\n${HEAD}processors:\n  two: {}\n  three: {}\n` },
  ];
  const { findings } = lintPolicyFiles(files, { now: NOW });
  expect(findings.map(({ file, line, rule, what }) => [file, line, rule, what])).toEqual([
    ["a.yaml", 3, "invalid", `a second document of ${PROJECT}/orders is not allowed here`],
    ["a.yaml", 5, "duplicate-processor", "declared already at b.yaml:5"],
  ]);
  expect(findWorkspaces(files)).toEqual([{ project: PROJECT, workspace: "orders" }]);
});

it("says of what is written twice whether both say the same, whatever the order of their fields", () => {
  const text = `${HEAD}processors:
  a: { state: STARTED, start: { tier: SP10 } }
  a: { start: { tier: SP10 }, state: STARTED }
  b: { start: { tier: SP10 } }
  b: { start: { tier: SP30 } }
`;
  expect(lint(text).findings.map(({ line, what }) => [line, what])).toEqual([
    [5, "written already, and alike, in line 4"],
    [7, "written already, and otherwise, in line 6"],
  ]);
});

it("gives every finding the level of its rule", () => {
  const reports = CASES.map(({ text, facts }) => lint(`${HEAD}${text}`, facts));
  for (const { findings } of reports) {
    for (const { rule, level } of findings) expect(level).toBe(LINT_RULES[rule].level);
  }
});
