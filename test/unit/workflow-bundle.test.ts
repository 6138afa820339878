// What is in the workflow bundle: our decisions and Temporal's own code, small, and nothing that reads the world
// outside.
import { fileURLToPath } from "node:url";
import { DefaultLogger, bundleWorkflowCode } from "@temporalio/worker";
import { beforeAll, expect, it } from "vitest";

const MAX_BYTES = 2_000_000;

let modules: readonly BundledModule[];
let size: number;

interface BundledModule {
  /** As webpack names it: "./src/domain/decide/decision-table.ts", "./node_modules/...". */
  readonly name: string;
  readonly code: string;
}

/** Webpack opens every module with a comment that names it. */
function splitModules(code: string): readonly BundledModule[] {
  const heads = [...code.matchAll(/^ {2}!\*\*\* (\S+) \*\*\*!$/gm)];
  return heads.map((head, index) => ({
    name: head[1] ?? "",
    code: code.slice(head.index, heads[index + 1]?.index ?? code.length),
  }));
}

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL("../../workflows/index.ts", import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger("ERROR") });
  modules = splitModules(code);
  size = code.length;
}, 60_000);

const ours = (): readonly BundledModule[] => modules.filter(({ name }) => !name.includes("node_modules/"));

it("holds our workflows and our decisions, and is small", () => {
  const names = ours().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["./workflows/index.ts", "./src/domain/change/steps.ts"]));
  expect(size).toBeLessThan(MAX_BYTES);
});

it("holds nothing of ours that touches the world", () => {
  const strays = ours().filter(({ name }) => /^\.\/(activities|src\/(?!domain\/))/.test(name));
  expect(strays.map(({ name }) => name)).toEqual([]);
});

it.each(["zod", "pg", "undici", "pino", "croner", "yaml"])("does not hold %s", (dependency) => {
  const found = modules.filter(({ name }) => name.includes(`node_modules/${dependency}/`));
  expect(found.map(({ name }) => name)).toEqual([]);
});

it.each(["process.env", "Date.now", "require(", "setInterval"])("does not use %s in our code", (word) => {
  const found = ours().filter(({ code }) => withoutLoader(code).includes(word));
  expect(found.map(({ name }) => name)).toEqual([]);
});

/** Webpack's own `__webpack_require__(` is no call of ours. */
function withoutLoader(code: string): string {
  return code.replaceAll("__webpack_require__", "");
}
