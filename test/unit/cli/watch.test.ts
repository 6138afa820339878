// A watched listing: every row once, then what changed, what is new and what is gone, until somebody ends it.
import { expect, it } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { watchPages } from "../../../src/cli/terminal/watch.js";

interface Row {
  readonly name: string;
  readonly state: string;
  readonly age: number;
}

const UNTOLD = { onLost: () => undefined, onBack: () => undefined };

interface Seen {
  /** What was printed of each look, empty pages left out. */
  readonly printed: readonly (readonly string[])[];
  readonly ends: readonly {
    readonly isFirst: boolean;
    readonly count: number;
    readonly gone: readonly string[];
  }[];
}

/** Watches these looks one after another, and ends when they are over. */
async function watchLooks(looks: readonly (readonly (readonly Row[])[])[]): Promise<Seen> {
  const ending = new AbortController();
  const printed: string[][] = [];
  const ends: Seen["ends"][number][] = [];
  async function* look(): AsyncGenerator<readonly Row[]> {
    printed.push([]);
    for (const page of looks[printed.length - 1] ?? []) yield await Promise.resolve(page);
  }
  const pages = watchPages({
    look,
    key: ({ name }) => name,
    steady: ({ state }) => state,
    everyMs: 1,
    signal: ending.signal,
    ...UNTOLD,
    onEnd: ({ isFirst, count, gone }) => {
      ends.push({ isFirst, count, gone: [...gone] });
      if (ends.length === looks.length) ending.abort();
    },
  });
  for await (const rows of pages) printed.at(-1)?.push(...rows.map(({ name, state }) => `${name} ${state}`));
  return { printed, ends };
}

const a = (state: string, age = 0): Row => ({ name: "a", state, age });
const b = (state: string, age = 0): Row => ({ name: "b", state, age });

it("prints every row of the first look, then only those that changed", async () => {
  const { printed } = await watchLooks([
    [[a("FAILED")], [b("STARTED")]],
    [[a("FAILED", 5)], [b("STARTED", 5)]],
    [[a("STARTED")], [b("STARTED")]],
    [[a("FAILED")], [b("STARTED")]],
  ]);
  expect(printed).toEqual([["a FAILED", "b STARTED"], [], ["a STARTED"], ["a FAILED"]]);
});

it("prints a row that is new, tells one that is gone, and prints it again when it is back as it was", async () => {
  const { printed, ends } = await watchLooks([
    [],
    [[a("FAILED"), b("FAILED")]],
    [[b("FAILED")]],
    [[a("FAILED"), b("FAILED")]],
  ]);
  expect(printed).toEqual([[], ["a FAILED", "b FAILED"], [], ["a FAILED"]]);
  expect(ends).toEqual([
    { isFirst: true, count: 0, gone: [] },
    { isFirst: false, count: 2, gone: [] },
    { isFirst: false, count: 1, gone: ["a"] },
    { isFirst: false, count: 2, gone: [] },
  ]);
});

it("ends inside a look when it is told to, and reads no further", async () => {
  const ending = new AbortController();
  let pulled = 0;
  async function* look(): AsyncGenerator<readonly Row[]> {
    while (pulled < 5) {
      pulled += 1;
      yield await Promise.resolve([a(String(pulled))]);
    }
  }
  const watch = { look, key: String, steady: String, everyMs: 1, signal: ending.signal };
  for await (const rows of watchPages({ ...watch, ...UNTOLD, onEnd: () => undefined })) {
    expect(rows).toHaveLength(1);
    ending.abort();
  }
  expect(pulled).toBe(1);
});

const AWAY = new AppError("store.unavailable", "Postgres is away");

/** Looks that break off: a page, then what comes of it. */
async function watchBroken(
  looks: readonly (readonly (readonly Row[] | Error)[])[],
): Promise<readonly string[]> {
  const ending = new AbortController();
  const told: string[] = [];
  let count = 0;
  async function* look(): AsyncGenerator<readonly Row[]> {
    for (const page of looks[count++] ?? []) {
      if (page instanceof Error) throw page;
      yield await Promise.resolve(page);
    }
  }
  const pages = watchPages({
    look,
    key: ({ name }: Row) => name,
    steady: ({ state }: Row) => state,
    everyMs: 1,
    signal: ending.signal,
    onLost: (why) => told.push(`lost: ${why}`),
    onBack: () => told.push("back"),
    onEnd: ({ gone }) => {
      told.push(...[...gone].map((name) => `gone: ${name}`));
      if (count === looks.length) ending.abort();
    },
  });
  for await (const rows of pages) told.push(...rows.map(({ name, state }) => `${name} ${state}`));
  return told;
}

it("lives through an outage: says once that it is lost, once that it is back, and prints nothing twice", async () => {
  const both = [[a("STARTED")], [b("STARTED")]];
  const told = await watchBroken([
    both,
    [AWAY],
    [[a("FAILED")], AWAY],
    [AWAY],
    [[a("FAILED")], [b("FAILED")]],
    [[a("FAILED")]],
  ]);
  expect(told).toEqual([
    ...["a STARTED", "b STARTED"],
    ...["lost: Postgres is away", "a FAILED"],
    ...["b FAILED", "back", "gone: b"],
  ]);
});

it.each([
  ["an outage at the first look", [[AWAY]], "Postgres is away"],
  ["a fault that is no outage", [[[a("STARTED")]], [new Error("a bug")]], "a bug"],
] as const)("ends on %s", async (...[, looks, why]) => {
  await expect(watchBroken(looks)).rejects.toThrow(why);
});
