// Pages through a cursor, by a session that counts: how many fetches a listing costs, and that its connection comes
// back whichever way the reading ends. What Postgres does with them is test/integration/store-pages.test.ts.
import fc from "fast-check";
import { expect, it } from "vitest";
import { PAGE_ROWS, readThroughCursor } from "../../../../src/store/postgres/cursor.js";
import type { Session } from "../../../../src/store/postgres/cursor.js";

interface Play {
  readonly connect: () => Promise<Session>;
  readonly sent: string[];
}

/** A listing of so many rows. `failsAt`: the statement that fails, counted from 1. */
function play(rows: number, failsAt = 0): Play {
  const sent: string[] = [];
  let left = rows;
  const session: Session = {
    query: <Row extends object>(text: string) => {
      sent.push(text.split(" ", 1)[0] ?? "");
      if (sent.length === failsAt) return Promise.reject(new Error("gone"));
      const count = text.startsWith("fetch") ? Math.min(left, PAGE_ROWS) : 0;
      left -= count;
      return Promise.resolve(Array.from({ length: count }, () => ({}) as Row));
    },
    rollback: () => Promise.resolve(void sent.push("rollback")),
    release: () => void sent.push("release"),
  };
  return { sent, connect: () => Promise.resolve(session) };
}

const STATEMENT = { text: "select 1", values: [] };

async function readAll({ connect }: Play): Promise<readonly number[]> {
  const sizes: number[] = [];
  for await (const page of readThroughCursor(connect, STATEMENT)) sizes.push(page.length);
  return sizes;
}

it.each([
  { rows: 0, sizes: [], fetches: 1 },
  { rows: 1, sizes: [1], fetches: 1 },
  { rows: PAGE_ROWS - 1, sizes: [PAGE_ROWS - 1], fetches: 1 },
  { rows: PAGE_ROWS, sizes: [PAGE_ROWS], fetches: 2 },
  { rows: PAGE_ROWS + 1, sizes: [PAGE_ROWS, 1], fetches: 2 },
])("reads $rows rows with $fetches fetches", async ({ rows, sizes, fetches }) => {
  const played = play(rows);
  expect(await readAll(played)).toEqual(sizes);
  expect(played.sent).toEqual([
    "begin",
    "declare",
    ...Array.from({ length: fetches }, () => "fetch"),
    "rollback",
    "release",
  ]);
});

it("yields every row once, never an empty page and never one beyond the limit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(3 * PAGE_ROWS), async (rows) => {
      const sizes = await readAll(play(rows));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(rows);
      expect(sizes.every((size) => size > 0 && size <= PAGE_ROWS)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it("rolls back and gives the connection back when the reader stops early", async () => {
  const played = play(3 * PAGE_ROWS);
  for await (const page of readThroughCursor(played.connect, STATEMENT)) {
    expect(page).toHaveLength(PAGE_ROWS);
    break;
  }
  expect(played.sent).toEqual(["begin", "declare", "fetch", "rollback", "release"]);
});

it.each([1, 2, 3, 4])("gives the connection back once if statement %i fails", async (failsAt) => {
  const played = play(PAGE_ROWS, failsAt);
  await expect(readAll(played)).rejects.toThrow("gone");
  expect(played.sent.slice(failsAt)).toEqual(["rollback", "release"]);
});

it("opens nothing before the first page is asked for", async () => {
  let opened = 0;
  const pages = readThroughCursor(() => {
    opened += 1;
    return play(1).connect();
  }, STATEMENT);
  expect(opened).toBe(0);
  await pages.next();
  expect(opened).toBe(1);
});

it("says why there is no connection, and has none to give back", async () => {
  const pages = readThroughCursor(() => Promise.reject(new Error("no connection")), STATEMENT);
  await expect(pages.next()).rejects.toThrow("no connection");
});
