// Whether traces are on, and where they go, by the variables of OpenTelemetry's specification. OpenTelemetry itself is
// loaded only where they are.
import { AppError } from "./errors.js";
import type { Logger } from "./logger.js";
import type { Tracing } from "./tracing.js";

type TracingEnvironment = Readonly<Record<string, string | undefined>>;

interface TracingOptions {
  readonly env: TracingEnvironment;
  readonly version: string;
  readonly log: Logger;
}

/** Undefined where the variables do not ask for traces; then nothing is loaded. At most once at a time in a process. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const url = findTracesUrl(options.env);
  if (url === undefined) return undefined;
  const { openTelemetry } = await import("./open-telemetry.js");
  return openTelemetry({ ...options, url });
}

const OWN = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const SHARED = "OTEL_EXPORTER_OTLP_ENDPOINT";
/** Where an exporter sends to that nobody gave an address. */
const DEFAULT_ENDPOINT = "http://localhost:4318";

/** Where spans go, as the specification of OpenTelemetry reads its variables, or undefined. Throws `config.invalid`. */
export function findTracesUrl(env: TracingEnvironment): string | undefined {
  const read = (name: string): string => (env[name] ?? "").trim();
  const own = read(OWN);
  const shared = read(SHARED);
  const exporter = read("OTEL_TRACES_EXPORTER") || (own + shared === "" ? "none" : "otlp");
  if (exporter !== "otlp" || read("OTEL_SDK_DISABLED").toLowerCase() === "true") return undefined;
  // The one for traces alone is taken as it is; the shared one is a base.
  const url = own === "" ? `${(shared || DEFAULT_ENDPOINT).replace(/\/$/, "")}/v1/traces` : own;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  const name = own === "" ? SHARED : OWN;
  const text = `${name}: "${own || shared}" is not the URL of a receiver, such as ${DEFAULT_ENDPOINT}`;
  throw new AppError("config.invalid", text);
}
