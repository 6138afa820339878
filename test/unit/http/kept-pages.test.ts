// Pages that are kept: sent again while nothing new is shown, read anew otherwise, and never without a look.
import { expect, it } from "vitest";
import { keepPages } from "../../../src/http/api/kept-pages.js";

/** A world that shows what it is told to, and counts how often it is looked at and read. */
function aWorld(): {
  shown: string;
  looks: number;
  reads: number;
  reading: Parameters<ReturnType<typeof keepPages>>[1];
} {
  const world = {
    shown: "1",
    looks: 0,
    reads: 0,
    reading: {
      look: () => {
        world.looks += 1;
        return Promise.resolve(world.shown);
      },
      read: () => {
        world.reads += 1;
        return Promise.resolve({ json: { text: world.shown, etag: "" }, snapshot: world.shown });
      },
    },
  };
  return world;
}

it("reads a page once while nothing new is shown, and again when something is", async () => {
  const keep = keepPages();
  const world = aWorld();
  const ask = async (): Promise<string> => (await keep("q", world.reading)).text;
  expect([await ask(), await ask(), await ask()]).toEqual(["1", "1", "1"]);
  expect([world.reads, world.looks]).toEqual([1, 2]);
  world.shown = "2";
  expect([await ask(), await ask()]).toEqual(["2", "2"]);
  expect([world.reads, world.looks]).toEqual([2, 4]);
});

it("keeps the newest questions only", async () => {
  const keep = keepPages();
  const world = aWorld();
  for (let question = 0; question < 17; question += 1) await keep(String(question), world.reading);
  await keep("16", world.reading);
  expect(world.reads).toBe(17);
  await keep("0", world.reading);
  expect(world.reads).toBe(18);
});
