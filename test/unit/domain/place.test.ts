// What becomes of a request that finds no place under the caps, or that is refused for another reason.
import { expect, it } from "vitest";
import { ending } from "../../../src/domain/change/change.js";
import { NO_PLACE, WAITING_FOR_PLACE, judgeRefusal } from "../../../src/domain/change/place.js";
import type { PlaceFacts } from "../../../src/domain/change/place.js";

const aRefusal = (facts: Partial<PlaceFacts>): PlaceFacts => ({
  request: { isBulk: true },
  ending: NO_PLACE,
  pollMs: 5_000,
  leftMs: 7_200_000,
  jitter: 0,
  ...facts,
});

it.each([
  { jitter: 0, delayMs: 5_000 },
  { jitter: 0.5, delayMs: 7_500 },
  { jitter: 1, delayMs: 10_000 },
])("a bulk request asks again after one to two poll intervals: $delayMs ms", ({ jitter, delayMs }) => {
  expect(judgeRefusal(aRefusal({ jitter }))).toEqual({ kind: "wait", delayMs });
});

it("a bulk request that may wait no longer fails, and says why", () => {
  expect(judgeRefusal(aRefusal({ leftMs: 500 }))).toMatchObject({ kind: "wait" });
  expect(judgeRefusal(aRefusal({ leftMs: 499 }))).toMatchObject({
    kind: "end",
    ending: { outcome: "failed", code: WAITING_FOR_PLACE },
  });
});

it("a single request ends without a place, and so does a bulk one refused for another reason", () => {
  const single = { request: { isBulk: false } };
  expect(judgeRefusal(aRefusal(single))).toEqual({ kind: "end", ending: NO_PLACE });
  const running = ending("superseded", "change-running", "change 1 is running");
  expect(judgeRefusal(aRefusal({ ending: running }))).toEqual({ kind: "end", ending: running });
});
