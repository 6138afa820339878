// What is asked while work is under way is done together, next: counted by the groups that the work was given.
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { gather } from "../../src/base/gather.js";

interface Work {
  readonly groups: readonly (readonly number[])[];
  readonly ask: (asked: number) => Promise<number>;
  /** Lets the oldest work that is under way answer or fail. */
  readonly end: (failure?: Error) => void;
  /** How many works are under way. */
  readonly underWay: () => number;
}

/** Work that doubles what it is given, when it is told to end. */
function aWork(most = 3): Work {
  const groups: (readonly number[])[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const ask = gather(most, async (asked: readonly number[]) => {
    groups.push(asked);
    await new Promise<void>((resolve, reject) => {
      ends.push((failure) => {
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });
    return (one) => 2 * one;
  });
  return { groups, ask, end: (failure) => ends.shift()?.(failure), underWay: () => ends.length };
}

/** Until a group more has been given to the work. */
async function untilGroups(work: Work, count: number): Promise<void> {
  while (work.groups.length < count) await setImmediate();
}

it("does what is asked in one turn of the event loop together, and answers each with its own", async () => {
  const work = aWork();
  const asked = [1, 2, 3].map(work.ask);
  await untilGroups(work, 1);
  work.end();
  expect(await Promise.all(asked)).toEqual([2, 4, 6]);
  expect(work.groups).toEqual([[1, 2, 3]]);
});

it("gathers whatever is asked while work is under way, and never works twice at once", async () => {
  const work = aWork();
  const first = work.ask(1);
  await untilGroups(work, 1);
  const later = [2, 3].map(work.ask);
  expect(work.underWay()).toBe(1);
  work.end();
  await untilGroups(work, 2);
  expect(work.underWay()).toBe(1);
  work.end();
  expect(await Promise.all([first, ...later])).toEqual([2, 4, 6]);
  expect(work.groups).toEqual([[1], [2, 3]]);
});

it("gives the work no more at once than it may have", async () => {
  const work = aWork(2);
  const asked = [1, 2, 3, 4, 5].map(work.ask);
  for (const count of [1, 2, 3]) {
    await untilGroups(work, count);
    work.end();
  }
  expect(await Promise.all(asked)).toEqual([2, 4, 6, 8, 10]);
  expect(work.groups).toEqual([[1, 2], [3, 4], [5]]);
});

it("throws what the work threw to those whom it was for, and goes on with the rest", async () => {
  const work = aWork(2);
  const asked = [1, 2, 3].map(work.ask);
  const ended = Promise.allSettled(asked);
  await untilGroups(work, 1);
  work.end(new Error("away"));
  await untilGroups(work, 2);
  work.end();
  expect((await ended).map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([
    "failed",
    "failed",
    6,
  ]);
});

it("lets whose answer is still to come wait alone", async () => {
  let arrive: (answer: string) => void = () => undefined;
  const slow = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  const ask = gather(1, (asked: readonly string[]) =>
    Promise.resolve((one: string) => (asked.includes("slow") ? slow : one)),
  );
  const waiting = ask("slow");
  expect(await ask("quick")).toBe("quick");
  arrive("at last");
  expect(await waiting).toBe("at last");
});
