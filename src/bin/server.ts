// The wiring of `headgate serve`: use cases, keys, and the faces, until a signal ends it. Stateless: any number of
// servers may run beside each other. On a signal it takes nothing new and finishes what it has accepted; what still
// waits for Atlas by then is told that its change goes on.
import type { ServeOptions } from "../cli/terminal/context.js";
import { hasLiveKey } from "../app/access/keys.js";
import { AppError } from "../base/errors.js";
import { createLogger } from "../base/logger.js";
import type { Logger } from "../base/logger.js";
import type { Config } from "../config/config.js";
import type { Environment } from "../config/environment.js";
import { isLoopback } from "../config/loopback.js";
import { createMetricsRegistry } from "../base/metrics-registry.js";
import { startTracing } from "../base/start-tracing.js";
import { createAccess } from "../http/access/access.js";
import { registerOAuth } from "../http/access/oauth.js";
import { registerApi } from "../http/api/api.js";
import { registerGateway } from "../http/gateway/routes.js";
import { registerMetrics } from "../http/metrics.js";
import { registerTracing } from "../http/tracing.js";
import { createHttpServer, endServer, listen } from "../http/server.js";
import type { Listening } from "../http/server.js";
import { openApp } from "./app.js";
import type { OpenApp } from "./app.js";
import { startDelivery, startSilenceWatch } from "./delivery.js";
import type { DeliveryParts } from "./delivery.js";
import { readVersion } from "./package.js";
import { readTextFile } from "./wiring.js";

/** Below what supervisors wait (30 s). */
const GRACE_MS = 25_000;
/** Every call is a handful of statements, and none of them waits for Atlas. */
const CONNECTIONS = 20;

/** Everything a server needs, from outside it. */
export interface ServerParts {
  readonly config: Config;
  readonly env: Environment;
  readonly options: ServeOptions;
  /** Told the address once it listens. */
  readonly onListening: (url: string) => void;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
}

/** Resolves when it has ended. Throws `config.invalid` for an address that it must not or cannot listen on. */
export async function runServer({ config, env, options, onListening, signal }: ServerParts): Promise<void> {
  const log = createLogger(config.logLevel);
  const listening = toListening(options);
  const version = readVersion();
  const tracing = await startTracing({ env, version, log });
  const opened = openApp(config, env, { connections: CONNECTIONS, tracing });
  try {
    await refuseExposed(opened, listening);
    const ending = new AbortController();
    const server = createHttpServer(listening, log);
    if (tracing !== undefined) registerTracing(server, tracing);
    const registry = createMetricsRegistry({ version, role: "server" });
    registerMetrics(server, registry);
    const { app } = opened;
    const { authenticator, oauth } = createAccess(app, config.accessLimits);
    registerOAuth(server, oauth);
    registerGateway(server, { app, authenticator, ending: ending.signal });
    await registerApi(server, { app, authenticator, version });
    const url = await listen(server, listening).catch((error: unknown) => {
      throw toListenError(listening, error);
    });
    onListening(url);
    log.info("server.started", { url });
    const endBeside = await startBesideServer({
      ...{ config: config.notify, store: app.store, log, metrics: registry.metrics },
    });
    await untilAborted(signal);
    await Promise.all([endBeside(), endServer(server, ending, GRACE_MS)]);
    log.info("server.stopped");
  } finally {
    await closeQuietly(opened, log);
    await tracing?.close();
  }
}

/** What a server does beside answering: it sends notices, and says when the loop stands still. */
async function startBesideServer(parts: Omit<DeliveryParts, "declares">): Promise<() => Promise<void>> {
  const endDelivery = await startDelivery({ ...parts, declares: false });
  const endWatch = startSilenceWatch(parts);
  return async () => {
    await Promise.all([endDelivery(), endWatch()]);
  };
}

function toListening({ host, port, tlsCert, tlsKey, behindProxy }: ServeOptions): Listening {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new AppError("config.invalid", "--tls-cert and --tls-key go together: one of them is missing");
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : { cert: readPem("--tls-cert", tlsCert), key: readPem("--tls-key", tlsKey) };
  return { host, port, tls, isBehindProxy: behindProxy };
}

function readPem(flag: string, path: string): string {
  try {
    return readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("config.invalid", `${flag}: cannot read ${path}: ${why}`, { cause });
  }
}

/** Credentials travel with every call, so whoever is not on this machine calls encrypted, and with a key. */
async function refuseExposed({ app }: OpenApp, { host, tls, isBehindProxy }: Listening): Promise<void> {
  if (isLoopback(host) || host === "::1") return;
  if (tls === undefined && !isBehindProxy) {
    throw new AppError(
      "config.invalid",
      `--host ${host} is not this machine alone: add --tls-cert and --tls-key, or --behind-proxy if a proxy ends TLS`,
    );
  }
  if (await hasLiveKey(app)) return;
  throw new AppError(
    "config.invalid",
    `--host ${host} is not this machine alone, and nobody has a key yet: headgate keys create NAME --role admin`,
  );
}

function toListenError({ host, port }: Listening, cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError("config.invalid", `cannot listen on ${host}, port ${String(port)}: ${why}`, { cause });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

async function closeQuietly(opened: OpenApp, log: Logger): Promise<void> {
  await opened.close().catch((error: unknown) => {
    log.warn("server.not-closed", { error: error instanceof Error ? error.message : String(error) });
  });
}
