// The wiring of `headgate dev`: which parts stand outside, what the rest is started with, and the use cases on top of
// it. What the environment names is used and never started; everything else is embedded. The worker of the stack is
// this program again, so that it runs the same version.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { RunningStack, StackRequest, Terminal } from "../cli/terminal/context.js";
import { toSettingVariables } from "../config/settings.js";
import { LOCAL_ATLAS } from "../config/config.js";
import { readEnvironment } from "../config/environment.js";
import { startStack } from "../dev/stack.js";
import { refuseFreshWithExternal } from "../dev/stack-options.js";
import type { StackOptions } from "../dev/stack-options.js";
import { openApp } from "./app.js";
import { findPackageRoot } from "./package.js";
import { readConfig } from "./wiring.js";

/** Made for watching: the simulator answers at once, so nothing has to be waited for as long as for Atlas. */
const SIMULATOR_SETTINGS = {
  intervalMs: 5_000,
  settleMs: 1_000,
  pollMs: 1_000,
  startHorizonMs: 3_000,
  stopHorizonMs: 4_000,
  postTimeoutMs: 2_500,
} as const;
const TEMPORAL_VARIABLES = ["TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE"];

/** Throws what `startStack` throws, and `config.invalid`. */
export async function runStack(terminal: Terminal, request: StackRequest): Promise<RunningStack> {
  const ending = new AbortController();
  // Before anything is started: a Ctrl-C during the start has to end what is there by then.
  const interrupted = untilInterrupted(ending);
  const options = toOptions(terminal, { request, signal: ending.signal });
  refuseFreshWithExternal(options);
  const name = join("samples", "fleet.yaml");
  // Nor may anything fail behind the start: nobody would end what runs by then.
  const sample = { name, text: readFileSync(join(findPackageRoot(), name), "utf8") };
  const stack = await startStack(options);
  // What the user set wins over what the stack says of itself.
  const env = { ...stack.variables, ...options.env };
  const opened = openApp(readConfig(env), env, { note: terminal.note });
  return {
    app: opened.app,
    isSimulated: stack.isSimulated,
    temporalUi: stack.temporalUi,
    sample,
    failed: stack.failed,
    interrupted,
    stop: async () => {
      // The newest first: the use cases stand on the stack.
      await opened.close();
      await stack.stop();
    },
  };
}

function toOptions(
  terminal: Terminal,
  { request, signal }: { readonly request: StackRequest; readonly signal: AbortSignal },
): StackOptions {
  const env = readEnvironment();
  const { databaseUrl, atlas } = readConfig(env);
  const isReal = atlas.credentials !== undefined || atlas.byProject.size > 0;
  return {
    folder: process.cwd(),
    env,
    home: homedir(),
    external: {
      ...(databaseUrl === undefined ? {} : { databaseUrl: databaseUrl.reveal() }),
      temporal: TEMPORAL_VARIABLES.some((name) => (env[name] ?? "") !== ""),
      atlas: isReal,
    },
    // A simulator goes by one name, so that data of it are never taken for those of an Atlas.
    atlasName: isReal ? atlas.name : LOCAL_ATLAS,
    fresh: request.fresh,
    ports: request.ports,
    faults: request.simScript,
    simulatorVariables: toSettingVariables(SIMULATOR_SETTINGS),
    // With the options of Node that we were started with, such as a loader of TypeScript.
    program: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
    migrationsFolder: join(findPackageRoot(), "migrations"),
    note: terminal.note,
    signal,
  };
}

/** The first Ctrl-C asks the stack to end; ending takes a few seconds, in which further ones change nothing. */
function untilInterrupted(ending: AbortController): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        ending.abort(new Error("interrupted"));
        resolve();
      });
    }
  });
}
