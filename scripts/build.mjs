// Builds dist/: the compiled program, the workflow bundle that workers load, and the JSON Schema of policy files. Runs
// after `npm ci` too (npm's `prepare`). `--out FOLDER` makes a package of its own there, without a look at the types:
// what the suites start processes from.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const { out } = parseArgs({ options: { out: { type: "string" } } }).values;
const folder = resolve(out ?? root);
const dist = join(folder, "dist");
const program = join(dist, "src", "bin", "headgate.js");

let compiler;
try {
  compiler = require.resolve("typescript/bin/tsc");
} catch {
  if (!existsSync(program)) throw new Error("TypeScript is not installed: npm ci");
  process.exit(0); // an installation without development packages keeps the dist it has
}

rmSync(dist, { recursive: true, force: true });
if (out !== undefined) {
  for (const name of ["package.json", "migrations"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
}
const unchecked = out === undefined ? [] : ["--noCheck"];
execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", dist, ...unchecked], {
  cwd: root,
  stdio: "inherit",
});
chmodSync(program, 0o755);

const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
const { code } = await bundleWorkflowCode({
  workflowsPath: join(dist, "workflows", "index.js"),
  logger: new DefaultLogger("WARN"),
});
mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "workflow-bundle.js"), code);

const schema = pathToFileURL(join(dist, "src", "policy-file", "schema.js")).href;
// In a process of its own: an import of a path made up here would have no types.
const printSchema = `import { policyJsonSchema } from ${JSON.stringify(schema)};
process.stdout.write(JSON.stringify(policyJsonSchema(), null, 2) + "\\n");`;
writeFileSync(
  join(dist, "policy.schema.json"),
  execFileSync(process.execPath, ["--input-type=module", "--eval", printSchema]),
);
