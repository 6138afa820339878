// Tracing by OpenTelemetry: spans are gathered and sent to an OTLP receiver as JSON over HTTP. Loaded by
// start-tracing.ts alone, and only where it is on. What the OTEL_* variables say beside the address (headers, sampling,
// batches, propagators) the library reads by itself.
import {
  SpanKind,
  SpanStatusCode,
  context,
  diag,
  propagation,
  trace,
  DiagLogLevel,
} from "@opentelemetry/api";
import type { Span } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { Resource, envDetectorSync } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { within } from "./deadline.js";
import type { Logger } from "./logger.js";
import { redact } from "./text.js";
import type { RequestSpan, Tracing } from "./tracing.js";

/** What is not sent by then is lost: the process wants to end. */
const CLOSE_PATIENCE_MS = 2_000;

export interface OpenTelemetryOptions {
  /** Of the receiver. */
  readonly url: string;
  readonly version: string;
  readonly log: Logger;
}

export function openTelemetry({ url, version, log }: OpenTelemetryOptions): Tracing {
  diag.setLogger(toDiagnostics(log), DiagLogLevel.WARN);
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over ours.
  const ours = { "service.name": "headgate", "service.version": version };
  const resource = new Resource({ ...ours, ...envDetectorSync.detect().attributes });
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter({ url }));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  const tracer = provider.getTracer("headgate", version);
  return {
    parts: { resource, spanProcessor },
    beginRequest: ({ method, headers }) => {
      const parent = propagation.extract(context.active(), headers);
      const options = { kind: SpanKind.SERVER, attributes: { "http.request.method": method } };
      return toRequestSpan(tracer.startSpan(method, options, parent), method);
    },
    call: ({ name, attributes }, work) =>
      tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
        try {
          return await work((more) => void span.setAttributes(more));
        } catch (error) {
          const message = error instanceof Error ? redact(error.message) : "failed";
          span.setStatus({ code: SpanStatusCode.ERROR, message });
          throw error;
        } finally {
          span.end();
        }
      }),
    close: async () => {
      await within(CLOSE_PATIENCE_MS, provider.shutdown(), "spans not sent").catch(() => undefined);
      for (const one of [trace, context, propagation, diag]) one.disable();
    },
  };
}

function toRequestSpan(span: Span, method: string): RequestSpan {
  const within = trace.setSpan(context.active(), span);
  return {
    run: (work) => context.with(within, work),
    end: ({ route, status }) => {
      span.updateName(`${method} ${route}`);
      span.setAttributes({ "http.route": route, "http.response.status_code": status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** A receiver that is not there must show somewhere. */
function toDiagnostics(log: Logger): Parameters<typeof diag.setLogger>[0] {
  const tell = (message: string): void => {
    log.warn("tracing.told", { message: redact(message) });
  };
  return { error: tell, warn: tell, info: tell, debug: tell, verbose: tell };
}
