// What the program loads before it has anything to do, and verbs that only read Postgres: V8's own list of the scripts
// it ran. What is bundled into the program is no package any more.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";
import { aPolicy, aRef, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();

/** The built program itself lies under `node_modules/.cache`. */
const PACKAGES = /\/node_modules\/(?!\.cache\/)((?:@[^/]+\/)?[^/]+)\//;

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** Files of ours, and packages, that a command line loaded. */
function listLoaded(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): {
  readonly ours: readonly string[];
  readonly packages: readonly string[];
} {
  const folder = mkdtempSync(join(tmpdir(), "headgate-loaded-"));
  try {
    const { PATH, HOME } = readEnvironment();
    spawnSync(process.execPath, [inject("programPath"), ...args], {
      cwd: folder,
      env: { PATH, HOME, NODE_V8_COVERAGE: folder, ...variables },
    });
    const urls = readdirSync(folder)
      .filter((name) => name.startsWith("coverage-"))
      .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Coverage)
      .flatMap(({ result }) => result.map(({ url }) => url));
    return {
      ours: urls.filter((url) => url.includes("/src/") && !PACKAGES.test(url)),
      packages: [...new Set(urls.flatMap((url) => PACKAGES.exec(url)?.[1] ?? []))],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it.each([
  [["--version"]],
  [["--help"]],
  [["get", "--help"]],
  [["get", "processors", "--help"]],
  [["completion", "bash"]],
  [["version"]],
  [["__complete", "--", "get", ""]],
  [["get", "processors", "--sort", "nonsense"]],
])("loads no package, and of the program what the command line needs, for %j", (args) => {
  const { ours, packages } = listLoaded(args);
  expect(ours.some((url) => url.endsWith("/src/bin/headgate.js"))).toBe(true);
  expect(packages).toEqual([]);
});

it.each([
  [["get", "processors"]],
  [["plan"]],
  [["explain", "32b6e34b3d91647abb20e7b8/orders/p"]],
  [["__complete", "--", "explain", "32b6"]],
])("loads neither Temporal nor an HTTP client nor zones for %j", async (args) => {
  await declare(database().store, aRef("p"), aPolicy());
  const { ours, packages } = listLoaded(args, { DATABASE_URL: database().databaseUrl });
  expect(packages.filter((name) => /temporal|undici|grpc|rxjs|moment|protobuf|migrate/.test(name))).toEqual(
    [],
  );
  expect(ours.length).toBeLessThan(80);
});

it("would tell if it loaded more", () => {
  expect(listLoaded(["config", "view"]).packages).toEqual(expect.arrayContaining(["@temporalio/envconfig"]));
});
