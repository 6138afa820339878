// Lists of Atlas: itemsPerPage 1 to 500 (default 100, both settings), pageNum from 1, links self, previous and next,
// totalCount unless includeCount is false (docs/atlas.md 6). Pure; walks no further than the page asked for, because
// worlds have ten thousand processors. A page behind the last is empty and no error: that is how clients find the end.
import { answer, refuse } from "./handler.js";
import type { Call, Reply } from "./handler.js";
import { invalidRequest } from "../world/refusals.js";
import { extraOf } from "./views.js";
import type { JsonObject } from "./views.js";

/** A whole number of the query between 1 and `max`; undefined for anything else. Empty counts as absent. */
function readNumber(
  query: URLSearchParams,
  of: { name: string; fallback: number; max: number },
): number | undefined {
  const text = query.get(of.name);
  if (text === null || text === "") return of.fallback;
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= of.max ? value : undefined;
}

export interface Listing<T> {
  readonly items: Iterable<T>;
  readonly count: number;
  /** Undefined leaves the item out (a stale read). */
  readonly view: (item: T) => JsonObject | undefined;
}

/** The address the caller used, its other parameters kept, with another page. */
function linkOf(call: Call, rel: string, pageNum: number | null): JsonObject {
  const url = new URL(call.href);
  if (pageNum !== null) url.searchParams.set("pageNum", String(pageNum));
  return { href: url.href, rel };
}

/** One page of a list, or 400 for a page that cannot be. */
export function answerPage<T>(call: Call, listing: Listing<T>): Reply {
  const {
    "list.itemsPerPage": fallback,
    "list.maxItemsPerPage": max,
    "list.countAhead": countAhead,
  } = call.world.settings;
  const size = readNumber(call.query, { name: "itemsPerPage", fallback, max });
  const pageNum = readNumber(call.query, { name: "pageNum", fallback: 1, max: 1_000_000_000 });
  if (size === undefined)
    return refuse(invalidRequest("itemsPerPage", `must be between 1 and ${String(max)}`));
  if (pageNum === undefined) return refuse(invalidRequest("pageNum", "must be 1 or more"));
  const first = (pageNum - 1) * size;
  const results: JsonObject[] = [];
  let index = 0;
  for (const item of listing.items) {
    if (index >= first + size) break;
    // What a view leaves out keeps its place: a stale read makes a page shorter and pulls nothing forward.
    const view = index >= first ? listing.view(item) : undefined;
    if (view !== undefined) results.push(view);
    index += 1;
  }
  const links = [linkOf(call, "self", null)];
  if (pageNum > 1) links.push(linkOf(call, "previous", pageNum - 1));
  // By the true count: `totalCount` may be ahead of it, and a link to a page that is empty would be a lie of ours.
  if (first + size < listing.count) links.push(linkOf(call, "next", pageNum + 1));
  const withCount = call.query.get("includeCount") !== "false";
  return answer({
    links,
    results,
    ...(withCount ? { totalCount: listing.count + countAhead } : {}),
    ...extraOf(call.world),
  });
}
