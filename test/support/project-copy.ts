// A copy of the tracked files, as a stranger's clone has them, with the packages of this one beside it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ProjectCopy {
  readonly folder: string;
  remove(): void;
}

/** In a folder that nobody else can enter; packages are linked, and the copy is built. */
export function copyProject(): ProjectCopy {
  const folder = join(mkdtempSync(join(tmpdir(), "headgate-clone-")), "headgate");
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  for (const path of listed
    .toString("utf8")
    .split("\0")
    .filter((one) => one !== "")) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: folder, stdio: "pipe" });
  return {
    folder,
    remove: () => {
      rmSync(dirname(folder), { recursive: true, force: true });
    },
  };
}
