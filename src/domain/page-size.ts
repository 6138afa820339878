// How many things one page of a list holds. Pure.

/** The most that Atlas gives (docs/atlas.md 6), and what is asked for until a page has proved too long to read. */
export const PAGE_SIZE_MAX = 500;

/** The next one to try after a page that was too long; undefined where there is no smaller one. */
export function toSmallerPageSize(pageSize: number): number | undefined {
  return pageSize > 1 ? Math.floor(pageSize / 2) : undefined;
}
