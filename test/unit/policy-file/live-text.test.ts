// What Atlas runs, as policies: every state and tier, what becomes a comment, and that the parser takes back whatever
// was written, with the names it had.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ProcessorDetails } from "../../../src/domain/observation.js";
import { formatLiveWorkspaces } from "../../../src/policy-file/live-text.js";
import type { LiveWorkspace } from "../../../src/policy-file/live-text.js";
import { PROJECT, parseSound } from "./documents.js";

function aProcessor(processor: string, more: Partial<ProcessorDetails> = {}): ProcessorDetails {
  return {
    atlasId: "0".repeat(24),
    processor,
    state: "STARTED",
    autoscaled: false,
    failoverEnabled: false,
    ...more,
  };
}

function aWorkspace(processors: readonly ProcessorDetails[], workspace = "orders"): LiveWorkspace {
  return { ref: { project: PROJECT, workspace }, processors };
}

/** Without its heading. */
function format(...workspaces: readonly LiveWorkspace[]): string {
  const text = formatLiveWorkspaces(workspaces, "dist/policy.schema.json");
  return text.slice(text.indexOf("\n\n") + 2);
}

it("writes one document per workspace, in mode observe, under the line editors look for", () => {
  const text = formatLiveWorkspaces(
    [
      aWorkspace([aProcessor("a", { tier: "SP10" }), aProcessor("b", { tier: "SP10", state: "STOPPED" })]),
      aWorkspace([], "123"),
    ],
    "../dist/policy.schema.json",
  );
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/dist\/policy\.schema\.json\n#\n(# .*\n)+\n/);
  expect(text.slice(text.indexOf("\n\n") + 2)).toBe(`project: ${PROJECT}
workspace: orders
defaults:
  mode: observe
  start: { tier: SP10 }
processors:
  a:
    state: STARTED
  b:
    state: STOPPED
---
project: ${PROJECT}
workspace: "123"
defaults:
  mode: observe
processors: {}
`);
  expect(parseSound(text).set.workspaces.map(({ workspace }) => workspace)).toEqual(["orders", "123"]);
});

it("gives each its own tier where they differ or one has none", () => {
  expect(format(aWorkspace([aProcessor("a", { tier: "SP10" }), aProcessor("b", { tier: "SP30" })])))
    .toContain(`  mode: observe
processors:
  a:
    state: STARTED
    start: { tier: SP10 }
  b:
    state: STARTED
    start: { tier: SP30 }
`);
  expect(format(aWorkspace([aProcessor("a", { tier: "SP10" }), aProcessor("b", { state: "CREATED" })])))
    .toContain(`  mode: observe
processors:
  a:
    state: STARTED
    start: { tier: SP10 }
  # CREATED, never started: declared STOPPED.
  b:
    state: STOPPED
`);
});

interface RemarkCase {
  readonly reason: string;
  readonly more: Partial<ProcessorDetails>;
  /** The processor's own lines, less two spaces. */
  readonly lines: readonly string[];
}

const REMARKS: readonly RemarkCase[] = [
  { reason: "STARTED", more: {}, lines: ["p:", "  state: STARTED"] },
  { reason: "STOPPED", more: { state: "STOPPED" }, lines: ["p:", "  state: STOPPED"] },
  {
    reason: "FAILED for a reason",
    more: { state: "FAILED", errorMessage: "broker\n- state: STOPPED" },
    lines: ["# FAILED, declared STARTED: broker - state: STOPPED", "p:", "  state: STARTED"],
  },
  {
    reason: "FAILED for no reason",
    more: { state: "FAILED" },
    lines: ["# FAILED, declared STARTED: Atlas does not say why", "p:", "  state: STARTED"],
  },
  {
    reason: "on its way",
    more: { state: "PROVISIONING" },
    lines: ["# PROVISIONING when this was written: declared STARTED.", "p:", "  state: STARTED"],
  },
  {
    reason: "in a state nobody knows",
    more: { state: "HIBERNATING" },
    lines: [
      "# In the state HIBERNATING, which Headgate does not know: declared STARTED.",
      "p:",
      "  state: STARTED",
    ],
  },
  {
    reason: "autoscaled",
    more: {
      autoscaled: true,
      autoscaling: { minTier: "SP10", maxTier: "SP50" },
      tier: "SP10",
      effectiveTier: "SP30",
    },
    lines: [
      "# Autoscaled from SP10 up to SP50, set to SP10, now on SP30: Atlas chooses the tier, none is declared.",
      "p:",
      "  state: STARTED",
    ],
  },
  {
    reason: "autoscaled, and nothing else is known of it",
    more: { autoscaled: true },
    lines: ["# Autoscaled: Atlas chooses the tier, none is declared.", "p:", "  state: STARTED"],
  },
  {
    reason: "on a tier nobody knows",
    more: { tier: "SP500" },
    lines: [
      "# On the tier SP500, which Headgate does not know: no tier is declared.",
      "p:",
      "  state: STARTED",
    ],
  },
  {
    reason: "with a dead letter queue and failover",
    more: { deadLetters: { connection: "lake", db: "errors", coll: "dead" }, failoverEnabled: true },
    lines: [
      "# Dead letters go to errors.dead of connection lake.",
      "# Failover is enabled.",
      "p:",
      "  state: STARTED",
    ],
  },
  {
    reason: "with half a queue",
    more: { deadLetters: { connection: "lake" } },
    lines: ["# Dead letters go to connection lake.", "p:", "  state: STARTED"],
  },
  {
    reason: "with a queue that Atlas does not name",
    more: { deadLetters: { coll: "" } },
    lines: ["# It has a dead letter queue.", "p:", "  state: STARTED"],
  },
];

