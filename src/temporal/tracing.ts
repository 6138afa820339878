// Temporal's own interceptors of OpenTelemetry: they carry a trace from whoever starts a run into its workflow and its
// activities. Loaded only where traces are on. With them a worker runs other bundled workflows, which hold the part of
// the interceptors that runs inside: see scripts/build.mjs.
import type { OpenTelemetryPlugin } from "@temporalio/interceptors-opentelemetry";
import type { Tracing } from "../base/tracing.js";

/** For a client and for a worker alike. */
export async function createTracingPlugins(tracing: Tracing | undefined): Promise<OpenTelemetryPlugin[]> {
  if (tracing === undefined) return [];
  const interceptors = await import("@temporalio/interceptors-opentelemetry");
  return [new interceptors.OpenTelemetryPlugin(tracing.parts)];
}
