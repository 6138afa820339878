// The queue of what is due: in order of time, in order of planning among equals, and never before its time.
import fc from "fast-check";
import { expect, it } from "vitest";
import { TransitionQueue } from "../../../../src/sim/world/transition-queue.js";

interface Item {
  readonly at: number;
  readonly label: number;
}

const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 });

function queueOf(ats: readonly number[]): TransitionQueue<Item> {
  const queue = new TransitionQueue<Item>();
  ats.forEach((at, label) => {
    queue.push({ at, label });
  });
  return queue;
}

function popAll(queue: TransitionQueue<Item>, now: number): readonly Item[] {
  const popped: Item[] = [];
  for (let next = queue.popDue(now); next !== undefined; next = queue.popDue(now)) popped.push(next);
  return popped;
}

/** What a list sorted by time, stable in the order of planning, would hold. */
const expected = (ats: readonly number[]): readonly Item[] =>
  ats.map((at, label) => ({ at, label })).sort((a, b) => a.at - b.at || a.label - b.label);

it("fires in order of time, and in the order of planning among equals", () => {
  fc.assert(
    fc.property(times, (ats) => {
      expect(popAll(queueOf(ats), 20)).toEqual(expected(ats));
    }),
  );
});

it("fires nothing before its time, and everything at it", () => {
  fc.assert(
    fc.property(times, fc.integer({ min: -1, max: 21 }), (ats, now) => {
      const queue = queueOf(ats);
      expect(popAll(queue, now)).toEqual(expected(ats).filter((one) => one.at <= now));
      expect(queue.toList()).toEqual(expected(ats).filter((one) => one.at > now));
    }),
  );
});

it("keeps its order while things are planned between the firings", () => {
  fc.assert(
    fc.property(times, times, fc.integer({ min: 0, max: 20 }), (first, second, now) => {
      const queue = queueOf(first);
      const early = popAll(queue, now);
      second.forEach((at, index) => {
        queue.push({ at, label: first.length + index });
      });
      const late = popAll(queue, 20);
      expect([...early, ...late].map((one) => one.label).sort((a, b) => a - b)).toEqual(
        [...first, ...second].map((_, label) => label),
      );
      expect(late).toEqual([...late].sort((a, b) => a.at - b.at || a.label - b.label));
    }),
  );
});

it("lists what is planned in the order it will happen, and takes nothing out by it", () => {
  fc.assert(
    fc.property(times, (ats) => {
      const queue = queueOf(ats);
      expect(queue.toList()).toEqual(expected(ats));
      expect(queue.toList()).toEqual(expected(ats));
      expect(popAll(queue, 20)).toEqual(expected(ats));
    }),
  );
});

it("comes back from its list with the same order among equals", () => {
  fc.assert(
    fc.property(times, (ats) => {
      const copy = new TransitionQueue<Item>();
      for (const item of queueOf(ats).toList()) copy.push(item);
      expect(popAll(copy, 20)).toEqual(expected(ats));
    }),
  );
});

it("has nothing due when it is empty", () => {
  const queue = new TransitionQueue<Item>();
  expect([queue.popDue(Number.MAX_SAFE_INTEGER), queue.toList()]).toEqual([undefined, []]);
});
