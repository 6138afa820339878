// Readings that are shared: one at a time of each question, and never an answer older than its question.
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
  doors[0]?.open("q");
  doors[1]?.open("r");
  expect(await Promise.all(answers)).toEqual(["q", "r"]);
});

it("goes on after a reading that failed, for those who asked later", async () => {
  const share = shareReads();
  const { doors, read } = aHouse();
  const first = share("q", read);
  const second = share("q", read);
  doors[0]?.break();
  await expect(first).rejects.toThrow("broken");
  doors[1]?.open("whole");
  expect(await second).toBe("whole");
  const third = share("q", read);
  doors[2]?.open("anew");
  expect(await third).toBe("anew");
});
