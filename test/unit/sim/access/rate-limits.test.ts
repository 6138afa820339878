// The token bucket of a project: never above its capacity, never below zero, refilled in steps, and honest about when
// to come back.
import fc from "fast-check";
import { expect, it } from "vitest";
import { RateLimits } from "../../../../src/sim/access/rate-limits.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";

interface Spec {
  readonly capacity: number;
  readonly refill: number;
  readonly refillMs: number;
}

const limitsOf = ({ capacity, refill, refillMs }: Spec, ...more: readonly string[]): RateLimits =>
  new RateLimits(
    buildSettings([
      `rateLimit.capacity=${String(capacity)}`,
      `rateLimit.refill=${String(refill)}`,
      `rateLimit.refillMs=${String(refillMs)}`,
      ...more,
    ]),
  );

interface Drawn {
  readonly isDrawn: boolean;
  readonly remaining: number;
  readonly retryAfter: number;
}

function draw(limits: RateLimits, now: number, project = "g"): Drawn {
  const one = limits.draw(project, "/path", now);
  const headers: Readonly<Record<string, string>> =
    one.kind === "drawn" ? one.headers : (one.refusal.headers ?? {});
  return {
    isDrawn: one.kind === "drawn",
    remaining: Number(headers["RateLimit-Remaining"]),
    retryAfter: Number(headers["Retry-After"] ?? "0"),
  };
}

const spec = fc.record({
  capacity: fc.integer({ min: 0, max: 30 }),
  refill: fc.integer({ min: 0, max: 20 }),
  refillMs: fc.constantFrom(1, 250, 1_000, 60_000),
});
const gaps = fc.array(fc.nat(2_500), { maxLength: 60 });

it("holds between nothing and its capacity, whoever draws and whenever", () => {
  fc.assert(
    fc.property(spec, gaps, (given, waits) => {
      const limits = limitsOf(given);
      let now = 0;
      for (const wait of waits) {
        now += wait;
        const { remaining } = draw(limits, now);
        expect(remaining).toBeGreaterThanOrEqual(0);
        expect(remaining).toBeLessThanOrEqual(given.capacity);
      }
    }),
  );
});

it("lets through what it was full of and what the steps since have brought, and not one more", () => {
  fc.assert(
    fc.property(spec, gaps, (given, waits) => {
      const limits = limitsOf(given);
      let [now, drawn] = [0, 0];
      for (const wait of waits) {
        now += wait;
        drawn += draw(limits, now).isDrawn ? 1 : 0;
        expect(drawn).toBeLessThanOrEqual(given.capacity + Math.floor(now / given.refillMs) * given.refill);
      }
    }),
  );
});

it("falls by one for each draw, and by none for a refusal", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), (capacity) => {
      const limits = limitsOf({ capacity, refill: 5, refillMs: 60_000 });
      const seen = Array.from({ length: capacity + 3 }, () => draw(limits, 10));
      expect(seen.map((one) => one.remaining)).toEqual(
        seen.map((_, index) => Math.max(0, capacity - 1 - index)),
      );
      expect(seen.map((one) => one.isDrawn)).toEqual(seen.map((_, index) => index < capacity));
    }),
  );
});

it("lets a caller in who comes back when it was told to", () => {
  fc.assert(
    fc.property(
      fc.record({
        capacity: fc.integer({ min: 1, max: 9 }),
        refill: fc.integer({ min: 1, max: 9 }),
        refillMs: fc.integer({ min: 1, max: 90_000 }),
      }),
      fc.nat(200_000),
      (given, arrival) => {
        const limits = limitsOf(given);
        for (let index = 0; index < given.capacity; index += 1) draw(limits, 0);
        const refused = draw(limits, Math.min(arrival, given.refillMs - 1));
        expect(refused.isDrawn).toBe(false);
        expect(refused.retryAfter).toBeGreaterThanOrEqual(1);
        const again = Math.min(arrival, given.refillMs - 1) + refused.retryAfter * 1_000;
        expect(draw(limits, again).isDrawn).toBe(true);
      },
    ),
  );
});

it.each([
  { reason: "a step has not come", now: 59_999, isDrawn: false, remaining: 0 },
  { reason: "a step has come", now: 60_000, isDrawn: true, remaining: 1 },
  { reason: "two at once", now: 120_000, isDrawn: true, remaining: 3 },
  { reason: "more than it can hold", now: 6_000_000, isDrawn: true, remaining: 4 },
])("is refilled in steps: $reason", ({ now, isDrawn, remaining }) => {
  const limits = limitsOf({ capacity: 5, refill: 2, refillMs: 60_000 });
  for (let index = 0; index < 5; index += 1) draw(limits, 0);
  expect(draw(limits, now)).toMatchObject({ isDrawn, remaining });
});

it("keeps its step: a draw between two steps does not put the next one off", () => {
  const limits = limitsOf({ capacity: 1, refill: 1, refillMs: 1_000 });
  expect([0, 500, 999, 1_500, 1_999, 2_000].map((now) => draw(limits, now).isDrawn)).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});

it("gives nothing away to a clock that went back", () => {
  const limits = limitsOf({ capacity: 1, refill: 1, refillMs: 1_000 });
  expect([5_000, 4_000, 0, 5_999, 6_000].map((now) => draw(limits, now).isDrawn)).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});

it("keeps a bucket for each project", () => {
  const limits = limitsOf({ capacity: 1, refill: 1, refillMs: 60_000 });
  expect(["g", "h", "g", "constructor", "h"].map((project) => draw(limits, 0, project).isDrawn)).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});

it.each([
  { reason: "no refill", given: { capacity: 1, refill: 0, refillMs: 1_000 }, want: [true, false, false] },
  { reason: "no capacity", given: { capacity: 0, refill: 9, refillMs: 1_000 }, want: [false, false, false] },
  {
    reason: "no span between steps",
    given: { capacity: 1, refill: 1, refillMs: 0 },
    want: [true, true, true],
  },
])("lives with settings at their edge: $reason", ({ given, want }) => {
  const limits = limitsOf(given);
  expect([0, 5_000, 9_000_000].map((now) => draw(limits, now).isDrawn)).toEqual(want);
});

it("says in words and parameters what the bucket is, and when to come back", () => {
  const limits = limitsOf({ capacity: 1, refill: 7, refillMs: 30_000 });
  draw(limits, 0);
  expect(limits.draw("g", "/api/x", 12_345)).toEqual({
    kind: "refused",
    refusal: {
      status: 429,
      errorCode: "RATE_LIMITED_TOKEN_BUCKET",
      detail:
        "Rate limit exceeded for /api/x. Please retry after 18 seconds. Request capacity: 1. Refill rate: 7 per 30 seconds.",
      parameters: ["/api/x", 18, 1, 7, 30],
      headers: { "RateLimit-Limit": "1", "RateLimit-Remaining": "0", "Retry-After": "18" },
    },
  });
});

it("sends no header at all where the setting says so, and refuses all the same", () => {
  const limits = limitsOf({ capacity: 1, refill: 1, refillMs: 1_000 }, "rateLimit.headers=false");
  expect(limits.draw("g", "/path", 0)).toEqual({ kind: "drawn", headers: {} });
  expect(limits.draw("g", "/path", 1)).toMatchObject({
    kind: "refused",
    refusal: { status: 429, headers: {} },
  });
});
