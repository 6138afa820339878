// What is generated from the routes is as committed, and the page that shows it fetches nothing.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { expect, it } from "vitest";
import { registerPage } from "../../../src/http/api/page.js";
import { renderApiReference, renderClientTypes, renderOpenApi } from "../../../scripts/api-reference.js";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

it.each([
  { path: "docs/openapi.json", render: renderOpenApi },
  { path: "docs/api.md", render: renderApiReference },
  { path: "src/http/client/schema.d.ts", render: renderClientTypes },
])("$path is what the routes say (else: npm run docs)", async ({ path, render }) => {
  expect(read(path)).toBe(await render());
});

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

it("names every operation once, in OpenAPI 3.1", () => {
  const { openapi, paths } = JSON.parse(read("docs/openapi.json")) as Document;
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(openapi).toBe("3.1.0");
  expect(ids.length).toBeGreaterThan(30);
  expect(new Set(ids).size).toBe(ids.length);
});

it("shows all of it on a page that runs nothing and fetches nothing", async () => {
  const server = Fastify();
  registerPage(server, () => JSON.parse(read("docs/openapi.json")));
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  try {
    const response = await fetch(`${url}/docs`);
    const page = await response.text();
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    );
    expect(page).toContain('<h3 id="createChange"><code>POST /v1/changes</code></h3>');
    expect(page).not.toMatch(/<(script|img|link|iframe)|\bsrc=|href="(?!#|\/v1\/openapi\.json")/);
    expect(page).not.toContain("undefined");
  } finally {
    await server.close();
  }
});
