// Traces, as the rest of Headgate sees them: spans of requests and of calls. Types only, so that whoever takes them
// loads nothing of OpenTelemetry. No name of a span and no attribute may hold a credential, a query or a body.
import type { Resource } from "@opentelemetry/resources";
import type { SpanProcessor } from "@opentelemetry/sdk-trace-node";

type SpanAttributes = Readonly<Record<string, string | number>>;

/** The span of a request that came in; it begins where its `traceparent` says. */
export interface RequestSpan {
  /** Whatever is begun within belongs to the span, however late it ends. */
  run<T>(work: () => T): T;
  /** `route`: the template that the path matched, never the path. */
  end(outcome: { readonly route: string; readonly status: number }): void;
}

export interface Tracing {
  beginRequest(request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  }): RequestSpan;
  /** A call that goes out. `note` adds what is known when it is answered. */
  call<T>(
    span: { readonly name: string; readonly attributes: SpanAttributes },
    work: (note: (attributes: SpanAttributes) => void) => Promise<T>,
  ): Promise<T>;
  /** What Temporal's own interceptors need. */
  readonly parts: { readonly resource: Resource; readonly spanProcessor: SpanProcessor };
  /** Sends what is left, for so long as it may take, and leaves nothing behind in the process. */
  close(): Promise<void>;
}
