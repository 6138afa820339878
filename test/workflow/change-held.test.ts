// A POST that Atlas denies holds the whole project: passes try a single start now and then, and the first call that
// passes ends the hold. People's changes are not held.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { aFleet, findPosts, untilClosed } from "../support/fleets.js";
import { ask, declareIn, passLater, processorIn, refOf, theChangeOf } from "../support/changes.js";

const RECHECK_MS = 300_000;
const denied = { kind: "status", status: 401, errorCode: "NOT_AUTHORIZED", detail: "No access." };

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ one: { p: "FAILED" }, two: { p: "FAILED" }, person: { p: "FAILED" } }),
    },
  });
  await loop.startWorker();
});
afterAll(() => loop.stop());

const heldWhy = async (): Promise<string | null> => {
  const [row] = await loop.database.store.query<{ why: string | null }>(
    "select held_why as why from projects",
  );
  return row?.why ?? null;
};
const newPostsAfter = async (act: () => Promise<unknown>): Promise<number> => {
  const before = findPosts(loop).length;
  await act();
  return findPosts(loop).length - before;
};
/** Passes of both workspaces at once: each has a start it wants. */
const passBoth = async (afterMs: number): Promise<void> => {
  await loop.database.advance(afterMs);
  await Promise.all([passLater(loop, "one", 0), passLater(loop, "two", 0)]);
};

it("holds the project after a 401 on a POST: no pass posts anything in any workspace", async () => {
  loop.simulator.installFaults({ when: { operation: "startWith" }, what: denied });
  await declareIn(loop, "one", "{ state: STARTED }");
  expect(await theChangeOf(loop, "one")).toMatchObject({ outcome: "failed", outcomeCode: "atlas.denied" });
  expect(await heldWhy()).toContain("401");
  expect((await processorIn(loop, "one")).attempts).toBe(0);
  await declareIn(loop, "two", "{ state: STARTED }");
  expect(await newPostsAfter(() => passBoth(1_000))).toBe(0);
  expect((await processorIn(loop, "two")).reasonCode).toBe("held");
});

it("tries a single start at a re-check, whichever workspace asks first, and stays held where that is denied", async () => {
  await passBoth(RECHECK_MS);
  const [trial, ...others] = await untilClosed(loop, 2);
  expect(others).toHaveLength(1);
  expect(trial).toMatchObject({ outcome: "failed", outcomeCode: "atlas.denied", posts: 1 });
  expect(await heldWhy()).toContain("401");
  expect(await newPostsAfter(() => passBoth(1_000))).toBe(0);
});

it("ends the hold with a single trial start that passes, and then starts the others", async () => {
  loop.simulator.installFaults([], true);
  expect(await newPostsAfter(() => passBoth(1_000))).toBe(0);
  await passBoth(RECHECK_MS);
  const [trial] = await untilClosed(loop, 3);
  expect(trial).toMatchObject({ outcome: "succeeded", posts: 1 });
  expect(await heldWhy()).toBeNull();
  await passBoth(1_000);
  const [other] = await untilClosed(loop, 4);
  expect(other).toMatchObject({ outcome: "succeeded" });
  expect(other?.ref.workspace).not.toBe(trial?.ref.workspace);
});

it("does not hold a person's change, and one that passes ends the hold", async () => {
  loop.simulator.mutate({ op: "crash", ...refOf("one") });
  loop.simulator.installFaults({ when: { operation: "startWith", workspace: "one" }, what: denied }, true);
  await passLater(loop, "one", 7_200_000);
  await untilClosed(loop, 5);
  expect(await heldWhy()).toContain("401");
  await declareIn(loop, "person", "{ state: STARTED }");
  await passLater(loop, "person");
  expect((await processorIn(loop, "person")).reasonCode).toBe("held");
  const asked = await ask(loop, { workspace: "person", kind: "start" });
  await expect(asked.result()).resolves.toMatchObject({ outcome: "succeeded" });
  expect(await heldWhy()).toBeNull();
});
