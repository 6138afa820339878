// `.headgate/`: where a stack keeps its data, says where it listens, and remembers its processes. The data of its parts
// belong together: one missing part means that the others remember things that never happened for it.
// Two stacks in one folder would ruin both, so a lock names the process that holds it. Files are written aside and
// renamed into place: a reader sees the old text or the new one.
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../base/errors.js";
import { dropPostgres, hasPostgresData } from "./postgres.js";
import { endProcess, isAlive, recordProcess } from "./process-record.js";
import type { ProcessRecord } from "./process-record.js";

const STACK_FOLDER = ".headgate";

export type Part = "postgres" | "temporal" | "simulator";

/** What the other verbs read: variables that stand wherever the environment does not set them. */
export type StackVariables = Readonly<Record<string, string>>;

export interface StackPaths {
  readonly root: string;
  readonly postgres: string;
  readonly temporalFile: string;
  readonly temporalLog: string;
  readonly temporalProfile: string;
  readonly worldFile: string;
  readonly requestLog: string;
  readonly workerLog: string;
  readonly serverLog: string;
}

export function toStackPaths(folder: string): StackPaths {
  const root = join(folder, STACK_FOLDER);
  return {
    root,
    postgres: join(root, "postgres"),
    temporalFile: join(root, "temporal", "temporal.db"),
    temporalProfile: join(root, "temporal", "profile.toml"),
    temporalLog: join(root, "temporal", "temporal.log"),
    worldFile: join(root, "simulator", "world.json"),
    requestLog: join(root, "simulator", "requests.log"),
    workerLog: join(root, "worker.log"),
    serverLog: join(root, "server.log"),
  };
}

/** What says where the stack of a folder is, from that folder. */
export const STACK_FILE = join(STACK_FOLDER, "stack.json");
const toStackFile = (folder: string): string => join(folder, STACK_FILE);
const toLockFile = (root: string): string => join(root, "lock.json");
const toChildrenFile = (root: string): string => join(root, "children.json");

/** Empty where no stack of this folder says where it is. */
export function readStackVariables(folder: string): StackVariables {
  return (readJson(toStackFile(folder)) as StackVariables | undefined) ?? {};
}

export function writeStackVariables(folder: string, variables: StackVariables): void {
  writeJson(toStackFile(folder), variables);
}

export function forgetStackVariables(folder: string): void {
  rmSync(toStackFile(folder), { force: true });
}

/** Takes the folder for this process. Throws `stack.failed` where a stack runs in it. */
export function lockFolder(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const me = recordProcess("headgate dev", process.pid);
  if (me === undefined) throw new AppError("stack.failed", "this process cannot be found by its pid");
  // Linked into place, so that nobody ever reads half a lock.
  const mine = join(root, `lock.${String(process.pid)}`);
  writeFileSync(mine, JSON.stringify(me), { mode: 0o600 });
  try {
    // Only one of many can link. The loser either finds a living holder, or drops a dead one's lock and tries again.
    while (!linkNew(mine, toLockFile(root))) {
      refuseLiving(root);
      rmSync(toLockFile(root), { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function refuseLiving(root: string): void {
  const holder = readJson(toLockFile(root)) as ProcessRecord | undefined;
  if (holder === undefined || !isAlive(holder)) return;
  throw new AppError(
    "stack.failed",
    `a stack runs in this folder already (process ${String(holder.pid)}): use it from here, or end it with Ctrl-C there`,
  );
}

export function unlockFolder(root: string): void {
  rmSync(toLockFile(root), { force: true });
}

export function rememberChildren(root: string, children: readonly ProcessRecord[]): void {
  writeJson(toChildrenFile(root), children);
}

/** As long as a shutdown of Postgres is given; then it is killed. */
const STALE_PATIENCE_MS = 20_000;

/**
 * Ends what a killed supervisor left running; their names. SIGINT: Postgres's fast shutdown, and the others obey it
 * too.
 */
export async function endStaleChildren(root: string): Promise<readonly string[]> {
  const stale = ((readJson(toChildrenFile(root)) as readonly ProcessRecord[] | undefined) ?? []).filter(
    isAlive,
  );
  await Promise.all(stale.map((one) => endProcess(one, { signal: "SIGINT", patienceMs: STALE_PATIENCE_MS })));
  rememberChildren(root, []);
  return stale.map(({ name }) => name);
}

export function dropData(paths: StackPaths): void {
  dropPostgres(paths.postgres);
  rmSync(join(paths.root, "temporal"), { recursive: true, force: true });
  rmSync(join(paths.root, "simulator"), { recursive: true, force: true });
  rmSync(paths.workerLog, { force: true });
  rmSync(paths.serverLog, { force: true });
  // What is left has to be built anew as a whole.
  rmSync(join(paths.root, "whole.json"), { force: true });
}

/** Said once every part is up: from then on the parts' data belong together. */
export function markWhole(root: string): void {
  writeJson(join(root, "whole.json"), true);
}

/**
 * Throws `stack.failed` where some parts have data and others, wanted now, have lost theirs. What a first start left
 * that never came up is dropped.
 */
export function checkData(paths: StackPaths, wanted: readonly Part[]): void {
  if (!existsSync(join(paths.root, "whole.json"))) {
    dropData(paths);
    return;
  }
  const has: Readonly<Record<Part, boolean>> = {
    postgres: hasPostgresData(paths.postgres),
    temporal: existsSync(paths.temporalFile),
    simulator: existsSync(paths.worldFile),
  };
  const found = wanted.filter((part) => has[part]);
  const missing = wanted.filter((part) => !has[part]);
  if (found.length === 0 || missing.length === 0) return;
  throw new AppError(
    "stack.failed",
    `${STACK_FOLDER} holds data of ${found.join(" and ")}, but those of ${missing.join(" and ")} are missing: they belong ` +
      "together. Put them back, or start over with --fresh, which drops them all.",
  );
}

/** Undefined for a file that is not there or is no JSON: both mean that nobody has said anything. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
