// The command line wired to the parts its verbs drive. A verb loads only the parts it needs, so that `--help` and a
// completion do not wait for the SDKs of Temporal and Postgres. So every part is imported where it is used, and the top
// of this file imports only what is small. Nothing here decides: what a verb does is in src/cli, what it means in
// src/app.
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../cli/program.js";
import type { CliContext, Programs, SimOptions } from "../cli/terminal/context.js";
import type { Config } from "../config/config.js";
import type { Environment } from "../config/environment.js";
import type { OpenApp } from "./app.js";
import { findPackageRoot, readManifest, readVersion } from "./package.js";

/** What a command line finds around it, beside the folder it runs in. */
export interface Surroundings extends Pick<CliContext, "terminal" | "interruption"> {
  readonly env: Environment;
}

/** Of connections, when the verb is done. */
const CLOSE_PATIENCE_MS = 3_000;

/** Runs one command line and closes what it opened; the exit code. Never throws. */
export async function runCommandLine(surroundings: Surroundings, args: readonly string[]): Promise<number> {
  const { terminal, interruption } = surroundings;
  let opened: OpenApp | undefined;
  const context: CliContext = {
    terminal,
    interruption,
    readFile: (path) => readFile(path),
    // `wx`: a file that is there is never overwritten by accident.
    writeFile: (path, text, overwrites) => writeFile(path, text, { flag: overwrites ? "w" : "wx" }),
    programs: createPrograms(surroundings),
    version: readVersion(),
    parts: () => ({
      node: process.versions.node,
      temporal: readManifest().dependencies["@temporalio/worker"] ?? "",
      platform: `${process.platform}-${process.arch}`,
    }),
    app: async () => {
      const { openApp } = await import("./app.js");
      const { config, variables } = await readAll(surroundings);
      // One for the command line: a verb may ask for it several times.
      opened ??= openApp(config, variables, { note: terminal.note });
      return opened.app;
    },
    schemaPath: join(findPackageRoot(), "dist", "policy.schema.json"),
  };
  const code = await runProgram(context, args);
  // What hangs on a connection that was never made must not hold the program.
  await Promise.race([
    opened?.close(),
    new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS).unref()),
  ]);
  return code;
}

/** The environment, over what the stack of this folder says where the environment says nothing. */
async function readVariables({ env }: Surroundings): Promise<Environment> {
  const { readStackVariables } = await import("../dev/stack-folder.js");
  // The environment wins. An empty variable unsets what the stack says.
  return { ...readStackVariables(process.cwd()), ...env };
}

async function readAll(
  surroundings: Surroundings,
): Promise<{ readonly config: Config; readonly variables: Environment }> {
  const { readConfig } = await import("./wiring.js");
  const variables = await readVariables(surroundings);
  return { config: readConfig(variables), variables };
}

function createPrograms(surroundings: Surroundings): Programs {
  const { terminal, env } = surroundings;
  return {
    startStack: async (request) => {
      const { runStack } = await import("./stack.js");
      return runStack(terminal, request);
    },
    worker: async () => {
      const { runWorker } = await import("./worker.js");
      const { config, variables } = await readAll(surroundings);
      return runWorker(config, variables);
    },
    serve: async (options) => {
      const { runServer } = await import("./server.js");
      const { config, variables } = await readAll(surroundings);
      const signal = surroundings.interruption();
      const onListening = (url: string): void => void process.stdout.write(`${JSON.stringify({ url })}\n`);
      await runServer({ config, env: variables, options, onListening, signal });
      return 0;
    },
    sim: (options) => runSim(surroundings, options),
    listSimSettings: async () => {
      const { listSettings } = await import("../sim/settings/settings.js");
      return listSettings().map(({ name, value, allowed, meaning, source }) => ({
        name,
        default: value,
        allowed,
        meaning,
        source,
      }));
    },
    migrate: async () => {
      const { migrate } = await import("../store/postgres/migrate.js");
      const { requireDatabaseUrl } = await import("./wiring.js");
      const databaseUrl = requireDatabaseUrl((await readAll(surroundings)).config);
      return migrate({ databaseUrl, folder: join(findPackageRoot(), "migrations") });
    },
    completeNames: (typed) => completeNames(surroundings, typed),
    viewConfig: async () => {
      const { readConfigView } = await import("./config-view.js");
      return readConfigView(env);
    },
    doctor: async () => {
      const { runDoctor } = await import("./doctor.js");
      return runDoctor(await readVariables(surroundings));
    },
    testChannels: async (named) => {
      const { testChannels } = await import("../app/notices/test-notice.js");
      const { openChannels } = await import("../notify/channels.js");
      const { notify, actor } = (await readAll(surroundings)).config;
      return testChannels(openChannels(notify), { named, actor });
    },
    installTemporal: async () => {
      const { findTemporalProgram } = await import("../dev/temporal-program.js");
      return findTemporalProgram({ env, home: homedir(), note: terminal.note });
    },
  };
}

async function runSim({ env, interruption }: Surroundings, options: SimOptions): Promise<number> {
  const { runSimulator } = await import("../sim/program/run.js");
  const { readSimCredentials } = await import("../config/config.js");
  const { createLogger } = await import("../base/logger.js");
  const { readTextFile } = await import("./wiring.js");
  await runSimulator(
    // The environment alone: the stack's variables hold credentials of the stack's own simulator.
    { ...options, credentials: readSimCredentials({ env, readFile: readTextFile }) },
    {
      write: (text) => void process.stdout.write(text),
      signal: interruption(),
      logger: createLogger("warn"),
    },
  );
  return 0;
}

/** Somebody has pressed Tab and waits. */
const COMPLETION_PATIENCE = { connectTimeoutMs: 1_000, statementTimeoutMs: 1_000 } as const;
/** A shell shows no more than a screen of them. */
const COMPLETIONS_MAX = 200;

async function completeNames(
  surroundings: Surroundings,
  typed: readonly string[],
): Promise<readonly string[]> {
  const { openStore } = await import("../store/postgres/pool.js");
  const { listNamesLike } = await import("../store/people/known-names.js");
  const { requireDatabaseUrl } = await import("./wiring.js");
  const databaseUrl = requireDatabaseUrl((await readAll(surroundings)).config);
  // Straight to Postgres: an application would load Temporal too.
  const store = openStore({ databaseUrl, max: 1, ...COMPLETION_PATIENCE });
  try {
    return (await listNamesLike(store, typed, COMPLETIONS_MAX)).map((name) => name.join("/"));
  } finally {
    await store.close();
  }
}
