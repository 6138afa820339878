// Reads a list page by page and says when it is complete. A failed page is never taken for the end: what is missing
// from a list is held to be absent from Atlas, so half a list is an error. A page that is too long to read is asked for
// again with fewer items, and the whole list with it.
import { PAGE_SIZE_MAX, toSmallerPageSize } from "../domain/page-size.js";
import { AppError } from "../base/errors.js";
import type { ListCall } from "./caller.js";
import { isOversized } from "./errors.js";
import { MAX_BODY_BYTES } from "./transport.js";
import type { Page, PageAsked } from "./wire.js";

/** No list is read further: a bound on its pages, whatever their size. */
const MAX_ITEMS = 100_000;

export interface Listing<Item> {
  /** One per name, the newest if a shift between pages showed it twice. */
  readonly items: readonly Item[];
  /** Those it took, without the ones that were too long. */
  readonly pages: number;
}

export interface PagedRead<Item> {
  /** Undefined: 404. */
  readonly readPage: (page: PageAsked) => Promise<Page<Item> | undefined>;
  readonly toName: (item: Item) => string;
  /** For messages: "processors". */
  readonly plural: string;
}

/** Undefined if the first page is (404). Throws if a page fails, or if one item alone is too long to read. */
export function readPages<Item>(
  read: PagedRead<Item>,
  sizes: Pick<ListCall, "pageSize" | "onSmallerPages">,
): Promise<Listing<Item> | undefined> {
  return withFittingPages(sizes, (pageSize) => readAll(read, pageSize));
}

/**
 * Makes the attempt with smaller and smaller pages until none is too long; the attempt's own error if one item is.
 */
export async function withFittingPages<Result>(
  { pageSize: first = PAGE_SIZE_MAX, onSmallerPages }: Pick<ListCall, "pageSize" | "onSmallerPages">,
  attempt: (pageSize: number) => Promise<Result>,
): Promise<Result> {
  for (let pageSize = first; ;) {
    try {
      return await attempt(pageSize);
    } catch (error) {
      const smaller = toSmallerPageSize(pageSize);
      if (!isOversized(error) || smaller === undefined) throw error;
      await onSmallerPages?.(smaller);
      pageSize = smaller;
    }
  }
}

async function readAll<Item>(read: PagedRead<Item>, pageSize: number): Promise<Listing<Item> | undefined> {
  const { toName, plural } = read;
  const found = new Map<string, Item>();
  let totalCount: number | undefined;
  let last: Item | undefined;
  for (let pageNum = 1; (pageNum - 1) * pageSize < MAX_ITEMS; pageNum += 1) {
    const page = await readOne(read, { pageNum, pageSize }, last);
    if (page === undefined && pageNum === 1) return undefined;
    if (page === undefined) throw incomplete(plural, `page ${String(pageNum)} is gone`);
    for (const item of page.items) found.set(toName(item), item);
    totalCount = page.totalCount ?? totalCount;
    last = page.items.at(-1);
    if (isLast(page, { found: found.size, totalCount, pageSize }))
      return { items: [...found.values()], pages: pageNum };
  }
  throw incomplete(plural, `it has more than ${String(MAX_ITEMS)}`);
}

/**
 * `last`: what was listed before this page. One that is too long by itself is told by it, for its own name is not read.
 */
async function readOne<Item>(
  { readPage, toName, plural }: PagedRead<Item>,
  asked: PageAsked,
  last: Item | undefined,
): Promise<Page<Item> | undefined> {
  try {
    return await readPage(asked);
  } catch (error) {
    if (asked.pageSize > 1 || !isOversized(error)) throw error;
    const place = last === undefined ? "the first one" : `the one after ${toName(last)}`;
    const limit = `${String(MAX_BODY_BYTES / 1024 / 1024)} MiB`;
    throw new AppError(
      error.code,
      `Atlas's list of ${plural} cannot be read: ${place} is longer than ${limit} by itself`,
      { context: error.context, cause: error },
    );
  }
}

/**
 * An empty page is the end, whatever the count says: it is an estimate (docs/atlas.md 6), and a list that waited for it
 * to be right might wait for ever. Nor could it prove that nothing is missing: when a processor is deleted between two
 * pages, another one slips by unseen, and the count is right again. So absence from one list proves nothing. It takes
 * two in a row, and even then nothing is done to the processor (docs/design.md 5, row `absent`).
 *
 * Before that the count saves the call for an empty page, unless a `next` link or a full page says that it is too low.
 */
function isLast(
  { items, hasNext }: Page<unknown>,
  so: { readonly found: number; readonly totalCount: number | undefined; readonly pageSize: number },
): boolean {
  const { found, totalCount, pageSize } = so;
  if (items.length === 0) return true;
  if (totalCount === undefined || found < totalCount || hasNext) return false;
  return items.length < pageSize || found === totalCount;
}

function incomplete(plural: string, why: string): AppError {
  return new AppError("atlas.unavailable", `Atlas's list of ${plural} is incomplete: ${why}`, {
    context: { operation: "list", sent: true, transient: true },
  });
}
