// Lists, all alike: filters with the words of the command line, narrowed to the key's scope in SQL, page by page.
import { z } from "zod";
import type { KeyHolder } from "../../domain/access.js";
import { CONDITIONS, PARTS, SINCE, SORTS, parseSince } from "../../domain/tell/listing.js";
import type { ListQuery, ListingName } from "../../domain/tell/listing.js";
import { SELECTOR_RULE, parseSelector } from "../../domain/tell/selector.js";
import type { ListPage, OnePageQuery } from "../../app/look/one-page.js";
import { AppError } from "../../base/errors.js";
import { CURSOR_MAX, formatCursor, parseCursor, unreadableCursor } from "./cursor.js";
import { MOMENT_RULE, momentText } from "./names.js";
import { defineRoute } from "./route.js";
import type { JsonBytes } from "./kept-pages.js";
import type { ApiRoute, Call } from "./route.js";
import { toJsonBytes } from "./serving.js";

/** Rows of a page: as asked for, at most, and if nothing is said. */
const PAGE_MAX = 500;
const PAGE_DEFAULT = 100;
const SELECTORS_MAX = 50;

export interface ListParameters {
  readonly selector?: readonly string[] | undefined;
  readonly condition?: readonly string[] | undefined;
  /** Of processors alone. */
  readonly class?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** `extra`: parameters of one list alone. */
export function toListParameters(name: ListingName, extra: z.ZodRawShape): z.ZodType<ListParameters> {
  const columns = SORTS[name].flatMap((column) => [column, `${column}:asc`, `${column}:desc`]);
  const conditions = Object.entries<string>(CONDITIONS[name]);
  return z.strictObject({
    selector: z
      .array(z.string().refine((text) => parseSelector(text) !== undefined, SELECTOR_RULE))
      .max(SELECTORS_MAX)
      .optional()
      .meta({ description: `Any of these: ${SELECTOR_RULE}.` }),
    condition: z
      .array(z.enum(conditions.map(([condition]) => condition)))
      .max(conditions.length)
      .optional()
      .meta({ description: `Any of these. ${conditions.map(([one, is]) => `${one}: ${is}`).join("; ")}.` }),
    since: momentText
      .optional()
      .meta({ description: `Only those ${SINCE[name]} since then: ${MOMENT_RULE}.` }),
    sort: z
      .enum(columns)
      .optional()
      .meta({ description: `A column, upward without :desc; by itself ${SORTS[name][0]}.` }),
    limit: z.int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
    cursor: z
      .string()
      .max(CURSOR_MAX)
      .optional()
      .meta({ description: "next of the page before, with everything else as it was." }),
    ...extra,
  });
}

interface ListSpec<Row> {
  readonly name: ListingName;
  readonly tag: string;
  readonly summary: string;
  readonly row: z.ZodType;
  readonly extra?: z.ZodRawShape;
  /** Whether the schema is narrower than what is read: a row is made into it. */
  readonly toRow?: (row: Row) => unknown;
  readonly read: (
    app: Call<object, object, undefined>["app"],
    query: OnePageQuery,
    asked: ListParameters,
  ) => Promise<ListPage<Row>>;
  /** Its rows depend on no clock: while Postgres shows nothing new, a page is sent again as it was. */
  readonly isSteady?: true;
}

/** `GET /v1/NAME`. One statement a page, shared by all who ask the same at once. */
export function defineList<Row>(spec: ListSpec<Row>): ApiRoute {
  const { name, row, read, isSteady, toRow } = spec;
  const toJson = ({ rows, next }: Pick<ListPage<Row>, "rows" | "next">, query: ListQuery): JsonBytes => {
    const items = toRow === undefined ? rows : rows.map(toRow);
    return toJsonBytes({ items, next: next === null ? null : formatCursor(name, query, next) });
  };
  return defineRoute<object, ListParameters>({
    method: "GET",
    path: `/${name}`,
    operationId: `list${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    tag: spec.tag,
    summary: spec.summary,
    rights: ["read"],
    query: toListParameters(name, spec.extra ?? {}),
    answers: [{ status: 200, description: "A page.", schema: toPageSchema(row) }],
    run: async ({ app, holder, query: asked, share, pages, shown }) => {
      const query = toListQuery(name, asked);
      const within = toScope(name, holder);
      // Nothing of it is the key's own: a whole project is more than a part of its workspaces.
      if (within === undefined) return { body: { items: [], next: null } };
      const page = { ...query, within, limit: asked.limit };
      const question = JSON.stringify([asked, within]);
      const known = pages.find(question, shown);
      if (known !== undefined) return { json: known };
      const json = await share(question, async () => {
        const fresh = await readAfter(name, asked, (after) => read(app, { ...page, ...after }, asked));
        const made = toJson(fresh, query);
        if (isSteady === true && !dependsOnClock(query)) pages.keep(question, made, fresh.snapshot);
        return made;
      });
      return { json };
    },
  });
}

/** Some conditions come true by waiting, and so does the end of a while ago. */
function dependsOnClock({ conditions, since }: ListQuery): boolean {
  return conditions !== undefined || since !== undefined;
}

/** The page behind the cursor that was sent, if one was. Throws the problem `invalid-request` for one that is none. */
export async function readAfter<Page>(
  name: ListingName,
  asked: ListParameters,
  read: (after: Pick<ListQuery, "after">) => Promise<Page>,
): Promise<Page> {
  const { cursor } = asked;
  const after = cursor === undefined ? {} : { after: parseCursor(name, toListQuery(name, asked), cursor) };
  return read(after).catch((error: unknown) => {
    throw error instanceof AppError && error.code === "request.refused" ? unreadableCursor(error) : error;
  });
}

function toPageSchema(row: z.ZodType): z.ZodType {
  return z.object({
    items: z.array(row),
    next: z.string().nullable().meta({ description: "The cursor of the next page; null: this is the last." }),
  });
}

export function toListQuery(
  name: ListingName,
  { selector, condition, class: classes, since, sort }: ListParameters,
): ListQuery {
  const selectors = (selector ?? []).flatMap((text) => parseSelector(text) ?? []);
  const from = since === undefined ? undefined : parseSince(since);
  const [column = SORTS[name][0], direction] = sort?.split(":") ?? [];
  return {
    ...(selectors.length === 0 ? {} : { selectors }),
    ...(condition === undefined ? {} : { conditions: condition }),
    ...(classes === undefined ? {} : { classes }),
    ...(from === undefined ? {} : { since: from }),
    ...(sort === undefined ? {} : { sort: { column, isDescending: direction === "desc" } }),
  };
}

/** Undefined where the listing is of whole projects and the key is for some of their workspaces. */
export function toScope(name: ListingName, { scope }: KeyHolder): Required<ListQuery>["within"] | undefined {
  if (PARTS[name] === 1 && scope.workspace !== "*") return undefined;
  return { ...scope, processor: "*" };
}
