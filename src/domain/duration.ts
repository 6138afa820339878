// Durations as people write them: `90s`, `30m`, `4h`, `2d`, `1h30m`.

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const WHOLE = /^(?:\d+(?:ms|[dhms]))+$/;
const PART = /(\d+)(ms|[dhms])/g;

export const DURATION_RULE = "a duration such as 30s, 30m, 4h, 2d or 1h30m";

/** Milliseconds; undefined where the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  if (text.length > 32 || !WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, count = "", unit = "ms"] of text.matchAll(PART)) {
    total += Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest exact way to write it; `0s` for nothing. */
export function formatDurationMs(ms: number): string {
  let rest = ms;
  let text = "";
  for (const [unit, size] of Object.entries(UNITS_MS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${String(count)}${unit}`;
  }
  return text === "" ? "0s" : text;
}
