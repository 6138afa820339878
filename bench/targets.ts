// What the bench is to show, and whether it did.
import { toCpuMs, toRatio } from "./ratios.js";
import type { Measure } from "./ratios.js";
import { BARE, HEADGATE, OLD } from "./names.js";
import type { BenchResults } from "./results.js";
import { showCount, showRatio, showSpread, toSpread } from "./spread.js";

export interface Verdict {
  readonly name: string;
  readonly limit: string;
  /** Undefined: it was not measured. */
  readonly measured: string | undefined;
  readonly isReached: boolean | undefined;
}

interface Target {
  readonly name: string;
  readonly limit: number;
  readonly show: (value: number) => string;
  /** Lower is better; undefined if it was not measured. */
  readonly measure: (results: BenchResults) => Measured | undefined;
  /** Higher is better. */
  readonly isFloor?: boolean;
}

interface Measured {
  readonly value: number;
  readonly text?: string;
}

/** To another contender of the same scenario. */
const ratioOf =
  (scenario: string, other: string, measure: Measure): Target["measure"] =>
  ({ duels }) => {
    const duel = duels[scenario];
    const ratio = duel && toRatio(duel.spans, [HEADGATE, other], measure);
    return ratio && { value: ratio.median, text: showSpread(ratio, showRatio) };
  };

/** The median of all of Headgate's spans. */
const medianOf = ({ duels }: BenchResults, scenario: string, measure: Measure): number | undefined => {
  const spans = duels[scenario]?.spans[HEADGATE];
  return spans && toSpread(spans.flat().map(measure)).median;
};

const mostOf =
  (scenario: string, measure: Measure): Target["measure"] =>
  ({ duels }) => {
    const spans = duels[scenario]?.spans[HEADGATE];
    return spans && { value: toSpread(spans.flat().map(measure)).most };
  };

const POLL_MS = 5_000;

/** LISTs beyond one for each workspace and poll, and one before the first. */
const toSpareLists: Measure = ({ callsByOperation, wallMs }) =>
  (callsByOperation["list"] ?? 0) / WORKSPACES - (Math.floor(wallMs / POLL_MS) + 1);
const WORKSPACES = 100;

const statementsGrow =
  (command: string): Target["measure"] =>
  ({ looks }) => {
    const counts = looks?.rows.filter((row) => row.command === command).map(({ statements }) => statements);
    if (counts === undefined || counts.length < 2) return undefined;
    const [small = 0, large = 0] = counts;
    return { value: large - small, text: `${showCount(small)} and ${showCount(large)}` };
  };

const TARGETS: readonly Target[] = [
  {
    name: "pass, 10,000: wall to bare",
    limit: 1.3,
    show: showRatio,
    measure: ratioOf("pass-10k", BARE, ({ wallMs }) => wallMs),
  },
  {
    name: "pass, 10,000: worker CPU to bare",
    limit: 2,
    show: showRatio,
    measure: ratioOf("pass-10k", BARE, ({ workerCpuMs }) => workerCpuMs),
  },
  {
    name: "pass, 100,000: failed batches",
    limit: 0,
    show: showCount,
    measure: mostOf("pass-100k", ({ failedBatches }) => failedBatches),
  },
  {
    name: "pass, 100,000: wall to bare",
    limit: 1.5,
    show: showRatio,
    measure: ratioOf("pass-100k", BARE, ({ wallMs }) => wallMs),
  },
  {
    name: "worker memory, 100,000 to 10,000",
    limit: 1.2,
    show: showRatio,
    measure: (results) => {
      const [large, small] = ["pass-100k", "pass-10k"].map((name) =>
        medianOf(results, name, ({ peakMib }) => peakMib),
      );
      return large === undefined || small === undefined
        ? undefined
        : { value: large / small, text: `${showCount(large)} to ${showCount(small)} MiB` };
    },
  },
  {
    name: "pass, 10,000: worker CPU to 8a86a5c",
    limit: 0.5,
    show: showRatio,
    measure: ratioOf("pass-10k", OLD, ({ workerCpuMs }) => workerCpuMs),
  },
  {
    name: "last slots of a tick, to 8a86a5c",
    limit: 0.1,
    show: showRatio,
    measure: ({ slots }) => {
      const [ours, theirs] = [slots?.ms[HEADGATE], slots?.ms[OLD]];
      return ours === undefined || theirs === undefined
        ? undefined
        : { value: toSpread(ours).median / toSpread(theirs).median };
    },
  },
  {
    name: "recovery, 5,000: POSTs",
    limit: 5_000,
    show: showCount,
    measure: mostOf("recovery-5000", ({ callsByOperation }) => callsByOperation["startWith"] ?? 0),
  },
  {
    name: "recovery, 5,000: LISTs beyond one a poll",
    limit: 0,
    show: showRatio,
    measure: mostOf("recovery-5000", toSpareLists),
  },
  {
    name: "recovery, 5,000: wall to bare",
    limit: 1.3,
    show: showRatio,
    measure: ratioOf("recovery-5000", BARE, ({ wallMs }) => wallMs),
  },
  {
    name: "recovery, 600: CPU a start, to 8a86a5c",
    limit: 0.5,
    show: showRatio,
    measure: ratioOf("recovery-600", OLD, toCpuMs),
  },
  {
    name: "recovery, 5,000: CPU ms a start, of all",
    limit: 111,
    show: showCount,
    measure: (results) => {
      const cpuMs = medianOf(results, "recovery-5000", toCpuMs);
      return cpuMs === undefined ? undefined : { value: cpuMs / 5_000 };
    },
  },
  {
    name: "recovery, 600: starts a second, to 8a86a5c",
    limit: 3,
    show: showRatio,
    isFloor: true,
    measure: (results) => {
      const wall = ratioOf("recovery-600", OLD, ({ wallMs }) => wallMs)(results);
      return wall && { value: 1 / wall.value };
    },
  },
  {
    name: "`headgate dev`: CPU ms a minute that 9,000 more add",
    // Ten ticks of the kernel's clock: what cannot be told from nothing.
    limit: 100,
    show: showCount,
    measure: ({ dev }) => {
      const [small, large] = (dev?.rows ?? []).filter(({ build }) => build === HEADGATE);
      return small === undefined || large === undefined
        ? undefined
        : { value: Math.max(0, large.devCpuMs - small.devCpuMs) };
    },
  },
  ...["apply --dry-run", "plan -f", "plan --workspace"].map((command) => ({
    name: `\`${command}\`: statements that a large fleet adds`,
    limit: 0,
    show: showCount,
    measure: statementsGrow(command),
  })),
];

export function judgeTargets(results: BenchResults): readonly Verdict[] {
  return TARGETS.map(({ name, limit, show, measure, isFloor = false }) => {
    const measured = measure(results);
    return {
      name,
      limit: isFloor ? `at least ${show(limit)}` : show(limit),
      measured: measured && (measured.text ?? show(measured.value)),
      isReached: measured && (isFloor ? measured.value >= limit : measured.value <= limit),
    };
  });
}
