// Reads a list page by page and says when it is complete. A short or failed page is never taken for the end: what is
// missing from a list is held to be absent from Atlas, so half a list is an error.
import { AppError } from "../errors.js";
import type { Observation } from "../domain/observation.js";
import type { ProcessorPage } from "./wire.js";
import { PAGE_SIZE } from "./wire.js";

const MAX_PAGES = 200;

export interface Listing {
  /** One per processor, the newest where a shift between pages showed it twice. */
  readonly observations: readonly Observation[];
  readonly pages: number;
}

/** Undefined where the first page is (404). Throws where the pages do not add up. */
export async function readPages(
  readPage: (pageNum: number) => Promise<ProcessorPage | undefined>,
): Promise<Listing | undefined> {
  const found = new Map<string, Observation>();
  let totalCount: number | undefined;
  for (let pageNum = 1; pageNum <= MAX_PAGES; pageNum += 1) {
    const page = await readPage(pageNum);
    if (page === undefined && pageNum === 1) return undefined;
    if (page === undefined) throw incomplete(`page ${String(pageNum)} is gone`);
    for (const observation of page.observations) found.set(observation.processor, observation);
    totalCount = page.totalCount ?? totalCount;
    if (isLast(page, { found: found.size, totalCount }))
      return { observations: [...found.values()], pages: pageNum };
  }
  throw incomplete(`it has more than ${String(MAX_PAGES)} pages`);
}

/**
 * The count decides, where there is one; it is an estimate (atlas-facts 6), so a `next` link or a full page beyond it
 * overrides it. Without a count only an empty page is the end.
 */
function isLast(
  { observations, hasNext }: ProcessorPage,
  { found, totalCount }: { readonly found: number; readonly totalCount: number | undefined },
): boolean {
  const isShort = totalCount !== undefined && found < totalCount;
  if (observations.length === 0) {
    if (isShort) throw incomplete(`${String(found)} of ${String(totalCount)} processors were listed`);
    return true;
  }
  if (totalCount === undefined || isShort || hasNext) return false;
  return observations.length < PAGE_SIZE || found === totalCount;
}

function incomplete(why: string): AppError {
  return new AppError("atlas.unavailable", `Atlas's list of processors is incomplete: ${why}`, {
    context: { operation: "list", sent: true, transient: true },
  });
}
