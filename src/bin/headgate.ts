#!/usr/bin/env node
// The `headgate` program: wires the verbs to the parts they drive. A verb loads only the parts it needs.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CliContext, Programs } from "../cli/context.js";
import { runProgram } from "../cli/program.js";
import { readEnvironment, readSimCredentials } from "../config.js";
import { readStackVariables } from "../dev/stack-folder.js";
import { createLogger } from "../logger.js";
import type { OpenApp } from "./app.js";
import { openTerminal } from "./terminal.js";
import { findPackageRoot, readConfig, readText, readVersion, requireDatabaseUrl } from "./wiring.js";

const terminal = openTerminal();
let opened: OpenApp | undefined;

/** The environment, over what the stack of this folder says where the environment says nothing. */
function readSurroundings(): Readonly<Record<string, string | undefined>> {
  return { ...readStackVariables(process.cwd()), ...readEnvironment() };
}

const programs: Programs = {
  startStack: async (request) => {
    const { runStack } = await import("./stack.js");
    return runStack(terminal, request);
  },
  worker: async () => {
    const { runWorker } = await import("./worker.js");
    return runWorker(readConfig(readSurroundings()), readSurroundings());
  },
  sim: async (options) => {
    const { runSimulator } = await import("../sim/run.js");
    await runSimulator(
      { ...options, credentials: readSimCredentials({ env: readEnvironment(), readFile: readText }) },
      {
        write: (text) => void process.stdout.write(text),
        signal: untilEnded(),
        logger: createLogger("warn"),
      },
    );
    return 0;
  },
  listSimSettings: async () => {
    const { listSettings } = await import("../sim/settings.js");
    return listSettings().map(({ name, value, allowed, meaning, source }) => ({
      name,
      default: value,
      allowed,
      meaning,
      source,
    }));
  },
  migrate: async () => {
    const { migrate } = await import("../store/migrate.js");
    const databaseUrl = requireDatabaseUrl(readConfig(readSurroundings()));
    return migrate({ databaseUrl, folder: join(findPackageRoot(), "migrations") });
  },
  installTemporal: async () => {
    const { findTemporalProgram } = await import("../dev/temporal-program.js");
    return findTemporalProgram({ env: readEnvironment(), home: homedir(), note: terminal.note });
  },
};

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
  app: async () => {
    const { openApp } = await import("./app.js");
    opened ??= openApp(readConfig(readSurroundings()), readSurroundings());
    return opened.app;
  },
  readFile: (path) => readFile(path, "utf8"),
};

process.exitCode = await runProgram(context, process.argv.slice(2));
await opened?.close();
