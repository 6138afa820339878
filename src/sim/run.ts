// `headgate sim` without its command line: from parsed options to a running simulator that has printed its one line, and
// back to nothing when the signal aborts. The dev stack starts it the same way.
import { readFileSync } from "node:fs";
import type { Logger } from "../logger.js";
import type { SimCredentials } from "./auth.js";
import { generateFleet, parseFleetSize } from "./fleet.js";
import { populateSampleFleet, SAMPLE_FAULTS } from "./sample-fleet.js";
import { startSimulator } from "./server.js";
import type { SimulatorOptions } from "./server.js";
import { buildSettings, SimOptionError } from "./settings.js";
import { toStartLine } from "./start-line.js";

/** The options of `headgate sim` as typed; every field may be absent. */
export interface SimCommandOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** NxM: processors x workspaces. */
  readonly fleet?: string | undefined;
  /** The sample fleet with its fault script. */
  readonly sample?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly script?: string | undefined;
  readonly timeScale?: number | undefined;
  readonly state?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly log?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** From MONGODB_ATLAS_*; missing ones are made up. */
  readonly credentials?: Partial<SimCredentials> | undefined;
}

export interface SimCommandIo {
  /** Gets the start line with its line break. */
  readonly write: (text: string) => void;
  /** Abort to close gracefully. */
  readonly signal: AbortSignal;
  readonly logger?: Logger;
}

function readScript(options: SimCommandOptions): readonly unknown[] {
  const sample: readonly unknown[] = options.sample === true ? SAMPLE_FAULTS : [];
  if (options.script === undefined) return sample;
  try {
    const script: unknown = JSON.parse(readFileSync(options.script, "utf8"));
    return [...(Array.isArray(script) ? (script as unknown[]) : [script]), ...sample];
  } catch (error) {
    throw new SimOptionError([`--script ${options.script}: cannot be read: ${String(error)}`]);
  }
}

function readTls(options: SimCommandOptions): SimulatorOptions["tls"] {
  const { tlsCert, tlsKey } = options;
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new SimOptionError(["--tls-cert and --tls-key go together"]);
  }
  return { cert: readFileSync(tlsCert, "utf8"), key: readFileSync(tlsKey, "utf8") };
}

function readPopulate(options: SimCommandOptions): SimulatorOptions["populate"] {
  if (options.fleet === undefined) return options.sample === true ? populateSampleFleet : undefined;
  const size = parseFleetSize(options.fleet);
  if (options.sample === true) throw new SimOptionError(["--fleet and --sample exclude each other"]);
  if (size === undefined) throw new SimOptionError([`--fleet ${options.fleet}: want NxM, as in 100x5`]);
  return (world, now) => {
    generateFleet(world, size, now);
  };
}

/** Leaves out what is undefined, for options that tell absent from undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}

/** Options of the command as those of the server. @throws SimOptionError */
function toSimulatorOptions(options: SimCommandOptions): SimulatorOptions {
  const { timeScale } = options;
  if (timeScale !== undefined && !(timeScale > 0))
    throw new SimOptionError(["--time-scale: want more than 0"]);
  return given({
    host: options.host,
    port: options.port,
    seed: options.seed,
    timeScale,
    settings: buildSettings(options.set),
    populate: readPopulate(options),
    faults: readScript(options),
    stateFile: options.state,
    logFile: options.log,
    credentials: options.credentials,
    tls: readTls(options),
  });
}

/**
 * Runs a simulator until the signal aborts: prints the start line once it listens, closes gracefully, then resolves.
 * @throws SimOptionError for options that cannot be used, before anything is started.
 */
export async function runSimulator(options: SimCommandOptions, io: SimCommandIo): Promise<void> {
  const logger = io.logger === undefined ? {} : { logger: io.logger };
  const simulator = await startSimulator({ ...toSimulatorOptions(options), ...logger });
  io.write(`${toStartLine({ ...simulator, projects: simulator.projects() })}\n`);
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else {
      io.signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
    }
  });
  await simulator.close();
}
