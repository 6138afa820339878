// The options of `headgate sim` as typed, turned into those of the server. Every fault is reported at once and names
// its option, the value and what would be right: whoever mends one must not meet the next by another try. Reads the
// files that options name, and makes the folders of those that will be written; starts nothing.
import { accessSync, appendFileSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import type { SimCredentials } from "../access/auth.js";
import { generateFleet, parseFleetSize } from "./fleet.js";
import { populateSampleFleet, SAMPLE_FAULTS } from "./sample-fleet.js";
import { readFaultScript } from "../wire/fault-script.js";
import type { SimulatorOptions } from "../wire/server.js";
import { buildSettings, SimOptionError } from "../settings/settings.js";

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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The rules of the script before those of the sample: the first that fires wins, and what was asked for goes first. */
function readScript({ script, sample }: SimCommandOptions): readonly unknown[] {
  const ofSample: readonly unknown[] = sample === true ? SAMPLE_FAULTS : [];
  if (script === undefined) return ofSample;
  try {
    const json: unknown = JSON.parse(readFileSync(script, "utf8"));
    // Read here for its words; the server reads it again, with the world it is to meet.
    return [...readFaultScript(json, null), ...ofSample];
  } catch (error) {
    throw scriptFault(script, error);
  }
}

/** The fault of a script that cannot be used, whether the file or the world it is to meet says so. */
export function scriptFault(script: string, error: unknown): SimOptionError {
  const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
  return new SimOptionError([`--script ${script}: want fault rules as JSON: ${why}`]);
}

function readPem(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SimOptionError([`${option} ${file}: want a PEM file: ${messageOf(error)}`]);
  }
}

/** Both or neither, and tried before anything listens: a bad pair would show only at the first handshake. */
function readTls({ tlsCert, tlsKey }: SimCommandOptions): SimulatorOptions["tls"] {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    const [given, missing] = tlsKey === undefined ? ["--tls-cert", "--tls-key"] : ["--tls-key", "--tls-cert"];
    throw new SimOptionError([`${given} ${tlsCert ?? tlsKey ?? ""}: want ${missing} with it`]);
  }
  const tls = { cert: readPem("--tls-cert", tlsCert), key: readPem("--tls-key", tlsKey) };
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new SimOptionError([
      `--tls-cert ${tlsCert}, --tls-key ${tlsKey}: want a certificate and its key: ${messageOf(error)}`,
    ]);
  }
  return tls;
}

function readPopulate({ fleet, sample }: SimCommandOptions): SimulatorOptions["populate"] {
  if (fleet === undefined) return sample === true ? populateSampleFleet : undefined;
  const size = parseFleetSize(fleet);
  if (sample === true) throw new SimOptionError([`--fleet ${fleet}: want it without --sample`]);
  if (size === undefined) throw new SimOptionError([`--fleet ${fleet}: want NxM, as in 100x5`]);
  return (world, now) => {
    generateFleet(world, size, now);
  };
}

/** A file that will be written: its folder is made, and it is tried now rather than in the middle of a run. */
function readWritable(option: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Begun now: the log is open for the whole run. The state file is not: an empty one would not be a state.
    if (option === "--log") appendFileSync(file, "");
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new SimOptionError([`${option} ${file}: want a file that can be written: ${messageOf(error)}`]);
  }
  return file;
}

/** Below 1 slows the simulated world down, which is of use too. */
function readTimeScale({ timeScale }: SimCommandOptions): number | undefined {
  if (timeScale === undefined || (timeScale > 0 && Number.isFinite(timeScale))) return timeScale;
  throw new SimOptionError([`--time-scale ${String(timeScale)}: want a number above 0`]);
}

/** Leaves out what is undefined, for options that tell absent from undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}

/** Options of the command as those of the server. @throws SimOptionError with the faults of all of them. */
export function toSimulatorOptions(options: SimCommandOptions): SimulatorOptions {
  const faults: string[] = [];
  // Collects instead of throwing. What is no fault of an option goes through: it is a defect.
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SimOptionError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const read = given({
    host: options.host,
    port: options.port,
    seed: options.seed,
    timeScale: attempt(() => readTimeScale(options)),
    settings: attempt(() => buildSettings(options.set)),
    populate: attempt(() => readPopulate(options)),
    faults: attempt(() => readScript(options)),
    tls: attempt(() => readTls(options)),
    stateFile: attempt(() => readWritable("--state", options.state)),
    logFile: attempt(() => readWritable("--log", options.log)),
    credentials: options.credentials,
  });
  if (faults.length > 0) throw new SimOptionError(faults);
  return read;
}
