// Lists of any length in pages of any size: each item once, in as few calls as may be. What Atlas answers on a socket
// is in listing.test.ts; here pages come from an array, so that every combination can be tried.
import fc from "fast-check";
import { expect, it } from "vitest";
import { toBrokenReplyError } from "../../../src/atlas/errors.js";
import { readPages, withFittingPages } from "../../../src/atlas/listing.js";
import type { PagedRead } from "../../../src/atlas/listing.js";
import type { Page, PageAsked } from "../../../src/atlas/wire.js";
import { AppError } from "../../../src/base/errors.js";

const tooLong = (): AppError => toBrokenReplyError("list", { status: 200, headers: {}, defect: "oversized" });

interface Shelf {
  readonly names: readonly string[];
  /** Pages of more are too long to read. */
  readonly fits?: number;
  readonly count?: "exact" | "none" | "too high" | "too low";
}

interface Reading {
  readonly read: PagedRead<string>;
  readonly asked: PageAsked[];
}

const COUNTS = { exact: 0, none: undefined, "too high": 5, "too low": -1 } as const;

function toTotal({ names, count = "exact" }: Shelf): number | undefined {
  const off = COUNTS[count];
  return off === undefined ? undefined : Math.max(0, names.length + off);
}

function reading(shelf: Shelf): Reading {
  const asked: PageAsked[] = [];
  const total = toTotal(shelf);
  const readPage = (page: PageAsked): Promise<Page<string>> => {
    asked.push(page);
    if (page.pageSize > (shelf.fits ?? Number.POSITIVE_INFINITY)) return Promise.reject(tooLong());
    const from = (page.pageNum - 1) * page.pageSize;
    const items = shelf.names.slice(from, from + page.pageSize);
    const hasNext = from + page.pageSize < shelf.names.length;
    return Promise.resolve({ items, hasNext, ...(total === undefined ? {} : { totalCount: total }) });
  };
  return { asked, read: { readPage, toName: (name) => name, plural: "things" } };
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `n${String(at)}`);
const shelves = fc.record({
  names: fc.nat(40).map(names),
  count: fc.constantFrom("exact" as const, "none" as const, "too high" as const, "too low" as const),
});
const size = fc.integer({ min: 1, max: 12 });

it("gives every item once and in order, whatever the count says", async () => {
  await fc.assert(
    fc.asyncProperty(shelves, size, async (shelf, pageSize) => {
      const { read, asked } = reading(shelf);
      const listing = await readPages(read, { pageSize });
      expect(listing?.items).toEqual(shelf.names);
      expect(listing?.pages).toBe(asked.length);
      expect(asked).toEqual(asked.map((_, index) => ({ pageNum: index + 1, pageSize })));
    }),
    { numRuns: 300 },
  );
});

it("asks for no page beyond the last if the count is right, and for one at most if it is not", async () => {
  await fc.assert(
    fc.asyncProperty(shelves, size, async (shelf, pageSize) => {
      const { read, asked } = reading(shelf);
      await readPages(read, { pageSize });
      const least = Math.max(1, Math.ceil(shelf.names.length / pageSize));
      expect(asked.length).toBeLessThanOrEqual(least + 1);
      if (shelf.count === "exact") expect(asked).toHaveLength(least);
    }),
    { numRuns: 300 },
  );
});

it("comes down to pages that fit by halves, tells each before it is tried, and begins the list again", async () => {
  await fc.assert(
    fc.asyncProperty(
      shelves,
      fc.integer({ min: 1, max: 64 }),
      fc.integer({ min: 1, max: 64 }),
      async (...row) => {
        const [shelf, pageSize, fits] = row;
        const { read, asked } = reading({ ...shelf, fits });
        const told: number[] = [];
        const listing = await readPages(read, {
          pageSize,
          onSmallerPages: (smaller) => {
            expect(asked.at(-1)?.pageSize).toBeGreaterThan(smaller);
            return Promise.resolve(void told.push(smaller));
          },
        });
        const worked = told.at(-1) ?? pageSize;
        expect(listing?.items).toEqual(shelf.names);
        expect(worked).toBeLessThanOrEqual(fits);
        expect(told).toEqual(told.map((_, step) => Math.floor(pageSize / 2 ** (step + 1))));
        expect(told.slice(0, -1).every((one) => one > fits)).toBe(true);
        expect(listing?.pages).toBe(asked.filter((one) => one.pageSize === worked).length);
      },
    ),
    { numRuns: 200 },
  );
});

it("begins with the most that Atlas gives if nothing smaller is known", async () => {
  const { read, asked } = reading({ names: names(3) });
  await readPages(read, {});
  expect(asked).toEqual([{ pageNum: 1, pageSize: 500 }]);
});

it.each([{ reason: "the first of all", fits: 0, place: "the first one" }])(
  "says which item is too long by itself: $reason",
  async ({ fits, place }) => {
    const { read } = reading({ names: names(3), fits });
    await expect(readPages(read, { pageSize: 4 })).rejects.toMatchObject({
      code: "atlas.unintelligible",
      message: `Atlas's list of things cannot be read: ${place} is longer than 16 MiB by itself`,
      context: { oversized: true },
    });
  },
);

it("reads no list for ever: one that never ends is an error", async () => {
  let calls = 0;
  const readPage = ({ pageNum }: PageAsked): Promise<Page<string>> => {
    calls += 1;
    return Promise.resolve({ items: [`n${String(pageNum)}`], hasNext: true });
  };
  const read = { readPage, toName: (name: string) => name, plural: "things" };
  await expect(readPages(read, { pageSize: 500 })).rejects.toMatchObject({
    code: "atlas.unavailable",
    message: "Atlas's list of things is incomplete: it has more than 100000",
  });
  expect(calls).toBe(200);
});

it("takes the newest of an item that slipped onto the next page", async () => {
  const pages: readonly Page<string>[] = [
    { items: ["a=1", "b=1"], totalCount: 3, hasNext: true },
    { items: ["b=2", "c=2"], totalCount: 3, hasNext: false },
  ];
  const readPage = ({ pageNum }: PageAsked): Promise<Page<string> | undefined> =>
    Promise.resolve(pages[pageNum - 1]);
  const read = { readPage, toName: (item: string) => item.slice(0, 1), plural: "things" };
  expect(await readPages(read, { pageSize: 2 })).toEqual({ items: ["a=1", "b=2", "c=2"], pages: 2 });
});

it.each([
  { reason: "another failure", error: new AppError("atlas.unavailable", "away") },
  { reason: "no error of ours", error: new Error("a bug") },
])("tries no smaller page after $reason", async ({ error }) => {
  const tried: number[] = [];
  const attempt = (pageSize: number): Promise<never> => {
    tried.push(pageSize);
    return Promise.reject(error);
  };
  await expect(withFittingPages({ pageSize: 8 }, attempt)).rejects.toBe(error);
  expect(tried).toEqual([8]);
});

it("tries nothing smaller if it cannot be told: what is not remembered would fail again each time", async () => {
  const tried: number[] = [];
  const attempt = (pageSize: number): Promise<never> => {
    tried.push(pageSize);
    return Promise.reject(tooLong());
  };
  const onSmallerPages = (): Promise<void> => Promise.reject(new Error("no database"));
  await expect(withFittingPages({ pageSize: 8, onSmallerPages }, attempt)).rejects.toThrow("no database");
  expect(tried).toEqual([8]);
});
