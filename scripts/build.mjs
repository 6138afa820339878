// Builds dist/: the program, the workflow bundle that workers load, and the JSON Schema of policy files. Runs after
// `npm ci` too (npm's `prepare`). `--out FOLDER` makes a package of its own there: what the suites start processes
// from. Types are not looked at here: `npm run check` does.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));
const { out } = parseArgs({ options: { out: { type: "string" } } }).values;
const folder = resolve(out ?? root);
const dist = join(folder, "dist");
const program = join(dist, "src", "bin", "headgate.js");

let esbuild;
try {
  esbuild = await import("esbuild");
} catch {
  if (!existsSync(program)) throw new Error("esbuild is not installed: npm ci");
  process.exit(0); // an installation without development packages keeps the dist it has
}

rmSync(dist, { recursive: true, force: true });
if (out !== undefined) {
  for (const name of ["package.json", "migrations"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
}

// Packages of many small files, which every verb reads: in the program they cost a tenth of the time. Nobody else may
// hand us objects of theirs, because a class of the bundled copy is not that of the installed one.
const BUNDLED = ["commander", "croner", "p-limit", "pg", "yaml", "zod"];
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["src/bin/headgate.ts", "src/policy-file/schema.ts"],
  outbase: root,
  outdir: dist,
  // A verb loads what it imports: what several have in common stands in files of its own.
  splitting: true,
  chunkNames: "src/parts/[name]-[hash]",
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  external: [...Object.keys(manifest.dependencies).filter((name) => !BUNDLED.includes(name)), "pg-native"],
  // What is bundled of CommonJS asks for Node's own modules.
  banner: {
    js: 'import { createRequire as toRequire } from "node:module"; const require = toRequire(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(program, 0o755);

const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
const { resolve: find } = createRequire(import.meta.url);
mkdirSync(dist, { recursive: true });
// Two, so that a worker without traces runs nothing of OpenTelemetry.
for (const [name, workflowInterceptorModules] of [
  ["workflow-bundle.js", []],
  ["workflow-bundle-traced.js", [find("@temporalio/interceptors-opentelemetry/lib/workflow-interceptors")]],
]) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, "workflows", "index.ts"),
    workflowInterceptorModules,
    logger: new DefaultLogger("WARN"),
  });
  writeFileSync(join(dist, name), code);
}

const schema = pathToFileURL(join(dist, "src", "policy-file", "schema.js")).href;
// In a process of its own: an import of a path made up here would have no types.
const printSchema = `import { policyJsonSchema } from ${JSON.stringify(schema)};
process.stdout.write(JSON.stringify(policyJsonSchema(), null, 2) + "\\n");`;
writeFileSync(
  join(dist, "policy.schema.json"),
  execFileSync(process.execPath, ["--input-type=module", "--eval", printSchema]),
);
