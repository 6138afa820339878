// What a noun of `get` is made of. A noun says where its rows come from and how one looks; the verb does the rest.
import type { AppDeps } from "../../app/deps.js";
import type * as PageListing from "../../app/look/page-listing.js";
import type { Pages } from "../../app/look/page-listing.js";
import type { ListQuery, ListingName } from "../../domain/tell/listing.js";
import type { Column } from "../terminal/output.js";

export interface PageQuery extends ListQuery {
  /** Slots of each schedule. */
  readonly next: number;
}

export interface Noun<Row> {
  readonly name: ListingName;
  readonly description: string;
  readonly pages: (from: typeof PageListing) => (app: AppDeps, query: PageQuery) => Pages<Row>;
  /** What `-o name` prints. */
  readonly label: (row: Row) => string;
  /** What a row is known by from look to look; absent: its label. */
  readonly key?: (row: Row) => string;
  /** What makes it a changed row for `--watch`: all of it but what every pass moves. */
  readonly steady: (row: Row) => unknown;
  /** `now` is the database's, of the look the row is from. */
  readonly columns: (now: () => number) => readonly Column<Row>[];
  /** Options of an example, beside the bare noun. */
  readonly examples: readonly string[];
}
