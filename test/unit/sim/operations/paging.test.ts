// Lists of Atlas: which items stand on which page, which links go with it, what is counted, and what is refused.
import fc from "fast-check";
import { expect, it } from "vitest";
import { answerPage } from "../../../../src/sim/operations/paging.js";
import type { Reply } from "../../../../src/sim/operations/handler.js";
import { aWorld } from "../../../support/sim-world.js";
import { aCall, bodyOf } from "../../../support/sim-calls.js";

interface Link {
  readonly rel: string;
  readonly href: string;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

function page(count: number, query: string, set: readonly string[] = []): Reply {
  const items = numbers(count);
  return answerPage(aCall(aWorld({ set }), { query }), { items, count, view: (item) => ({ item }) });
}

const itemsOf = (reply: Reply): readonly number[] =>
  (bodyOf(reply)["results"] as readonly { readonly item: number }[]).map((one) => one.item);
const linksOf = (reply: Reply): readonly Link[] => bodyOf(reply)["links"] as readonly Link[];
const pageNumOf = (reply: Reply, rel: string): string | null | undefined => {
  const link = linksOf(reply).find((one) => one.rel === rel);
  return link === undefined ? undefined : new URL(link.href).searchParams.get("pageNum");
};

it.each([
  { reason: "a first page", count: 250, query: "", first: 0, shown: 100, rels: "self next" },
  {
    reason: "a page in the middle",
    count: 250,
    query: "pageNum=2",
    first: 100,
    shown: 100,
    rels: "self previous next",
  },
  { reason: "the last page", count: 250, query: "pageNum=3", first: 200, shown: 50, rels: "self previous" },
  {
    reason: "a page behind the last",
    count: 250,
    query: "pageNum=4",
    first: 0,
    shown: 0,
    rels: "self previous",
  },
  {
    reason: "the last page, full",
    count: 200,
    query: "pageNum=2",
    first: 100,
    shown: 100,
    rels: "self previous",
  },
  { reason: "an empty list", count: 0, query: "", first: 0, shown: 0, rels: "self" },
  { reason: "one of 500", count: 501, query: "itemsPerPage=500", first: 0, shown: 500, rels: "self next" },
  {
    reason: "one of one",
    count: 3,
    query: "itemsPerPage=1&pageNum=2",
    first: 1,
    shown: 1,
    rels: "self previous next",
  },
  {
    reason: "empty parameters count as none",
    count: 3,
    query: "itemsPerPage=&pageNum=",
    first: 0,
    shown: 3,
    rels: "self",
  },
])("shows $reason", ({ count, query, first, shown, rels }) => {
  const reply = page(count, query);
  expect(itemsOf(reply)).toEqual(numbers(shown).map((index) => first + index));
  expect(
    linksOf(reply)
      .map((one) => one.rel)
      .join(" "),
  ).toBe(rels);
  expect(bodyOf(reply)["totalCount"]).toBe(count);
});

it("shows each item once to a caller who follows the links from the first page", () => {
  fc.assert(
    fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), (count, size) => {
      const seen: number[] = [];
      let next: string | null | undefined = "1";
      while (typeof next === "string") {
        const reply = page(count, `itemsPerPage=${String(size)}&pageNum=${next}`);
        seen.push(...itemsOf(reply));
        next = pageNumOf(reply, "next");
      }
      expect(seen).toEqual(numbers(count));
    }),
  );
});

it("keeps the other parameters in its links", () => {
  const query = "itemsPerPage=2&pageNum=2&includeCount=false&eventType=A%20B";
  const reply = page(9, query);
  expect(linksOf(reply).find((one) => one.rel === "self")?.href).toContain(query);
  for (const { href } of linksOf(reply)) {
    const { searchParams } = new URL(href);
    expect([searchParams.get("itemsPerPage"), searchParams.get("eventType")]).toEqual(["2", "A B"]);
  }
  expect([pageNumOf(reply, "previous"), pageNumOf(reply, "next")]).toEqual(["1", "3"]);
});

it.each([
  { query: "itemsPerPage=0", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "itemsPerPage=501", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "itemsPerPage=-1", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "itemsPerPage=1.5", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "itemsPerPage=many", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "itemsPerPage=NaN", field: "itemsPerPage", says: "must be between 1 and 500" },
  { query: "pageNum=0", field: "pageNum", says: "must be 1 or more" },
  { query: "pageNum=-3", field: "pageNum", says: "must be 1 or more" },
  { query: "pageNum=1e99", field: "pageNum", says: "must be 1 or more" },
  { query: "pageNum=first", field: "pageNum", says: "must be 1 or more" },
])("refuses $query", ({ query, field, says }) => {
  const { status, refusal } = page(3, query);
  expect([status, refusal?.fields]).toEqual([400, [{ field, description: says }]]);
});

it.each([
  { reason: "a smaller maximum", set: ["list.maxItemsPerPage=50"], query: "itemsPerPage=51", status: 400 },
  {
    reason: "the smaller maximum itself",
    set: ["list.maxItemsPerPage=50"],
    query: "itemsPerPage=50",
    status: 200,
  },
  { reason: "a larger maximum", set: ["list.maxItemsPerPage=1000"], query: "itemsPerPage=900", status: 200 },
])("goes by the settings: $reason", ({ set, query, status }) => {
  expect(page(1, query, set).status).toBe(status);
});

it("shows as many as the setting says where none is asked for", () => {
  expect(itemsOf(page(30, "", ["list.itemsPerPage=7"]))).toHaveLength(7);
});

it.each([
  { query: "includeCount=true", totalCount: 3 },
  { query: "includeCount=", totalCount: 3 },
  { query: "includeCount=false", totalCount: undefined },
])("counts by $query: $totalCount", ({ query, totalCount }) => {
  expect(bodyOf(page(3, query))["totalCount"]).toBe(totalCount);
});

it("may count more than there are, and links to no page by it", () => {
  const reply = page(3, "itemsPerPage=3", ["list.countAhead=4"]);
  expect(bodyOf(reply)["totalCount"]).toBe(7);
  expect(linksOf(reply).map((one) => one.rel)).toEqual(["self"]);
});

it("leaves out what a stale read does not know, without pulling others forward", () => {
  const items = numbers(6);
  const view = (item: number): { item: number } | undefined => (item % 2 === 0 ? { item } : undefined);
  const reply = answerPage(aCall(aWorld(), { query: "itemsPerPage=3&pageNum=2" }), { items, count: 6, view });
  expect(itemsOf(reply)).toEqual([4]);
});

it("looks at no item behind the page", () => {
  const looked: number[] = [];
  function* items(): Generator<number> {
    for (let item = 0; ; item += 1) {
      looked.push(item);
      yield item;
    }
  }
  answerPage(aCall(aWorld(), { query: "itemsPerPage=2" }), {
    items: items(),
    count: 9,
    view: (item) => ({ item }),
  });
  expect(Math.max(...looked)).toBeLessThanOrEqual(2);
});

it.each([
  { set: ["replies.extraFields=true"], isExtra: true },
  { set: [], isExtra: false },
])("carries fields that no schema names where the setting says so: $isExtra", ({ set, isExtra }) => {
  expect("xOfALaterVersion" in bodyOf(page(1, "", set))).toBe(isExtra);
});
