// What the program loads before it has anything to do: V8's own list of the scripts it ran.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";

/** The built program itself lies under `node_modules/.cache`. */
const PACKAGES = /\/node_modules\/(?!\.cache\/)((?:@[^/]+\/)?[^/]+)\//;

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** Files of ours, and packages, that a command line loaded. */
function listLoaded(args: readonly string[]): {
  readonly ours: readonly string[];
  readonly packages: readonly string[];
} {
  const folder = mkdtempSync(join(tmpdir(), "headgate-loaded-"));
  try {
    const { PATH, HOME } = readEnvironment();
    spawnSync(process.execPath, [inject("programPath"), ...args], {
      cwd: folder,
      env: { PATH, HOME, NODE_V8_COVERAGE: folder },
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
])("loads of all packages the command line's own for %j", (args) => {
  const { ours, packages } = listLoaded(args);
  expect(ours.some((url) => url.endsWith("/src/cli/program.js"))).toBe(true);
  expect(packages).toEqual(["commander"]);
});

it("would tell if it loaded more", () => {
  expect(listLoaded(["config", "view"]).packages).toEqual(
    expect.arrayContaining(["commander", "zod", "@temporalio/envconfig"]),
  );
});
