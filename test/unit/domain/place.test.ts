// What becomes of a request that finds no place under the caps, or that is refused for another reason.
import { expect, it } from "vitest";
import { ending } from "../../../src/domain/change/change.js";
import { WAITING_FOR_PLACE, judgeRefusal, noPlace } from "../../../src/domain/change/place.js";
import type { PlaceFacts } from "../../../src/domain/change/place.js";
import { findFullCap } from "../../../src/domain/decide/caps.js";
import type { Places } from "../../../src/domain/decide/caps.js";

const NO_PLACE = noPlace("waiting for a place under the cap on open changes");

const aRefusal = (facts: Partial<PlaceFacts>): PlaceFacts => ({
  request: { isBulk: true },
  ending: NO_PLACE,
  pollMs: 5_000,
  leftMs: 7_200_000,
  jitter: 0,
  ...facts,
});

const CAPS = { capPerWorkspace: 5, capPerProject: 9, capPerKey: 3 };
const ROOM: Places = { inWorkspace: 4, inProject: 8, key: "kafka-eu", ofKey: 2, startsInTurn: 0 };
const UNDER_CAP = "waiting for a place under the cap on open changes";

it.each<{ reason: string; places: Partial<Places>; full: string | undefined }>([
  { reason: "one place left under each", places: {}, full: undefined },
  { reason: "the workspace is full", places: { inWorkspace: 5 }, full: UNDER_CAP },
  { reason: "the project is full", places: { inProject: 9 }, full: UNDER_CAP },
  { reason: "the key is full", places: { ofKey: 3 }, full: `${UNDER_CAP} of kafka-eu` },
  { reason: "no key, whatever was counted", places: { key: undefined, ofKey: 3 }, full: undefined },
  {
    reason: "a start of the workspace is open, and Atlas takes one at a time",
    places: { startsInTurn: 1 },
    full: "waiting for its turn: Atlas takes one start of the workspace at a time",
  },
  { reason: "the widest of several", places: { inProject: 9, ofKey: 3, startsInTurn: 1 }, full: UNDER_CAP },
])("says which cap leaves no room: $reason", ({ places, full }) => {
  expect(findFullCap({ ...ROOM, ...places }, CAPS)).toBe(full);
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
