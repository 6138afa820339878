// The builds of Headgate that are compared: this tree's and an old one's, each as `npm run build` makes it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whenEnded } from "./clean-up.js";
import { HEADGATE, OLD } from "./names.js";

export interface Build {
  readonly name: string;
  /** The repository's folder at that commit. */
  readonly root: string;
}

const ROOT = join(import.meta.dirname, "..");

const run = (command: string, args: readonly string[], cwd = ROOT): void => {
  execFileSync(command, [...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
};

/** Built anew, with the scripts that it is compared with. */
export function buildThisTree(): Build {
  run("npm", ["run", "build", "--silent"]);
  run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "bench/tsconfig.json"]);
  return { name: HEADGATE, root: ROOT };
}

export interface OldBuild extends Build {
  readonly remove: () => Promise<void>;
}

/** Undefined if there is no such commit here: in a copy without its history. */
export async function buildOldTree(): Promise<OldBuild | undefined> {
  try {
    execFileSync("git", ["cat-file", "-e", `${OLD}^{commit}`], { cwd: ROOT, stdio: "ignore" });
  } catch {
    return undefined;
  }
  const root = join(mkdtempSync(join(tmpdir(), "headgate-bench-old-")), OLD);
  const remove = whenEnded(() => {
    rmSync(join(root, ".."), { recursive: true, force: true });
    // Forgets it, also if somebody else has done so already.
    run("git", ["worktree", "prune"]);
  });
  run("git", ["worktree", "add", "--quiet", "--detach", root, OLD]);
  try {
    // Builds it too.
    run("npm", ["ci", "--no-audit", "--no-fund", "--silent"], root);
  } catch (error) {
    await remove();
    throw error;
  }
  return { name: OLD, root, remove };
}
