// The package this program belongs to: where its files are and which version it is. Loads nothing but Node.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json, from the sources and from dist alike. */
export function findPackageRoot(): string {
  // By its name: a package.json in between, such as one in dist, is passed by.
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: string };
      if (name === "headgate") return folder;
    } catch {
      if (folder === dirname(folder)) throw new Error("no package.json above this file");
    }
  }
}

/** The parts of package.json that are read. */
interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(findPackageRoot(), "package.json"), "utf8")) as Manifest;
}

export function readVersion(): string {
  return readManifest().version;
}
