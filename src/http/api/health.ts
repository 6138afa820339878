// For supervisors and load balancers, who have no key: is the process alive, and can it do its work. Says which part is
// missing and nothing else of the installation.
import type { FastifyInstance } from "fastify";
import { readReadiness } from "../../app/look/readiness.js";
import type { Readiness } from "../../app/look/readiness.js";
import type { ApiDeps } from "./route.js";

/** An answer serves everybody so long: anybody may ask, and each look costs a statement. */
const FRESH_MS = 1_000;

export function registerHealth(server: FastifyInstance, { app }: ApiDeps): void {
  server.get("/healthz", (_request, reply) =>
    reply.header("cache-control", "no-store").send({ status: "alive" }),
  );

  let looked: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;
  server.get("/readyz", async (_request, reply) => {
    const now = performance.now();
    if (looked === undefined || now - looked.at > FRESH_MS)
      looked = { at: now, readiness: readReadiness(app) };
    const { unready, observedAt } = await looked.readiness;
    const isReady = Object.keys(unready).length === 0;
    return reply
      .status(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: isReady ? "ready" : "not-ready", unready, observedAt });
  });
}
