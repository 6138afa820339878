// Results as tables.
import type { DuelResult } from "./duel.js";
import type { BenchSpan } from "./meters.js";

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

type Measure = (span: BenchSpan) => number;
type Column = readonly [title: string, measure: Measure, show: (value: number) => string];

const count = (value: number): string => Math.round(value).toLocaleString("en");
const seconds = (ms: number): string => (ms / 1_000).toFixed(ms < 10_000 ? 2 : 1);
const COLUMNS: readonly Column[] = [
  ["calls", ({ calls }) => calls, count],
  ["SQL", ({ statements }) => statements, count],
  ["events", ({ events }) => events, count],
  ["KiB", ({ historyBytes }) => historyBytes / 1024, count],
  ["wall s", ({ wallMs }) => wallMs, seconds],
  ["CPU s worker", ({ workerCpuMs }) => workerCpuMs, seconds],
  ["server", ({ serverCpuMs }) => serverCpuMs, seconds],
  ["Postgres", ({ postgresCpuMs }) => postgresCpuMs, seconds],
  ["MiB", ({ peakMib }) => peakMib, count],
];

/** Medians, with the range where there is one; in Markdown. */
export function toDuelTable({ spans }: DuelResult): string {
  const lines = Object.entries(spans).map(([name, rounds]) => {
    const all = rounds.flat();
    const cells = COLUMNS.map(([, measure, show]) => {
      const { median, least, most } = toSpread(all.map(measure));
      const [low, middle, high] = [least, median, most].map(show);
      return low === high ? String(middle) : `${String(middle)} (${String(low)}-${String(high)})`;
    });
    return [name, ...cells, toRatios(spans, name)];
  });
  return toTable([["", ...COLUMNS.map(([title]) => title), "wall to bare"], ...lines]);
}

const BARE = "bare script";

/** Of the medians, and the range of the ratios of each round. */
function toRatios(spans: DuelResult["spans"], name: string): string {
  const medians = (rounds: readonly (readonly BenchSpan[])[]): readonly number[] =>
    rounds.map((round) => toSpread(round.map(({ wallMs }) => wallMs)).median);
  const [ours, bare] = [medians(spans[name] ?? []), medians(spans[BARE] ?? [])];
  const ratio = toSpread(ours).median / toSpread(bare).median;
  const { least, most } = toSpread(ours.map((wall, round) => wall / (bare[round] ?? wall)));
  return `${ratio.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}

/** The first row is its head. */
function toTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join(
    "\n",
  );
}
