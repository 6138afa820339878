// What follows from each error code, row by row: a change of this table is a change of what is retried, posted again,
// counted and parked, so every cell is written down here a second time on purpose.
import { expect, it } from "vitest";
import { ERROR_CODES, findErrorProperties } from "../../../src/domain/error-codes.js";
import type { ErrorCode, ErrorProperties } from "../../../src/domain/error-codes.js";
import { toFate, toOwedDelayMs } from "../../../src/domain/change/posting.js";

type Row = readonly [
  code: ErrorCode,
  retry: ErrorProperties["retry"],
  fateIfSent: string,
  fateIfNot: string,
  owed: ErrorProperties["owedStart"],
  counted: boolean,
];

const ROWS: readonly Row[] = [
  ["atlas.rate_limited", "always", "limited", "limited", "stands", false],
  ["atlas.unavailable", "always", "unsent", "unsent", "stands", false],
  ["atlas.ambiguous", "always", "unknown", "unsent", "stands", false],
  ["atlas.conflict", "never", "refused", "refused", "soon", true],
  ["atlas.rejected", "never", "refused", "refused", "stands", true],
  ["atlas.denied", "never", "refused", "refused", "rechecked", false],
  ["atlas.unintelligible", "a-few-times", "unknown", "unsent", "stands", true],
  ["policy.invalid", "never", "unknown", "unsent", "stands", true],
  ["config.invalid", "never", "unknown", "unsent", "stands", true],
  ["request.refused", "never", "unknown", "unsent", "stands", true],
  ["request.unknown", "never", "unknown", "unsent", "stands", true],
  ["store.conflict", "always", "unknown", "unsent", "stands", true],
  ["store.unavailable", "always", "unknown", "unsent", "stands", false],
  ["temporal.unavailable", "always", "unknown", "unsent", "stands", true],
  ["stack.failed", "always", "unknown", "unsent", "stands", true],
];

it("has a row here for every code", () => {
  expect(ROWS.map(([code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

it.each(ROWS)("%s: retry %s, fate %s or %s, an owed start %s, counted %s", (code, retry, ...rest) => {
  const [fateIfSent, fateIfNot, owedStart, isCounted] = rest;
  expect(ERROR_CODES[code]).toMatchObject({ retry, owedStart, isCounted });
  expect([toFate(code, true), toFate(code, false)]).toEqual([fateIfSent, fateIfNot]);
  expect(ERROR_CODES[code].remedy).toMatch(/^[a-z][^.]+$/);
});

it("calls a wait benign for a 429 alone: everything else is worth an operator's look", () => {
  const benign = Object.entries(ERROR_CODES).filter(([, { isBenign }]) => isBenign);
  expect(benign.map(([code]) => code)).toEqual(["atlas.rate_limited"]);
});

it("never takes the fate of a POST for known that may have left us", () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    const isKnown = ["limited", "refused", "unsent"].includes(toFate(code, true));
    // A refusal and a 429 are whole answers; "unavailable" is given to a write only if nothing was sent.
    expect(isKnown, code).toBe(/^atlas\.(rate_limited|conflict|rejected|denied|unavailable)$/.test(code));
  }
});

it("knows nothing of words that are no error codes", () => {
  for (const word of ["done", "left-stopped", "ActivityTaskTimedOut", "toString", ""]) {
    expect(findErrorProperties(word)).toBeUndefined();
  }
});

const TIMES = { pollMs: 1_000, holdRecheckMs: 60_000 };
const answer = (code: string, fields: { status?: number; isTransient?: boolean } = {}) => ({
  code,
  status: 400,
  errorCode: null,
  detail: "no",
  isTransient: false,
  ...fields,
});

it.each([
  ["a wrong state is asked again with growing pauses", answer("atlas.conflict"), 3, 8_000],
  ["no pause is longer than a re-check", answer("atlas.conflict"), 30, 60_000],
  ["a denial waits for somebody", answer("atlas.denied", { status: 402 }), 0, 60_000],
  ["so does a processor that is gone", answer("atlas.rejected", { status: 404 }), 0, 60_000],
  ["a fault of the platform passes", answer("atlas.rejected", { isTransient: true }), 0, 1_000],
  ["bad options stay bad", answer("atlas.rejected"), 0, undefined],
  ["a code of a newer version is not guessed at", answer("atlas.teapot"), 0, undefined],
] as const)("an owed start after a refusal: %s", (...[, refusal, tried, delayMs]) => {
  expect(toOwedDelayMs(refusal, tried, TIMES)).toBe(delayMs);
});
