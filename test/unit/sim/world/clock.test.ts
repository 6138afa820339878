// The two clocks: who wakes when, in which order, and that closing wakes everybody.
import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createManualClock, createRealClock } from "../../../../src/sim/world/clock.js";
import type { ManualClock, SimClock } from "../../../../src/sim/world/clock.js";

const START = Date.UTC(2026, 0, 1);
const never = (): AbortSignal => new AbortController().signal;

/** Lets every promise that can settle do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function outcomeOf(sleep: Promise<void>): Promise<string> {
  const asText = sleep.then(
    () => "awake",
    (error: unknown) => String(error),
  );
  return Promise.race([asText, settled().then(() => "asleep")]);
}

it("stands still until it is moved, and moves by what it is told", () => {
  const clock = createManualClock(START);
  expect([clock.kind, clock.now(), clock.now()]).toEqual(["manual", START, START]);
  clock.advance(1_500);
  clock.advance(0);
  expect(clock.now()).toBe(START + 1_500);
});

it.each([
  { reason: "a past moment", at: START - 1, advance: 0, want: "awake" },
  { reason: "this moment", at: START, advance: 0, want: "awake" },
  { reason: "one millisecond too early", at: START + 100, advance: 99, want: "asleep" },
  { reason: "the moment itself", at: START + 100, advance: 100, want: "awake" },
  { reason: "long after it", at: START + 100, advance: 100_000, want: "awake" },
])("wakes a sleeper of the clock moved by hand: $reason", async ({ at, advance, want }) => {
  const clock = createManualClock(START);
  const sleep = clock.sleepUntil(at, never());
  clock.advance(advance);
  expect(await outcomeOf(sleep)).toBe(want);
});

it("wakes those who are due earliest first, whatever the order they lay down in", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }), async (delays) => {
      const clock = createManualClock(START);
      const woken: number[] = [];
      for (const delay of delays) {
        void clock.sleepUntil(START + delay, never()).then(() => woken.push(delay));
      }
      clock.advance(25);
      await settled();
      const early = delays.filter((delay) => delay <= 25).sort((a, b) => a - b);
      expect(woken).toEqual(early);
      clock.advance(25);
      await settled();
      expect(woken).toEqual([...early, ...delays.filter((delay) => delay > 25).sort((a, b) => a - b)]);
    }),
    { numRuns: 30 },
  );
});

it("wakes a sleeper who lay down because another woke", async () => {
  const clock = createManualClock(START);
  const nap = clock.sleepUntil(START + 10, never()).then(() => clock.sleepUntil(START + 20, never()));
  clock.advance(10);
  expect(await outcomeOf(nap)).toBe("asleep");
  clock.advance(10);
  expect(await outcomeOf(nap)).toBe("awake");
});

const CLOCKS: readonly { readonly name: string; readonly make: () => SimClock }[] = [
  { name: "moved by hand", make: () => createManualClock(START) },
  { name: "real", make: () => createRealClock(() => START) },
];

it.each(CLOCKS)("rejects when the simulator closes during a sleep: the clock $name", async ({ make }) => {
  const closing = new AbortController();
  const sleep = make().sleepUntil(START + 60_000, closing.signal);
  const outcome = outcomeOf(sleep);
  closing.abort();
  expect(await outcome).toBe("Error: the simulator is closing");
});

it.each(CLOCKS)("rejects at once when the simulator has closed before: the clock $name", async ({ make }) => {
  const sleep = make().sleepUntil(START + 60_000, AbortSignal.abort());
  expect(await outcomeOf(sleep)).toBe("Error: the simulator is closing");
});

it.each(CLOCKS)("leaves nothing on the signal once it has woken: the clock $name", async ({ make }) => {
  const { signal } = new AbortController();
  const clock = make();
  if ("advance" in clock) {
    const sleep = clock.sleepUntil(START + 5, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    (clock as ManualClock).advance(5);
    await sleep;
  } else await clock.sleepUntil(START - 1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("sets its timer again when it fires before the other clock agrees", async () => {
  const readings = [START, START + 1, START + 4, START + 5];
  let asked = 0;
  const now = (): number => readings[Math.min(asked++, readings.length - 1)] ?? START;
  await createRealClock(now).sleepUntil(START + 5, never());
  expect(asked).toBe(readings.length);
});
