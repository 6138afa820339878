// Finding or getting the `temporal` program, which is Temporal's server for one machine: on PATH, in the user's cache,
// by the SDK's own download, by `go install`. Every way is bounded in time, and where all fail each says why. The cheap
// ways come first, and nothing is fetched if a program is there. What was got is kept in the cache, so that the next
// stack starts without a network.
import { execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { within } from "../base/deadline.js";
import { AppError } from "../base/errors.js";

/** The newest that `go install` can build: later ones have a `replace` in go.mod. */
const VERSION = "1.5.1";
const MODULE = `github.com/temporalio/cli/cmd/temporal@v${VERSION}`;
/** Each bounds the whole of its way; a build takes minutes on a small machine. */
const DOWNLOAD_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 15 * 60_000;
const PROGRESS_MS = 10_000;

export interface TemporalProgram {
  readonly path: string;
  /** How it was come by, for people. */
  readonly how: string;
}

export interface ProgramSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly note: (text: string) => void;
  /** Ends a download or a build. */
  readonly signal?: AbortSignal;
}

interface Way {
  readonly name: string;
  /** Throws with the reason where it does not work. */
  readonly find: (search: ProgramSearch) => Promise<TemporalProgram>;
}

const WAYS: readonly Way[] = [
  { name: "a `temporal` program on PATH", find: onPath },
  { name: "the user's cache folder", find: inCache },
  { name: "the download of Temporal's SDK", find: byDownload },
  { name: "`go install`", find: byGo },
];

/** Throws `stack.failed` naming every way that was tried and why it did not work. */
export async function findTemporalProgram(search: ProgramSearch): Promise<TemporalProgram> {
  const reasons: string[] = ["  - TEMPORAL_ADDRESS: not set"];
  for (const { name, find } of WAYS) {
    try {
      return await find(search);
    } catch (error) {
      // A way that was broken off is no reason to try the next.
      search.signal?.throwIfAborted();
      reasons.push(`  - ${name}: ${error instanceof Error ? error.message.trim() : String(error)}`);
    }
  }
  throw new AppError(
    "stack.failed",
    `there is no Temporal server for the embedded stack. Tried:\n${reasons.join("\n")}\n` +
      `What to do: install the Temporal CLI (${VERSION} or later) so that \`temporal\` is on PATH, or install Go and run ` +
      "`headgate temporal install`, or set TEMPORAL_ADDRESS to a server of your own.",
  );
}

async function onPath({ env }: ProgramSearch): Promise<TemporalProgram> {
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter((one) => one !== "")) {
    const path = join(folder, "temporal");
    if (isExecutable(path) && (await isTemporal(path))) return { path, how: `found on PATH: ${path}` };
  }
  throw new Error("none that can start a development server");
}

async function inCache(search: ProgramSearch): Promise<TemporalProgram> {
  const path = toCached(search);
  if (isExecutable(path) && (await isTemporal(path))) return { path, how: `found in the cache: ${path}` };
  throw new Error(`nothing usable at ${path}`);
}

/** The SDK can only download by starting a server: it is ended at once. */
async function byDownload(search: ProgramSearch): Promise<TemporalProgram> {
  const folder = makeWorkFolder(search);
  try {
    search.note(`Downloading Temporal ${VERSION} ...`);
    const download = withProgress(search, "downloading", async () => {
      const { TestWorkflowEnvironment } = await import("@temporalio/testing");
      const executable = { type: "cached-download", version: `v${VERSION}`, downloadDir: folder } as const;
      await (await TestWorkflowEnvironment.createLocal({ server: { executable } })).teardown();
    });
    const words = `no result within ${String(DOWNLOAD_TIMEOUT_MS / 1_000)} s`;
    await within(DOWNLOAD_TIMEOUT_MS, download, words);
    const [name] = readdirSync(folder);
    if (name === undefined) throw new Error("the download left nothing");
    return keep(search, { path: join(folder, name), how: "downloaded" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function byGo(search: ProgramSearch): Promise<TemporalProgram> {
  await promisify(execFile)("go", ["version"], { env: search.env }).catch(() => {
    throw new Error("there is no Go toolchain on PATH");
  });
  const folder = makeWorkFolder(search);
  try {
    search.note(`Building Temporal ${VERSION} with Go: this takes about three minutes, once.`);
    await withProgress(search, "building", () => goInstall(search, folder));
    return keep(search, { path: join(folder, "bin", "temporal"), how: "built with Go" });
  } finally {
    // Go makes its module cache read-only; it is ours to remove all the same.
    await promisify(execFile)("chmod", ["-R", "u+w", folder]).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function goInstall({ env, signal }: ProgramSearch, folder: string): Promise<void> {
  // All of its folders are ours, so that a failed build leaves nothing in the user's caches.
  const child = spawn("go", ["install", "-trimpath", "-ldflags", "-s -w", MODULE], {
    env: {
      ...env,
      CGO_ENABLED: "0",
      GOFLAGS: "",
      GOBIN: join(folder, "bin"),
      GOMODCACHE: join(folder, "modules"),
      GOCACHE: join(folder, "build"),
    },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: BUILD_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    // The end of what it says holds the reason.
    told = (told + text).slice(-2_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code !== 0) throw new Error(`it ended with ${String(code ?? "a time-out")}: ${told.trim()}`);
}

/** Into the cache under its version, whole or not at all: a rename, so that two who build at once both end with one. */
function keep(search: ProgramSearch, made: TemporalProgram): TemporalProgram {
  const path = toCached(search);
  mkdirSync(join(path, ".."), { recursive: true });
  renameSync(made.path, path);
  return { path, how: `${made.how}: ${path}` };
}

function toCacheFolder({ env, home }: ProgramSearch): string {
  return join(env["XDG_CACHE_HOME"] ?? join(home, ".cache"), "headgate");
}

function toCached(search: ProgramSearch): string {
  return join(toCacheFolder(search), `temporal-cli-${VERSION}`, "temporal");
}

/** Inside the cache, so that the result can be renamed into place. */
function makeWorkFolder(search: ProgramSearch): string {
  const folder = toCacheFolder(search);
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, "work-"));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asks it for the option that a stack needs: another program of this name, or an old one, has none. */
async function isTemporal(path: string): Promise<boolean> {
  return promisify(execFile)(path, ["server", "start-dev", "--help"], { timeout: 20_000 }).then(
    ({ stdout }) => stdout.includes("--db-filename"),
    () => false,
  );
}

async function withProgress(search: ProgramSearch, verb: string, work: () => Promise<void>): Promise<void> {
  const beganAt = performance.now();
  const timer = setInterval(() => {
    search.note(`  ${verb}, ${String(Math.round((performance.now() - beganAt) / 1_000))} s`);
  }, PROGRESS_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}
