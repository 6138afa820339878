// `headgate sim` without its command line: from parsed options to a running simulator that has printed its one line,
// and back to nothing when the signal aborts.
import { z } from "zod";
import type { Logger } from "../../base/logger.js";
import { scriptFault, toSimulatorOptions } from "./run-options.js";
import type { SimCommandOptions } from "./run-options.js";
import { startSimulator } from "../wire/server.js";
import { toStartLine } from "../wire/start-line.js";

export interface SimCommandIo {
  /** Gets the start line with its line break. */
  readonly write: (text: string) => void;
  /** Abort to close gracefully. */
  readonly signal: AbortSignal;
  readonly logger?: Logger;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else {
      const onAbort = (): void => {
        resolve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
    }
  });
}

/**
 * Runs a simulator until the signal aborts: prints the start line once it listens, closes gracefully, then resolves.
 * @throws SimOptionError for options that cannot be used, before anything is started.
 */
export async function runSimulator(options: SimCommandOptions, io: SimCommandIo): Promise<void> {
  const logger = io.logger === undefined ? {} : { logger: io.logger };
  const simulator = await startSimulator({ ...toSimulatorOptions(options), ...logger }).catch(
    (error: unknown) => {
      // Only against the filled world does it show that a rule names a workspace that is not there.
      throw error instanceof z.ZodError ? scriptFault(options.script ?? "", error) : error;
    },
  );
  io.write(`${toStartLine({ ...simulator, projects: simulator.projects() })}\n`);
  await untilAborted(io.signal);
  await simulator.close();
}
