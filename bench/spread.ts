// Numbers as they are shown: medians with their range.

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

export const showCount = (value: number): string => Math.round(value).toLocaleString("en");
export const showSeconds = (ms: number): string => (ms / 1_000).toFixed(ms < 10_000 ? 2 : 1);
export const showRatio = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

/** A count that is not the same each time: three digits say enough, and a table has only so much room. */
const showRoughly = (value: number): string =>
  value < 1_000 ? showCount(value) : `${(value / 1_000).toPrecision(3)}k`;

/** The range only if it can be seen. */
export function showSpread({ median, least, most }: Spread, show: (value: number) => string): string {
  if (show(least) === show(most)) return show(median);
  const roughly = show === showCount ? showRoughly : show;
  return `${roughly(median)} (${roughly(least)}–${roughly(most)})`;
}

/** The first row is its head; Markdown. */
export function toMarkdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map(line).join("\n");
}
