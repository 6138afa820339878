// A worker's metrics over HTTP, at an address of its own. GET /metrics and nothing else. It has no password and no TLS:
// whoever reaches it may read. A scrape that fails must not touch the loop.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../base/errors.js";
import { toExposition } from "../base/exposition.js";
import type { Logger } from "../base/logger.js";

export interface MetricsServerParts {
  /** An IP address and a port. */
  readonly address: string;
  /** What is scraped, each in the text format, one behind the other. One that fails is left out. */
  readonly sources: readonly (() => Promise<string>)[];
  readonly log: Logger;
}

/** A scraper is one caller, and takes seconds at most. */
const CONNECTIONS_MAX = 32;
const REQUEST_MS = 10_000;

/** Resolves once it listens, with what closes it. Throws `config.invalid` if the address cannot be had. */
export async function serveMetrics(parts: MetricsServerParts): Promise<() => Promise<void>> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (req, res) => {
    void answer(parts, req, res);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const { hostname, port } = new URL(`http://${parts.address}`);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(toAddressError(parts.address, cause));
    });
    server.listen(Number(port === "" ? 80 : port), hostname.replace(/^\[|\]$/g, ""), resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
}

function toAddressError(address: string, cause: Error): AppError {
  const text = `HEADGATE_METRICS_ADDRESS: "${address}" cannot be listened at: ${cause.message}`;
  return new AppError("config.invalid", text, { cause });
}

async function answer(
  { sources, log }: MetricsServerParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const status = statusOf(req);
  if (status !== 200) {
    res.writeHead(status, { "Content-Type": "text/plain" }).end(status === 404 ? "GET /metrics\n" : "GET\n");
    return;
  }
  const texts = await Promise.all(
    sources.map((source) =>
      source().catch((error: unknown) => {
        log.warn("metrics.not-read", { error: error instanceof Error ? error.message : String(error) });
        return "";
      }),
    ),
  );
  const { contentType, body } = toExposition(texts.join("\n"), req.headers.accept);
  res.writeHead(200, { "Content-Type": contentType, "X-Content-Type-Options": "nosniff" }).end(body);
}

function statusOf({ url = "", method }: IncomingMessage): 200 | 404 | 405 {
  if (url.split("?", 1)[0] !== "/metrics") return 404;
  return method === "GET" || method === "HEAD" ? 200 : 405;
}
