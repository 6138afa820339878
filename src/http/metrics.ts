// `GET /metrics` of a server, for Prometheus: what its process says of itself, and how long its requests took. It asks
// for no credential, names nobody's processor, and reads no table: what the fleet is like, the workers say.
import type { FastifyInstance } from "fastify";
import { toExposition } from "../base/exposition.js";
import type { MetricsRegistry } from "../base/metrics-registry.js";

export function registerMetrics(server: FastifyInstance, { metrics, render }: MetricsRegistry): void {
  server.addHook("onResponse", (request, reply, done) => {
    const labels = { face: toFace(request.routeOptions.url), status: toStatusClass(reply.statusCode) };
    metrics.observe("headgate_http_request_seconds", reply.elapsedTime / 1_000, labels);
    done();
  });
  server.get("/metrics", async (request, reply) => {
    const { contentType, body } = toExposition(await render(), request.headers.accept);
    return reply.header("content-type", contentType).send(body);
  });
}

/** By the route and not by the path: what no route takes belongs to no face. */
function toFace(route = ""): "gateway" | "api" | "other" {
  if (route.startsWith("/api/")) return "gateway";
  return route.startsWith("/v1/") ? "api" : "other";
}

function toStatusClass(status: number): "2xx" | "3xx" | "4xx" | "5xx" {
  if (status >= 500) return "5xx";
  if (status >= 400) return "4xx";
  return status >= 300 ? "3xx" : "2xx";
}
