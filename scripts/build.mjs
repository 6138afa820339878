// Builds dist/: the compiled program, the workflow bundle that workers load, and the JSON Schema of policy files. Runs
// after `npm ci` too (npm's `prepare`).
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

let compiler;
try {
  compiler = require.resolve("typescript/bin/tsc");
} catch {
  if (!existsSync(`${root}dist/src/bin/headgate.js`)) throw new Error("TypeScript is not installed: npm ci");
  process.exit(0); // an installation without development packages keeps the dist it has
}

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
chmodSync(`${root}dist/src/bin/headgate.js`, 0o755);

const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
const { code } = await bundleWorkflowCode({
  workflowsPath: `${root}dist/workflows/index.js`,
  logger: new DefaultLogger("WARN"),
});
mkdirSync(`${root}dist`, { recursive: true });
writeFileSync(`${root}dist/workflow-bundle.js`, code);

const { policyJsonSchema } = await import("../dist/src/policy-file/schema.js");
writeFileSync(`${root}dist/policy.schema.json`, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
