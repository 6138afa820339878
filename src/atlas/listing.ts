// Reads a list page by page and says when it is complete. A short or failed page is never taken for the end: what is
// missing from a list is held to be absent from Atlas, so half a list is an error.
import { AppError } from "../errors.js";
import type { Page } from "./wire.js";
import { PAGE_SIZE } from "./wire.js";

const MAX_PAGES = 200;

export interface Listing<Item> {
  /** One per name, the newest where a shift between pages showed it twice. */
  readonly items: readonly Item[];
  readonly pages: number;
}

export interface PagedRead<Item> {
  /** Undefined: 404. */
  readonly readPage: (pageNum: number) => Promise<Page<Item> | undefined>;
  readonly toName: (item: Item) => string;
  /** For messages: "processors". */
  readonly plural: string;
}

/** Undefined where the first page is (404). Throws where the pages do not add up. */
export async function readPages<Item>(read: PagedRead<Item>): Promise<Listing<Item> | undefined> {
  const { readPage, toName, plural } = read;
  const found = new Map<string, Item>();
  let totalCount: number | undefined;
  for (let pageNum = 1; pageNum <= MAX_PAGES; pageNum += 1) {
    const page = await readPage(pageNum);
    if (page === undefined && pageNum === 1) return undefined;
    if (page === undefined) throw incomplete(plural, `page ${String(pageNum)} is gone`);
    for (const item of page.items) found.set(toName(item), item);
    totalCount = page.totalCount ?? totalCount;
    if (isLast(page, { found: found.size, totalCount, plural }))
      return { items: [...found.values()], pages: pageNum };
  }
  throw incomplete(plural, `it has more than ${String(MAX_PAGES)} pages`);
}

/**
 * The count decides, where there is one; it is an estimate (atlas-facts 6), so a `next` link or a full page beyond it
 * overrides it. Without a count only an empty page is the end.
 */
function isLast(
  { items, hasNext }: Page<unknown>,
  so: { readonly found: number; readonly totalCount: number | undefined; readonly plural: string },
): boolean {
  const { found, totalCount, plural } = so;
  const isShort = totalCount !== undefined && found < totalCount;
  if (items.length === 0) {
    if (isShort) throw incomplete(plural, `${String(found)} of ${String(totalCount)} were listed`);
    return true;
  }
  if (totalCount === undefined || isShort || hasNext) return false;
  return items.length < PAGE_SIZE || found === totalCount;
}

function incomplete(plural: string, why: string): AppError {
  return new AppError("atlas.unavailable", `Atlas's list of ${plural} is incomplete: ${why}`, {
    context: { operation: "list", sent: true, transient: true },
  });
}
