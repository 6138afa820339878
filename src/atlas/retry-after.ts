// How long Atlas asks us to wait. Pure. The answer is always usable: never zero, never longer than 15 minutes, because
// a wrong header must neither make us hammer Atlas nor stop the fleet for a day.

const FLOOR_MS = 1_000;
const CEILING_MS = 900_000;
const DEFAULT_MS = 10_000;

export interface RetryHint {
  /** The Retry-After header: seconds or an HTTP date. Only on 429 and maybe 503 (docs/atlas.md 6). */
  readonly header: string | undefined;
  /** The Date header: a date is read against the server's own clock. */
  readonly date: string | undefined;
  readonly errorCode: string | undefined;
  readonly parameters: readonly unknown[];
  readonly now: number;
}

/** The wait that was asked for, clamped; undefined if none was. */
export function parseRetryAfterMs(hint: RetryHint): number | undefined {
  const askedMs = fromHeader(hint) ?? fromParameters(hint);
  return askedMs === undefined ? undefined : Math.min(CEILING_MS, Math.max(FLOOR_MS, askedMs));
}

/** For a 429: the advised first wait if nothing was asked for (docs/atlas.md 6: 10, 20, 40 s). */
export function toRetryAfterMs(hint: RetryHint): number {
  return parseRetryAfterMs(hint) ?? DEFAULT_MS;
}

function fromHeader({ header, date, now }: RetryHint): number | undefined {
  const text = header?.trim() ?? "";
  if (text === "") return undefined;
  if (/^-?\d+([.]\d+)?$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const servedAt = date === undefined ? Number.NaN : Date.parse(date);
  return at - (Number.isNaN(servedAt) ? now : servedAt);
}

/**
 * RATE_LIMITED_TOKEN_BUCKET: [path, retryAfter, ...] in seconds; RATE_LIMITED: [path, calls, minutes] (docs/atlas.md 5,
 * 6).
 */
function fromParameters({ errorCode, parameters }: RetryHint): number | undefined {
  if (errorCode === "RATE_LIMITED_TOKEN_BUCKET") return toMs(parameters[1], 1_000);
  if (errorCode === "RATE_LIMITED") return toMs(parameters[2], 60_000);
  return undefined;
}

function toMs(value: unknown, unitMs: number): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const amount = value === "" ? Number.NaN : Number(value);
  return Number.isFinite(amount) ? amount * unitMs : undefined;
}
