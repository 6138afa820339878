// Structured logs on stderr, so that stdout stays data. Event names are `noun.past-tense`; the same keys everywhere.
import { pino } from "pino";
import type { Logger as PinoLogger } from "pino";

export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export function createLogger(level: LogLevel): Logger {
  const target: PinoLogger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  const at = (severity: "debug" | "info" | "warn" | "error") => (event: string, fields?: LogFields) => {
    target[severity]({ event, ...fields });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
