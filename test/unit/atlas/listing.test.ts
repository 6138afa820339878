// When a list of processors is complete: the traps of paging, each on a real socket.
import { expect, it } from "vitest";
import { WORKSPACE, aProcessor, anError, catchAppError, onStage, sendJson } from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `p${String(from + index)}`);

interface Page {
  readonly names: readonly string[];
  readonly total?: number;
  readonly next?: boolean;
  readonly status?: number;
}

function playPages(pages: readonly Page[]): (turn: Turn) => void {
  return ({ url, response }) => {
    const pageNum = Number(new URL(url, "http://x").searchParams.get("pageNum"));
    const page = pages[pageNum - 1] ?? { names: [] };
    if (page.status !== undefined) {
      sendJson(response, page.status, anError(page.status, "X", "y"));
      return;
    }
    sendJson(response, 200, {
      links: [
        { rel: "self", href: "x" },
        ...(page.next === true ? [{ rel: "next", href: "http://evil/" }] : []),
      ],
      results: page.names.map((name) => aProcessor(name)),
      ...(page.total === undefined ? {} : { totalCount: page.total }),
    });
  };
}

const full = names(1, 500);
const COMPLETE: readonly (readonly [string, readonly Page[], number, number])[] = [
  ["an empty list", [{ names: [], total: 0 }], 0, 1],
  ["one short page with its count", [{ names: names(1, 3), total: 3 }], 3, 1],
  ["exactly one full page: no second call", [{ names: full, total: 500 }], 500, 1],
  [
    "two pages",
    [
      { names: full, total: 700, next: true },
      { names: names(501, 700), total: 700 },
    ],
    700,
    2,
  ],
  [
    "a short page in the middle, next linked",
    [
      { names: names(1, 300), total: 700, next: true },
      { names: names(301, 700), total: 700 },
    ],
    700,
    2,
  ],
  [
    "a short page in the middle, count too low",
    [
      { names: names(1, 300), total: 300, next: true },
      { names: names(301, 400), total: 300 },
    ],
    400,
    2,
  ],
  [
    "a full page beyond too low a count",
    [
      { names: full, total: 499 },
      { names: names(501, 501), total: 499 },
    ],
    501,
    2,
  ],
  [
    "a count that says more than there are: an empty page is the end",
    [{ names: names(1, 3), total: 5 }],
    3,
    2,
  ],
  ["nothing, whatever the count says", [{ names: [], total: 5 }], 0, 1],
  [
    "a hole between two pages: the count cannot tell it from one that over-estimates",
    [
      { names: names(1, 300), total: 700 },
      { names: names(501, 700), total: 700 },
    ],
    500,
    3,
  ],
  ["no count: only an empty page is the end", [{ names: names(1, 3) }, { names: names(4, 5) }], 5, 3],
  [
    "the same processor on two pages",
    [
      { names: names(1, 3), total: 4 },
      { names: names(3, 4), total: 4 },
    ],
    4,
    2,
  ],
];

it.each(COMPLETE)("%s", async (...row) => {
  const [, pages, count, calls] = row;
  await onStage(playPages(pages), async ({ client, seen }) => {
    const listing = await client.listProcessors(WORKSPACE, {});
    expect(listing?.observations).toHaveLength(count);
    expect(listing?.pages).toBe(calls);
    expect(seen).toHaveLength(calls);
    expect(seen[0]?.url).toContain("/streams/orders/processors?includeCount=true&itemsPerPage=500&pageNum=1");
  });
});

const INCOMPLETE: readonly (readonly [string, readonly Page[], string])[] = [
  [
    "a second page that fails",
    [
      { names: full, total: 700 },
      { names: [], status: 500 },
    ],
    "atlas.unavailable",
  ],
  [
    "a second page that is gone",
    [
      { names: full, total: 700 },
      { names: [], status: 404 },
    ],
    "atlas.unavailable",
  ],
  [
    "a second page that is refused",
    [
      { names: full, total: 700 },
      { names: [], status: 403 },
    ],
    "atlas.denied",
  ],
];

it.each(INCOMPLETE)("is not complete: %s", async (_what, pages, code) => {
  await onStage(playPages(pages), async ({ client }) => {
    expect((await catchAppError(client.listProcessors(WORKSPACE, {}))).code).toBe(code);
  });
});

/** Answers pages of a list whose items are so long; what is asked for beyond the cap comes all the same. */
function playLong(count: number, lengthOf: (name: string) => number): (turn: Turn) => void {
  return ({ url, response }) => {
    const query = new URL(url, "http://x").searchParams;
    const size = Number(query.get("itemsPerPage"));
    const first = (Number(query.get("pageNum")) - 1) * size;
    const results = names(1, count)
      .slice(first, first + size)
      .map((name) => aProcessor(name, { pipeline: "x".repeat(lengthOf(name)) }));
    sendJson(response, 200, { results, totalCount: count });
  };
}

const MIB = 1024 * 1024;
const toPage = ({ url }: { readonly url: string }): string => {
  const query = new URL(url, "http://x").searchParams;
  return `${String(query.get("itemsPerPage"))}/${String(query.get("pageNum"))}`;
};

it("starts again with half as many where a page is too long, pays for each call, and tells what it tries", async () => {
  await onStage(
    playLong(6, () => 5 * MIB),
    async ({ client, seen }) => {
      let admitted = 0;
      const told: number[] = [];
      const listing = await client.listProcessors(WORKSPACE, {
        pageSize: 8,
        admit: () => Promise.resolve(void (admitted += 1)),
        onSmallerPages: (pageSize) => Promise.resolve(void told.push(pageSize)),
      });
      expect(listing?.observations.map(({ processor }) => processor)).toEqual(names(1, 6));
      expect(seen.map(toPage)).toEqual(["8/1", "4/1", "2/1", "2/2", "2/3"]);
      expect(listing?.pages).toBe(3);
      expect(admitted).toBe(5);
      expect(told).toEqual([4, 2]);
    },
  );
});

it("names the place of a processor that is too long by itself", async () => {
  await onStage(
    playLong(4, (name) => (name === "p3" ? 17 * MIB : 1)),
    async ({ client, seen }) => {
      const error = await catchAppError(client.listProcessors(WORKSPACE, { pageSize: 2 }));
      expect(error.code).toBe("atlas.unintelligible");
      expect(error.message).toBe(
        "Atlas's list of processors cannot be read: the one after p2 is longer than 16 MiB by itself",
      );
      expect(seen.map(toPage)).toEqual(["2/1", "2/2", "1/1", "1/2", "1/3"]);
    },
  );
});

it("is undefined where the workspace is not there", async () => {
  await onStage(playPages([{ names: [], status: 404 }]), async ({ client }) => {
    expect(await client.listProcessors(WORKSPACE, {})).toBeUndefined();
  });
});

it("asks the budget before each page, and what it throws ends the list", async () => {
  let admitted = 0;
  const admit = (): Promise<void> => {
    admitted += 1;
    return admitted > 1 ? Promise.reject(new Error("no budget")) : Promise.resolve();
  };
  await onStage(playPages([{ names: full, total: 700 }]), async ({ client, seen }) => {
    await expect(client.listProcessors(WORKSPACE, { admit })).rejects.toThrow("no budget");
    expect(seen).toHaveLength(1);
  });
});
