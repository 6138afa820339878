// docs/performance.svg: how far each contender is from the bare script, in wall time and in CPU.
import type { DuelResult } from "./duel.js";
import { toCpuMs, toRatio } from "./ratios.js";
import type { Measure } from "./ratios.js";
import { BARE } from "./names.js";
import type { BenchResults } from "./results.js";

const WIDTH = 820;
const LEFT = 250;
const RIGHT = 790;
const ROW = 22;
const TICKS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];
const [LEAST = 1, MOST = 1] = [TICKS[0], TICKS.at(-1)];
const SIDES: readonly (readonly [label: string, colour: string, measure: Measure])[] = [
  ["wall time", "#1f6feb", ({ wallMs }) => wallMs],
  ["CPU of worker, server and Postgres", "#d1570a", toCpuMs],
];

/** Ratios are compared by factors, so that the axis is logarithmic; what is beyond it stands at its end. */
function toX(ratio: number): number {
  const share = Math.log(Math.min(MOST, Math.max(LEAST, ratio)) / LEAST) / Math.log(MOST / LEAST);
  return LEFT + share * (RIGHT - LEFT);
}

const at = (value: number): string => value.toFixed(1);
const text = ([x, y]: readonly [number, number], words: string, more = ""): string =>
  `<text x="${at(x)}" y="${at(y)}" ${more}>${words}</text>`;

interface ChartRow {
  readonly y: number;
  readonly svg: readonly string[];
}

/** A dot for each measure, and a line from its lowest to its highest ratio. */
function drawContender(duel: DuelResult, name: string, y: number): ChartRow {
  const marks = SIDES.map(([, colour, measure], index) => {
    const ratio = toRatio(duel.spans, [name, BARE], measure);
    if (ratio === undefined) return "";
    const height = at(y - 4 + index * 7);
    const [low, middle, high] = [ratio.least, ratio.median, ratio.most].map((one) => at(toX(one)));
    return (
      `<line x1="${low ?? ""}" x2="${high ?? ""}" y1="${height}" y2="${height}" stroke="${colour}" stroke-width="2"/>` +
      `<circle cx="${middle ?? ""}" cy="${height}" r="4" fill="${colour}"/>`
    );
  });
  return { y: y + ROW, svg: [text([LEFT - 12, y + 4], name, 'text-anchor="end"'), ...marks] };
}

export function renderChart({ duels }: BenchResults): string {
  let y = 58;
  const rows: string[] = [];
  for (const duel of Object.values(duels)) {
    rows.push(text([12, y + 4], duel.scenario.short, 'font-weight="bold"'));
    y += ROW;
    for (const name of Object.keys(duel.spans).filter((one) => one !== BARE)) {
      const row = drawContender(duel, name, y);
      rows.push(...row.svg);
      y = row.y;
    }
    y += 8;
  }
  const bottom = y;
  const axis = TICKS.flatMap((tick) => [
    `<line x1="${at(toX(tick))}" x2="${at(toX(tick))}" y1="44" y2="${at(bottom - ROW / 2)}" stroke="${tick === 1 ? "#444" : "#ddd"}"/>`,
    text([toX(tick), bottom + 8], `${String(tick)}x`, 'text-anchor="middle" fill="#666"'),
  ]);
  const legend = SIDES.flatMap(([label, colour], index) => [
    `<circle cx="${at(LEFT + 6 + index * 130)}" cy="26" r="4" fill="${colour}"/>`,
    text([LEFT + 16 + index * 130, 30], label),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(WIDTH)}" height="${String(bottom + 20)}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text([12, 30], "Times the bare script", 'font-weight="bold"'),
    ...legend,
    ...axis,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}
