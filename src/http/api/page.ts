// The readable page at /docs: the OpenAPI document as plain HTML. No script, no picture, nothing fetched: it works
// where the network ends at this server, and its security policy allows nothing but its own style.
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { toShownDocument, toTypeText } from "./operations.js";
import type { Schema, ShownOperation } from "./operations.js";
import { PROBLEMS } from "./problems.js";

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1d2329;background:#fff}" +
  "code{font-family:ui-monospace,monospace;font-size:.9em;background:#eef1f4;padding:.1em .3em;border-radius:3px}" +
  "h2{margin-top:3rem;border-bottom:1px solid #ccd3da}h3{margin-top:2rem}li{margin:.2rem 0}" +
  "@media(prefers-color-scheme:dark){body{color:#dde3e9;background:#14181c}code{background:#262d34}}";

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `read`: the document, which is there once the server is ready. */
export function registerPage(server: FastifyInstance, read: () => unknown): void {
  let page: string | undefined;
  server.get("/docs", { schema: { hide: true } }, (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", POLICY)
      .header("x-content-type-options", "nosniff")
      .send((page ??= renderPage(read()))),
  );
}

function renderPage(source: unknown): string {
  const { description, tags, operations, schemas } = toShownDocument(source);
  const contents = operations.map(({ id, method, path }) => {
    return `<li><a href="#${escape(id)}"><code>${method} ${escape(path)}</code></a></li>`;
  });
  const parts = tags.map(({ name, description: about }) => {
    const those = operations.filter(({ tag }) => tag === name);
    return `<h2>${escape(name)}</h2><p>${escape(about)}</p>${those.map(renderOperation).join("")}`;
  });
  const problems = Object.entries(PROBLEMS).map(
    ([name, { status, title, remedy }]) =>
      `<li><code>/problems/${name}</code> (${String(status)}): ${escape(title)}. To do: ${escape(remedy)}.</li>`,
  );
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Headgate's API</title>` +
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>` +
    `<h1>Headgate's API</h1><p>${escape(description)} The whole of it is the OpenAPI document at ` +
    `<a href="/v1/openapi.json"><code>/v1/openapi.json</code></a>.</p><ul>${contents.join("")}</ul>` +
    `${parts.join("")}<h2>Problems</h2><ul>${problems.join("")}</ul>` +
    `<h2>Schemas</h2>${schemas.map(renderSchema).join("")}</body></html>`
  );
}

function renderOperation({ id, method, path, summary, ...rest }: ShownOperation): string {
  const { rights, parameters, body, answers } = rest;
  const takes = parameters.map(({ name, in: place, isRequired, type, description }) => {
    const must = isRequired ? ", required" : "";
    return `<li><code>${escape(name)}</code> (${place}${must}): ${escape(type)}. ${escape(description)}</li>`;
  });
  const sent =
    body === undefined
      ? ""
      : `<li>body: ${escape(body.schema)}, as ${escape(body.mediaTypes.join(", "))}</li>`;
  const answered = answers.map(({ status, description, schema }) => {
    const what = schema === undefined ? "" : ` ${escape(schema)}`;
    return `<li>${status}: ${escape(description)}${what}</li>`;
  });
  return (
    `<h3 id="${escape(id)}"><code>${method} ${escape(path)}</code></h3><p>${escape(summary)}. ` +
    `Right: ${escape(rights.join(" or "))}.</p><ul>${takes.join("")}${sent}</ul><ul>${answered.join("")}</ul>`
  );
}

function renderSchema([name, schema]: readonly [string, Schema]): string {
  const fields = Object.entries(schema.properties ?? {}).map(([field, of]) => {
    return `<li><code>${escape(field)}</code>: ${escape(toTypeText(of))}. ${escape(of.description ?? "")}</li>`;
  });
  const about = schema.description === undefined ? "" : `<p>${escape(schema.description)}</p>`;
  return `<h3>${escape(name)}</h3>${about}<ul>${fields.join("")}</ul>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
