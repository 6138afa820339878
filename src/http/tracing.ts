// A span for every request to a server, continued from the caller's `traceparent` if it has one. Registered before any
// route. The path itself stays out of it, because names stand in it.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RequestSpan, Tracing } from "../base/tracing.js";

/** For a request that no route takes. */
const NO_ROUTE = "{none}";

export function registerTracing(server: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  server.addHook("onRequest", (request, _reply, done) => {
    const { method, headers } = request;
    const span = tracing.beginRequest({ method, headers });
    spans.set(request, span);
    span.run(done);
  });
  // Once more: a body is read on the connection's behalf, and with it the way back to the span is lost.
  server.addHook("preHandler", (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
  server.addHook("onResponse", (request, reply, done) => {
    spans.get(request)?.end({ route: request.routeOptions.url ?? NO_ROUTE, status: reply.statusCode });
    done();
  });
}
