// The builds of Headgate that are compared: this tree's and an old one's, each as `npm run build` makes it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Build {
  readonly name: string;
  /** The repository's folder at that commit. */
  readonly root: string;
}

const ROOT = join(import.meta.dirname, "..");
/** Before anything was done about speed. */
const OLD_COMMIT = "8a86a5c";

const run = (command: string, args: readonly string[], cwd = ROOT): void => {
  execFileSync(command, [...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
};

/** Built anew, with the scripts that it is compared with. */
export function buildThisTree(): Build {
  run("npm", ["run", "build", "--silent"]);
  run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "bench/tsconfig.json"]);
  return { name: "Headgate", root: ROOT };
}

export interface OldBuild extends Build {
  readonly remove: () => void;
}

/** Undefined if there is no such commit here: in a copy without its history. */
export function buildOldTree(): OldBuild | undefined {
  try {
    execFileSync("git", ["cat-file", "-e", `${OLD_COMMIT}^{commit}`], { cwd: ROOT, stdio: "ignore" });
  } catch {
    return undefined;
  }
  const root = join(mkdtempSync(join(tmpdir(), "headgate-bench-old-")), OLD_COMMIT);
  const remove = (): void => {
    run("git", ["worktree", "remove", "--force", root]);
    rmSync(join(root, ".."), { recursive: true, force: true });
  };
  run("git", ["worktree", "add", "--quiet", "--detach", root, OLD_COMMIT]);
  try {
    // Builds it too.
    run("npm", ["ci", "--no-audit", "--no-fund", "--silent"], root);
  } catch (error) {
    remove();
    throw error;
  }
  return { name: OLD_COMMIT, root, remove };
}
