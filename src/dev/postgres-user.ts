// As whom Postgres runs. It refuses root, so root borrows a user: by a user namespace where the machine allows one
// (files stay root's), else by an unprivileged account of the machine, whose folders have to be ones it can enter.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../base/errors.js";
import { copyBinaries, findBinaries } from "./postgres-binaries.js";
import type { PostgresBinaries } from "./postgres-binaries.js";

export interface PostgresUser {
  readonly binaries: PostgresBinaries;
  /** What stands before every command. */
  readonly prefix: readonly string[];
  /** The account every command runs under; absent: ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Where its data go. */
  readonly folder: string;
}

const USER_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"] as const;

/** `folder` is where the stack keeps Postgres; another one is answered where the account cannot enter it. */
export function choosePostgresUser(folder: string): PostgresUser {
  mkdirSync(folder, { recursive: true });
  if (process.getuid?.() !== 0) return { binaries: findBinaries(), prefix: [], folder };
  // Tried, not looked up: containers and kernels forbid it in several ways.
  if (hasUserNamespaces()) return { binaries: findBinaries(), prefix: USER_NAMESPACE, folder };
  const user = findAccount();
  const place = canEnter(folder) ? folder : toPublicPlace(folder);
  mkdirSync(place, { recursive: true, mode: 0o711 });
  const chosen: PostgresUser = {
    binaries: copyBinaries(join(place, "binaries")),
    prefix: [],
    user,
    folder: place,
  };
  giveTo(place, user);
  return chosen;
}

function hasUserNamespaces(): boolean {
  try {
    const [command, ...args] = USER_NAMESPACE;
    execFileSync(command, [...args, "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** `postgres` where the machine has it, else `nobody`. */
function findAccount(): { readonly uid: number; readonly gid: number } {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new AppError(
    "stack.failed",
    "Postgres does not run as root, and this machine has neither user namespaces nor an account postgres or nobody: run as another user, or set DATABASE_URL",
  );
}

function canEnter(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    // By the bits for others: the account is neither owner nor in the group.
    if ((lstatSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

function toPublicPlace(folder: string): string {
  // The same for the same folder, so that the next start finds its data. Survives a reboot, unlike /tmp.
  return `/var/tmp/headgate-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
}

function giveTo(path: string, user: { readonly uid: number; readonly gid: number }): void {
  chownSync(path, user.uid, user.gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveTo(join(path, entry.name), user);
  }
}
