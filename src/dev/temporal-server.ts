// Temporal's development server as a child: loopback only, its data in one SQLite file (or in memory), its UI beside
// it.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { connectClient } from "../temporal/connection.js";
import { loadTemporalProfile } from "../temporal/profile.js";
import { startChild, untilReady } from "./child.js";
import type { Child } from "./child.js";

export interface TemporalServerOptions {
  readonly program: string;
  readonly port: number;
  /** Made at start; the variables name the first. */
  readonly namespaces: readonly string[];
  /** Absent: no UI. */
  readonly uiPort?: number;
  /** Absent: in memory. */
  readonly databaseFile?: string;
  readonly logFile: string;
  /** Written here: a profile of this server for Temporal's tools. */
  readonly profileFile: string;
}

const READY_PATIENCE_MS = 60_000;

/** Throws `stack.failed` with the log's last lines. */
export async function startTemporalServer(
  options: TemporalServerOptions,
): Promise<{ readonly variables: Readonly<Record<string, string>>; readonly child: Child }> {
  const { port, uiPort, databaseFile, namespaces } = options;
  if (databaseFile !== undefined) mkdirSync(dirname(databaseFile), { recursive: true });
  const variables = toVariables(options);
  const child = await startChild({
    name: "temporal",
    command: options.program,
    args: [
      ...["server", "start-dev", "--ip", "127.0.0.1", "--port", String(port), "--log-level", "warn"],
      ...namespaces.flatMap((name) => ["--namespace", name]),
      ...(uiPort === undefined ? ["--headless"] : ["--ui-port", String(uiPort)]),
      ...(databaseFile === undefined ? [] : ["--db-filename", databaseFile, ...FAST_AND_SAFE]),
    ],
    logFile: options.logFile,
    stopSignal: "SIGTERM",
    patienceMs: 10_000,
  });
  // Ready once the namespace is there: the port answers earlier.
  await untilReady(child, { isReady: () => answers(variables), patienceMs: READY_PATIENCE_MS });
  return { variables, child };
}

/** Without these every commit waits for the disk: 10 changes a second instead of 25, and no safer against a kill. */
const FAST_AND_SAFE = ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"];

/** Variables and a profile file that make Temporal's tools talk to this server: no profile of the user's is read. */
function toVariables(options: TemporalServerOptions): Readonly<Record<string, string>> {
  const { port, namespaces, profileFile } = options;
  const [namespace = "default"] = namespaces;
  const address = `127.0.0.1:${String(port)}`;
  mkdirSync(dirname(profileFile), { recursive: true });
  writeFileSync(profileFile, `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`);
  return { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_CONFIG_FILE: profileFile };
}

async function answers(variables: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const profile = loadTemporalProfile(variables);
    const temporal = await connectClient(profile);
    await temporal.client.workflowService
      .describeNamespace({ namespace: profile.namespace })
      .finally(() => temporal.close());
    return true;
  } catch {
    return false;
  }
}
