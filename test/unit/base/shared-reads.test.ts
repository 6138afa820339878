// Readings that are shared: so many at a time of each question, and never an answer older than its question.
import { setImmediate as untilNextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { shareReads } from "../../../src/base/shared-reads.js";

interface Door {
  readonly opened: Promise<string>;
  open(answer: string): void;
  break(): void;
}

function aDoor(): Door {
  const { promise, resolve, reject } = toParts();
  return {
    opened: promise,
    open: resolve,
    break: () => {
      reject(new Error("broken"));
    },
  };
}

function toParts(): {
  promise: Promise<string>;
  resolve: (answer: string) => void;
  reject: (error: Error) => void;
} {
  let resolve: (answer: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<string>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/** Readers that come one after the other through their doors. */
function aHouse(): {
  doors: Door[];
  read: () => Promise<string>;
} {
  const doors: Door[] = [];
  return {
    doors,
    read: () => {
      const door = aDoor();
      doors.push(door);
      return door.opened;
    },
  };
}

it("gives those who ask during a reading the next one, all of them the same", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const first = share("q", read);
  await untilNextTurn();
  const others = [share("q", read), share("q", read), share("q", read)];
  expect(doors).toHaveLength(1);
  doors[0]?.open("before");
  expect(await first).toBe("before");
  expect(doors).toHaveLength(2);
  doors[1]?.open("after");
  expect(await Promise.all(others)).toEqual(["after", "after", "after"]);
});

it("does not let one question wait for another", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const answers = [share("q", read), share("r", read)];
  await untilNextTurn();
  doors[0]?.open("q");
  doors[1]?.open("r");
  expect(await Promise.all(answers)).toEqual(["q", "r"]);
});

it("goes on after a reading that failed, for those who asked later", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const first = share("q", read);
  await untilNextTurn();
  const second = share("q", read);
  doors[0]?.break();
  await expect(first).rejects.toThrow("broken");
  doors[1]?.open("whole");
  expect(await second).toBe("whole");
  const third = share("q", read);
  await untilNextTurn();
  doors[2]?.open("anew");
  expect(await third).toBe("anew");
});

it("begins a reading for all who ask in one turn of the event loop", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const answers = [share("q", read), Promise.resolve().then(() => share("q", read)), share("q", read)];
  expect(doors).toHaveLength(0);
  await untilNextTurn();
  expect(doors).toHaveLength(1);
  doors[0]?.open("one");
  expect(await Promise.all(answers)).toEqual(["one", "one", "one"]);
});

it("has no more readings under way than it may, and each answers those alone who asked before it began", async () => {
  const share = shareReads(2);
  const { doors, read } = aHouse();
  const ask = async (): Promise<Promise<string>[]> => {
    const answers = [share("q", read), share("q", read)];
    await untilNextTurn();
    return answers;
  };
  const asked = [await ask(), await ask(), await ask(), await ask()].flat();
  expect(doors).toHaveLength(2);
  doors[1]?.open("second");
  await untilNextTurn();
  expect(doors).toHaveLength(3);
  doors[0]?.open("first");
  doors[2]?.open("third");
  const later = ["third", "third", "third", "third"];
  expect(await Promise.all(asked)).toEqual(["first", "first", "second", "second", ...later]);
  expect(doors).toHaveLength(3);
});

it("goes on after a reader that throws before it reads", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const broken = (): never => {
    throw new Error("not begun");
  };
  await expect(share("q", broken)).rejects.toThrow("not begun");
  const answer = share("q", read);
  await untilNextTurn();
  doors[0]?.open("read");
  expect(await answer).toBe("read");
});
