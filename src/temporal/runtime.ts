// The SDK's runtime, installed once per process before anything else of it: its logs go where ours go, as lines of
// ours. A second installation, or one after the first worker, throws.
import { Runtime } from "@temporalio/worker";
import type { LogLevel as SdkLevel, LogMetadata } from "@temporalio/worker";
import type { Logger } from "../base/logger.js";

/** The least that is forwarded. Below it the SDK tells of every task. */
const FORWARDED = "WARN";

/**
 * Names and units as Prometheus wants them: a counter ends in `_total`, and what is measured in seconds says so.
 */
const PROMETHEUS = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } as const;

/**
 * `metricsAddress`: an IP address and a port at which the SDK's metrics can be read. Throws if it cannot be had.
 */
export function installRuntime(log: Logger, metricsAddress?: string): void {
  const at = (level: SdkLevel) => (message: string, meta?: LogMetadata) => {
    forward(log, { level, message, meta });
  };
  Runtime.install({
    logger: {
      log: (level, message, meta) => {
        forward(log, { level, message, meta });
      },
      trace: at("TRACE"),
      debug: at("DEBUG"),
      info: at("INFO"),
      warn: at("WARN"),
      error: at("ERROR"),
    },
    telemetryOptions: {
      logging: { forward: {}, filter: { core: FORWARDED, other: FORWARDED } },
      ...(metricsAddress === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: metricsAddress, ...PROMETHEUS } } }),
    },
  });
}

interface SdkLine {
  readonly level: SdkLevel;
  readonly message: string;
  readonly meta: LogMetadata | undefined;
}

/** The SDK tells of every failed attempt, waiting included: those are ours to judge, so they are told at debug. */
function forward(log: Logger, { level, message, meta }: SdkLine): void {
  const error: unknown = meta?.["error"];
  const fields = {
    message,
    ...(error instanceof Error ? { error: error.message } : {}),
    ...(typeof meta?.["workflowId"] === "string" ? { workflow: meta["workflowId"] } : {}),
  };
  if (level === "ERROR") log.error("temporal.told", fields);
  else log.debug("temporal.told", fields);
}
