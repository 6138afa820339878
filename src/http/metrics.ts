// `GET /metrics` of a server, for Prometheus: what its process says of itself. It asks for no credential, names
// nobody's processor, and reads no table: what the fleet is like, the workers say.
import type { FastifyInstance } from "fastify";
import { toExposition } from "../base/exposition.js";
import type { MetricsRegistry } from "../base/metrics-registry.js";

export function registerMetrics(server: FastifyInstance, registry: Pick<MetricsRegistry, "render">): void {
  server.get("/metrics", async (request, reply) => {
    const { contentType, body } = toExposition(await registry.render(), request.headers.accept);
    return reply.header("content-type", contentType).send(body);
  });
}
