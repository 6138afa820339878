#!/usr/bin/env node
// The `headgate` program: wires the verbs to the parts they drive. A verb loads only the parts it needs, so that
// `--help` and a completion do not wait for the SDKs of Temporal and Postgres. So every part is imported where it is
// used, and the top of this file imports only what is small. Nothing here decides: what a verb does is in src/cli, what
// it means in src/app.
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CliContext, Programs } from "../cli/terminal/context.js";
import { runProgram } from "../cli/program.js";
import type { Config } from "../config/config.js";
import { readEnvironment, wantsNoColour } from "../config/environment.js";
import type { Environment } from "../config/environment.js";
import type { OpenApp } from "./app.js";
import { findPackageRoot, readManifest, readVersion } from "./package.js";
import { openTerminal } from "./terminal.js";

const terminal = openTerminal(process, wantsNoColour(readEnvironment()));
let opened: OpenApp | undefined;

/** The environment, over what the stack of this folder says where the environment says nothing. */
async function readVariables(): Promise<Environment> {
  const { readStackVariables } = await import("../dev/stack-folder.js");
  // The environment wins. An empty variable unsets what the stack says.
  return { ...readStackVariables(process.cwd()), ...readEnvironment() };
}

async function readSurroundings(): Promise<{ readonly config: Config; readonly env: Environment }> {
  const { readConfig } = await import("./wiring.js");
  const env = await readVariables();
  return { config: readConfig(env), env };
}

/** Somebody has pressed Tab and waits. */
const COMPLETION_PATIENCE = { connectTimeoutMs: 1_000, statementTimeoutMs: 1_000 } as const;
/** A shell shows no more than a screen of them. */
const COMPLETIONS_MAX = 200;

const programs: Programs = {
  startStack: async (request) => {
    const { runStack } = await import("./stack.js");
    return runStack(terminal, request);
  },
  worker: async () => {
    const { runWorker } = await import("./worker.js");
    const { config, env } = await readSurroundings();
    return runWorker(config, env);
  },
  sim: async (options) => {
    const { runSimulator } = await import("../sim/program/run.js");
    const { readSimCredentials } = await import("../config/config.js");
    const { createLogger } = await import("../base/logger.js");
    const { readTextFile } = await import("./wiring.js");
    await runSimulator(
      // The environment alone: the stack's variables hold credentials of the stack's own simulator.
      { ...options, credentials: readSimCredentials({ env: readEnvironment(), readFile: readTextFile }) },
      {
        write: (text) => void process.stdout.write(text),
        signal: untilEnded(),
        logger: createLogger("warn"),
      },
    );
    return 0;
  },
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
    const databaseUrl = requireDatabaseUrl((await readSurroundings()).config);
    return migrate({ databaseUrl, folder: join(findPackageRoot(), "migrations") });
  },
  completeNames: async (typed) => {
    const { openStore } = await import("../store/postgres/pool.js");
    const { listNamesLike } = await import("../store/people/known-names.js");
    const { requireDatabaseUrl } = await import("./wiring.js");
    const databaseUrl = requireDatabaseUrl((await readSurroundings()).config);
    // Straight to Postgres: an application would load Temporal too.
    const store = openStore({ databaseUrl, max: 1, ...COMPLETION_PATIENCE });
    try {
      return (await listNamesLike(store, typed, COMPLETIONS_MAX)).map((name) => name.join("/"));
    } finally {
      await store.close();
    }
  },
  viewConfig: async () => {
    const { readConfigView } = await import("./config-view.js");
    return readConfigView(readEnvironment());
  },
  doctor: async () => {
    const { runDoctor } = await import("./doctor.js");
    return runDoctor(await readVariables());
  },
  installTemporal: async () => {
    const { findTemporalProgram } = await import("../dev/temporal-program.js");
    return findTemporalProgram({ env: readEnvironment(), home: homedir(), note: terminal.note });
  },
};

/** Of connections, when the verb is done. */
const CLOSE_PATIENCE_MS = 3_000;
let interrupted: AbortSignal | undefined;

/** Aborted by the first SIGINT or SIGTERM. By the second Node ends the process, because each is listened to once. */
function untilEnded(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      ending.abort();
    });
  }
  return ending.signal;
}

const context: CliContext = {
  terminal,
  programs,
  version: readVersion(),
  parts: () => ({
    node: process.versions.node,
    temporal: readManifest().dependencies["@temporalio/worker"] ?? "",
    platform: `${process.platform}-${process.arch}`,
  }),
  app: async () => {
    const { openApp } = await import("./app.js");
    const { config, env } = await readSurroundings();
    // One for the process: a verb may ask for it several times.
    opened ??= openApp(config, env, terminal.note);
    return opened.app;
  },
  readFile: (path) => readFile(path, "utf8"),
  // `wx`: a file that is there is never overwritten by accident.
  writeFile: (path, text, overwrites) => writeFile(path, text, { flag: overwrites ? "w" : "wx" }),
  schemaPath: join(findPackageRoot(), "dist", "policy.schema.json"),
  // Made when a verb asks: until then Ctrl-C ends the program as usual.
  interruption: () => (interrupted ??= untilEnded()),
};

process.exitCode = await runProgram(context, process.argv.slice(2));
// What hangs on a connection that was never made must not hold the program; what it printed is written first.
await Promise.race([
  opened?.close(),
  new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS).unref()),
]);
// Behind everything that was written before it. `exit` keeps the code that is set.
process.stdout.write("", () => process.exit());
