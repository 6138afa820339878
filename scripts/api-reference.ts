// What is generated from the routes of /v1: the OpenAPI document, docs/api.md, and the types of the client.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import openapiTS, { astToString } from "openapi-typescript";
import { format, resolveConfig } from "prettier";
import { registerApi } from "../src/http/api/api.js";
import { toShownDocument } from "../src/http/api/operations.js";
import type { ShownOperation } from "../src/http/api/operations.js";
import { PROBLEMS } from "../src/http/api/problems.js";
import { RIGHTS } from "../src/domain/access.js";
import { createLogger } from "../src/base/logger.js";
import { DEFAULT_SETTINGS } from "../src/domain/settings.js";

const root = new URL("../", import.meta.url);
/** Of a line of Markdown. */
const WIDTH = 118;

/** As it is served, in the order of the routes. */
async function readDocument(): Promise<unknown> {
  const unused = (): never => {
    throw new Error("nothing is done while the document is written");
  };
  const server = Fastify();
  const app = {
    store: { query: unused, transaction: unused, pages: unused, close: unused },
    runs: unused,
    atlas: unused,
    settings: DEFAULT_SETTINGS,
    actor: "",
    log: createLogger("silent"),
  };
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const api = await registerApi(server, { app, authenticator: { identify: unused }, version });
  await server.ready();
  const document = api.readDocument();
  await server.close();
  return document;
}

/** As `npm run check` wants it. */
async function pretty(text: string, parser: "json" | "markdown" | "typescript"): Promise<string> {
  return format(text, { ...(await resolveConfig(new URL("package.json", root))), parser });
}

export async function renderOpenApi(): Promise<string> {
  return pretty(JSON.stringify(await readDocument()), "json");
}

/** Without descriptions: those are in the document, and a line of a comment may be as long as it wants there. */
export async function renderClientTypes(): Promise<string> {
  const bare = JSON.parse(JSON.stringify(await readDocument()), (key, value: unknown) =>
    key === "description" && typeof value === "string" ? undefined : value,
  ) as Parameters<typeof openapiTS>[0];
  const head = "// The types of /v1, generated from docs/openapi.json by `npm run docs`.\n";
  const types = astToString(await openapiTS(bare)).replace(/^\s*\/\*\*.*?\*\/\n/gms, "");
  return pretty(head + types, "typescript");
}

export async function renderApiReference(): Promise<string> {
  const { description, tags, operations } = toShownDocument(await readDocument());
  const parts = tags.flatMap(({ name, description: about }) => [
    `## ${name}`,
    about,
    ...operations.filter(({ tag }) => tag === name).map(renderOperation),
  ]);
  const text = [
    "# The API",
    "Generated from the routes by `npm run docs`. The whole of it, schemas included, is the OpenAPI document\n" +
      "[openapi.json](openapi.json), which a server answers at `/v1/openapi.json`; `/docs` shows it as a page.",
    wrap(description),
    "## Asking",
    ASKING,
    "## Rights",
    list(Object.entries(RIGHTS).map(([right, meaning]) => `\`${right}\`: ${meaning}`)),
    "## Problems",
    "Every answer that is none is `application/problem+json` (RFC 9457). Clients go by `type`.",
    list(
      Object.entries(PROBLEMS).map(
        ([name, { status, title, remedy }]) =>
          `\`/problems/${name}\` (${String(status)}): ${title}. To do: ${remedy}.`,
      ),
    ),
    ...parts,
  ];
  return pretty(text.join("\n\n"), "markdown");
}

const ASKING = [
  "Send `Authorization: Bearer TOKEN` with the token of a service account, or sign with a digest key.",
  "Lists are pages: `next` of one is the `cursor` of the following one, with all else as it was. A row that comes or goes " +
    "in between neither hides nor repeats another.",
  "A GET has an `ETag`; who sends it in `If-None-Match` is answered 304 until something has changed.",
  "A POST may be sent again with its `Idempotency-Key` for a day: it is answered as before, with " +
    "`idempotency-replayed: true`, and done once.",
  "A policy is written with `If-Match: ETAG` of the version that was read, or `If-None-Match: *` where there is none.",
  "`x-request-id` is taken from the request (up to 64 letters, digits, `.`, `_`, `:` or `-`), sent back, and written into " +
    "the journal with every request that changes something.",
  "Parts of a path are percent-encoded.",
]
  .map((text) => wrap(`- ${text}`, "  "))
  .join("\n");

function renderOperation(operation: ShownOperation): string {
  const { method, path, summary, rights, parameters, body, answers } = operation;
  const takes = parameters
    .filter(({ in: place }) => place !== "path")
    .map(({ name, in: place, isRequired, type, description }) => {
      const must = isRequired ? ", required" : "";
      return `\`${name}\` (${place}${must}): ${type}. ${description}`.trim();
    });
  const sent = body === undefined ? [] : [`body: ${body.schema}, as ${body.mediaTypes.join(", ")}`];
  const good = answers
    .filter(({ status }) => Number(status) < 400)
    .map(
      ({ status, description, schema }) =>
        `${status}: ${description}${schema === undefined ? "" : ` ${schema}`}`,
    );
  const problems = answers.filter(({ status }) => Number(status) >= 400).map(({ status }) => status);
  return [
    `### ${method} ${path}`,
    wrap(`${summary}. Right: ${rights.join(" or ")}.`),
    list([...takes, ...sent, ...good, `problems: ${problems.join(", ")}`]),
  ].join("\n\n");
}

function list(items: readonly string[]): string {
  return items.map((item) => wrap(`- ${item}`, "  ")).join("\n");
}

/** A word that begins like an item of a list must not begin a line. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.replaceAll("*/", "\\*/").split(/\s+/)) {
    const last = lines.at(-1);
    const isListMark = /^([-+*]|\d+[.)])$/.test(word);
    if (last !== undefined && (last.length + word.length < WIDTH || isListMark)) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
