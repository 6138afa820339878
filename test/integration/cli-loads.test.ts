// Verbs that only read Postgres load no SDK: the packages that each asks for by name, outside of what is bundled.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { spawnSync } from "node:child_process";
import { expect, inject, it, onTestFinished } from "vitest";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();

/** Writes down every package that is imported by its name; runs beside the program, in Node's thread for such hooks. */
const HOOK = `
import { appendFileSync } from "node:fs";
export async function resolve(specifier, context, next) {
  if (/^[@a-z]/.test(specifier) && !/^(node|file|data):/.test(specifier)) appendFileSync(process.env.LOADED, specifier + "\\n");
  return next(specifier, context);
}`;
const toUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const REGISTER = `import { register } from "node:module"; register(${JSON.stringify(toUrl(HOOK))});`;

function findLoaded(args: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "headgate-loads-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const loaded = join(folder, "loaded");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", toUrl(REGISTER), inject("programPath"), ...args],
    { env: { DATABASE_URL: database().databaseUrl, LOADED: loaded }, encoding: "utf8", cwd: folder },
  );
  expect(status, stderr).toBe(0);
  return [...new Set(readFileSync(loaded, "utf8").trim().split("\n"))];
}

it.each([
  { verb: "get processors", args: ["get", "processors"] },
  { verb: "plan", args: ["plan"] },
  { verb: "explain", args: ["explain", "32b6e34b3d91647abb20e7b8/orders/p"] },
])("$verb loads a logger, and neither Temporal nor an HTTP client", async ({ args }) => {
  await declare(database().store, aRef("p"), aPolicy());
  expect(findLoaded(args)).toEqual(["pino"]);
});
