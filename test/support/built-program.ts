// The program that tests start as processes: built from the sources as they are, once for each state of them. Run from
// the sources, each process would compile what it loads, and each worker bundle its workflows: seconds of CPU a start.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The real folder, where packages may be a link: the bundler of workflows loses its way behind one. */
const CACHE = join(realpathSync(join(root, "node_modules")), ".cache", "headgate-tests");
/** What a build depends on. */
const FOLDERS = ["src", "workflows", "activities", "migrations"];
const FILES = ["package.json", "package-lock.json", "tsconfig.json", "scripts/build.mjs"];
/** Earlier states that are kept, because another run may still stand on them. */
const KEPT = 5;

export interface BuiltProgram {
  /** What `node` runs. */
  readonly programPath: string;
  /** The workflows, bundled for workers. */
  readonly bundlePath: string;
}

export function buildProgram(): BuiltProgram {
  const folder = join(CACHE, toStateOfSources());
  if (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true });
    forgetOldest();
    // Built aside and renamed: another run sees all of it or nothing.
    const aside = mkdtempSync(join(CACHE, "new-"));
    execFileSync(process.execPath, ["scripts/build.mjs", "--out", aside], { cwd: root, stdio: "pipe" });
    if (existsSync(folder)) rmSync(aside, { recursive: true });
    else renameSync(aside, folder);
  }
  return {
    programPath: join(folder, "dist", "src", "bin", "headgate.js"),
    bundlePath: join(folder, "dist", "workflow-bundle.js"),
  };
}

function toStateOfSources(): string {
  const hash = createHash("sha256");
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => join(folder, name)),
  );
  for (const path of [...inFolders.sort(), ...FILES]) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

function forgetOldest(): void {
  const byAge = readdirSync(CACHE)
    .map((name) => ({ name, at: statSync(join(CACHE, name)).mtimeMs }))
    .sort((one, other) => other.at - one.at);
  for (const { name } of byAge.slice(KEPT)) rmSync(join(CACHE, name), { recursive: true, force: true });
}
