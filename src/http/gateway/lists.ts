// Lists as clients of Atlas page through them. One vendor client ends its list where `totalCount` is reached, so a
// count that is missing, or that only counts the page, would lose it the rest without a word (docs/atlas.md 12): such a
// count is made good by asking Atlas for the other pages. A list of workspaces holds what the key's scope covers.
import { isInScope } from "../../domain/access.js";
import type { RelayReply } from "../../app/gateway/relay.js";
import type { GatewayExchange } from "./exchange.js";
import { refuseWith } from "./exchange.js";
import { parseObject } from "./form.js";
import type { Rendered } from "./form.js";
import type { ReadPath } from "./paths.js";
import { UNREADABLE, askAtlas, renderReply } from "./relays.js";

const PAGE = { items: 100, most: 500 };
/** No list is longer: what goes on past it is not a list. */
const PAGES_MAX = 400;

interface PageAsked {
  readonly size: number;
  readonly number: number;
}

interface ListBody {
  readonly results: readonly unknown[];
  readonly totalCount?: unknown;
}

export async function readList(exchange: GatewayExchange, path: ReadPath): Promise<Rendered> {
  const isFiltered = path.workspace === undefined && exchange.holder.scope.workspace !== "*";
  if (isFiltered) return readFiltered(exchange, path);
  const reply = await askAtlas(exchange, path);
  const rendered = renderReply(exchange, reply);
  const list = rendered.status === 200 ? parseList(reply) : undefined;
  const asked = toPageAsked(exchange.query);
  if (list === undefined || exchange.query.get("includeCount") === "false" || isCounted(list, asked))
    return rendered;
  const total = await countAll(exchange, path);
  return total === undefined ? rendered : rewrite(rendered, exchange, { ...list, totalCount: total });
}

function toPageAsked(query: URLSearchParams): PageAsked {
  const read = (name: string, byDefault: number): number => {
    const text = query.get(name) ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : byDefault;
  };
  return { size: read("itemsPerPage", PAGE.items), number: read("pageNum", 1) };
}

function parseList({ body }: RelayReply): ListBody | undefined {
  const whole = parseObject(body.toString("utf8"));
  return Array.isArray(whole?.["results"]) ? (whole as unknown as ListBody) : undefined;
}

/** A full page whose count ends with it may be a count of the page. */
function isCounted({ results, totalCount }: ListBody, { size, number }: PageAsked): boolean {
  if (typeof totalCount !== "number") return false;
  const seen = (number - 1) * size + results.length;
  if (results.length === 0) return true;
  return totalCount > seen || (totalCount === seen && results.length < size);
}

/** Undefined if Atlas did not answer all of it. */
async function countAll(exchange: GatewayExchange, path: ReadPath): Promise<number | undefined> {
  return (await readAll(exchange, path))?.length;
}

async function readAll(exchange: GatewayExchange, path: ReadPath): Promise<readonly unknown[] | undefined> {
  const all: unknown[] = [];
  const [bare = ""] = path.target.split("?");
  for (let number = 1; number <= PAGES_MAX; number += 1) {
    const query = new URLSearchParams(exchange.query);
    for (const name of ["envelope", "pretty", "includeCount"]) query.delete(name);
    query.set("itemsPerPage", String(PAGE.most));
    query.set("pageNum", String(number));
    const target = `${bare}?${query.toString()}`;
    const reply = await askAtlas(exchange, { project: path.project, target });
    const list = reply.status === 200 ? parseList(reply) : undefined;
    if (list === undefined) return undefined;
    if (list.results.length === 0) return all;
    all.push(...list.results);
  }
  return undefined;
}

/** The pages are ours then: Atlas's own hold others between those that the key may see. */
async function readFiltered(exchange: GatewayExchange, path: ReadPath): Promise<Rendered> {
  const reply = await askAtlas(exchange, path);
  const rendered = renderReply(exchange, reply);
  if (rendered.status !== 200) return rendered;
  const all = await readAll(exchange, path);
  if (all === undefined) return refuseWith(exchange, UNREADABLE);
  const { project } = path;
  const seen = all.filter((one) => {
    const workspace = (one as { readonly name?: unknown }).name;
    return typeof workspace === "string" && isInScope(exchange.holder, { project, workspace });
  });
  const { size, number } = toPageAsked(exchange.query);
  const results = seen.slice((number - 1) * size, number * size);
  const count = exchange.query.get("includeCount") === "false" ? {} : { totalCount: seen.length };
  return rewrite(rendered, exchange, { results, ...count });
}

function rewrite(rendered: Rendered, { query }: GatewayExchange, list: ListBody): Rendered {
  const envelope = query.get("envelope") === "true" ? { status: rendered.status } : {};
  const body = JSON.stringify(
    { links: [], ...list, ...envelope },
    null,
    query.get("pretty") === "true" ? 2 : undefined,
  );
  return { ...rendered, body };
}