it.each(REMARKS)("writes a processor that is $reason", ({ more, lines }) => {
  const text = format(aWorkspace([aProcessor("p", more)]));
  expect(text.split("processors:\n")[1]).toBe(lines.map((line) => `  ${line}\n`).join(""));
  expect(parseSound(text).set.processors).toHaveLength(1);
});

it("wraps what is long, every line a comment", () => {
  const errorMessage = Array.from({ length: 60 }, (_, index) => `word-${String(index)}`).join(" ");
  const lines = format(aWorkspace([aProcessor("p", { state: "FAILED", errorMessage })])).split("\n");
  const comments = lines.filter((line) => line.startsWith("  # "));
  expect(comments.length).toBeGreaterThan(3);
  expect(Math.max(...comments.map((line) => line.length))).toBeLessThanOrEqual(116);
  expect(comments.map((line) => line.slice(4)).join(" ")).toBe(`FAILED, declared STARTED: ${errorMessage}`);
});

it("leaves out what it cannot name, and says so", () => {
  const text = format(aWorkspace([aProcessor("a/b", { tier: "SP10" }), aProcessor("ok"), aProcessor("é\n")]));
  expect(text).toContain('  # Left out: "a/b", STARTED SP10. Headgate takes 1 to 128 letters, digits,');
  expect(text).toContain('  # Left out: "é\\n", STARTED.');
  expect(parseSound(text).set.processors.map(({ ref }) => ref.processor)).toEqual(["ok"]);
  const none = format(aWorkspace([aProcessor("a/b")]));
  expect(none).toContain("processors: {}\n  # Left out:");
  expect(parseSound(none).set.processors).toEqual([]);
});

const START = Array.from("ABCxyz0189");
const REST = [...START, " ", ".", "_", ":", "-", "e", "n", "o"];
const name = fc
  .tuple(fc.constantFrom(...START), fc.array(fc.constantFrom(...REST), { maxLength: 127 }))
  .map(([first, rest]) => first + rest.join(""));
const project = fc
  .array(fc.constantFrom(...Array.from("0123456789abcdef")), { minLength: 24, maxLength: 24 })
  .map((digits) => digits.join(""));
const remark = fc.string({ unit: "binary", maxLength: 80 });

function byName<One>(all: readonly One[], nameOf: (one: One) => string): readonly One[] {
  return [...all].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

it("writes what the parser reads back: every name, state, tier and mode", () => {
  const processor = fc.record({
    processor: fc.oneof(
      name,
      fc.constantFrom("no", "null", "0x1f", "1e3", "2026-01-01", "12:30", "a: b", "a:"),
    ),
    state: fc.constantFrom("STARTED", "STOPPED", "CREATED", "FAILED", "PROVISIONING", "NEWS"),
    tier: fc.option(fc.constantFrom("SP2", "SP10", "SP30", "SP99"), { nil: undefined }),
    autoscaled: fc.boolean(),
    errorMessage: remark,
    coll: remark,
  });
  const fleet = fc.uniqueArray(processor, { selector: (one) => one.processor, maxLength: 6 });
  fc.assert(
    fc.property(project, name, fleet, (id, workspace, processors) => {
      const details = processors.map(({ coll, tier, ...more }) =>
        aProcessor(more.processor, {
          ...more,
          deadLetters: { coll },
          ...(tier === undefined ? {} : { tier }),
        }),
      );
      const ref = { project: id, workspace };
      const { set } = parseSound(format({ ref, processors: details }));
      expect(set.workspaces).toEqual([ref]);
      expect(
        // Names of digits come first: an object cannot keep their order.
        byName(set.processors, ({ ref }) => ref.processor).map((one) => ({
          name: one.ref.processor,
          mode: one.policy.mode,
          state: one.policy.state,
          tier: one.policy.start.tier,
        })),
      ).toEqual(
        byName(processors, (one) => one.processor).map(
          ({ processor: declared, state, tier, autoscaled }) => ({
            name: declared,
            mode: "observe",
            state: state === "STOPPED" || state === "CREATED" ? "STOPPED" : "STARTED",
            tier: autoscaled || tier === "SP99" ? undefined : tier,
          }),
        ),
      );
    }),
    { numRuns: 100 },
  );
});
