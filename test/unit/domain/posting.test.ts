// Whether a step may begin while a POST of an earlier one may still take effect.
import { expect, it } from "vitest";
import type { StepRow } from "../../../src/domain/change.js";
import { findPendingUntil } from "../../../src/domain/posting.js";

const HORIZON_AT = 9_000;
const aRow = (fields: Partial<StepRow>): StepRow => ({
  step: "stop",
  attempt: 1,
  posts: 1,
  fencedAt: 1_000,
  horizonAt: HORIZON_AT,
  answeredAt: null,
  fate: null,
  answer: null,
  options: {},
  positionKey: null,
  ...fields,
});

it.each([
  { reason: "its stop was fenced and nobody knows what became of it", rows: [aRow({})], want: HORIZON_AT },
  { reason: "its stop got no answer", rows: [aRow({ fate: "unknown" })], want: HORIZON_AT },
  {
    reason: "the later of two horizons counts",
    rows: [aRow({}), aRow({ step: "fallback", horizonAt: HORIZON_AT + 1 })],
    want: HORIZON_AT + 1,
  },
  { reason: "its stop took effect", rows: [aRow({ fate: "applied" })], want: undefined },
  { reason: "its stop was refused", rows: [aRow({ fate: "refused" })], want: undefined },
  { reason: "the horizon has passed", rows: [aRow({ horizonAt: 2_000 })], want: undefined },
  { reason: "its own POST is judged by its look", rows: [aRow({ step: "start" })], want: undefined },
  { reason: "nothing was fenced", rows: [], want: undefined },
])("a start waits until $want: $reason", ({ rows, want }) => {
  expect(findPendingUntil(rows, { step: "start", now: 2_000 })).toBe(want);
});
