// The simulator as a server: builds or restores the world, listens, hands each request to the API or the back door, and
// closes without leaving a socket or a timer. One process serves one world. Whatever goes wrong while a request is
// served is answered and logged, and ends that request alone: a test must not lose its Atlas by one bad call.
import { setMaxListeners } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Logger } from "../../base/logger.js";
import { isAdminPath, serveAdmin } from "./admin.js";
import { answerBrokenRequests } from "../faults/broken-requests.js";
import { serveApi } from "./api.js";
import { completeCredentials } from "../access/auth.js";
import type { SimCredentials } from "../access/auth.js";
import { createRealClock } from "../world/clock.js";
import type { SimClock } from "../world/clock.js";
import { readExchange, send } from "./exchange.js";
import { FaultPlan, parseFaults } from "../faults/faults.js";
import { readFaultScript } from "./fault-script.js";
import { applyMutation, parseMutations } from "../world/mutations.js";
import { toErrorOutgoing, toJsonOutgoing } from "./outgoing.js";
import type { LogEntry } from "./request-log.js";
import { buildSettings } from "../settings/settings.js";
import type { SimSettings } from "../settings/settings-table.js";
import { createContext } from "./sim-context.js";
import type { SimContext } from "./sim-context.js";
import { summarizeProjects } from "./start-line.js";
import type { ProjectSummary } from "./start-line.js";
import { createStateSaver, readState } from "./state-file.js";
import type { SimState, StateSaver } from "./state-file.js";
import type { World } from "../world/world-model.js";
import { fromSnapshot, toSnapshot } from "../world/world-snapshot.js";
import { createWorld, planOwnRestarts } from "../world/world.js";

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly settings?: SimSettings;
  readonly seed?: number;
  /** Simulated milliseconds per real one; default 1. */
  readonly timeScale?: number;
  readonly clock?: SimClock;
  /** Fills a new world; not called when the state file has one. */
  readonly populate?: (world: World, now: number) => void;
  /** A fault script as data (faults.ts). */
  readonly faults?: unknown;
  readonly stateFile?: string;
  readonly logFile?: string;
  readonly credentials?: Partial<SimCredentials>;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly logger?: Logger;
}

export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** As it was started with. */
  readonly credentials: SimCredentials;
  /** As its owner does who revokes an API key and makes it good again: the old private key is refused. */
  replacePrivateKey(privateKey: string): void;
  projects(): readonly ProjectSummary[];
  /** Entries with a larger seq, the world brought to now first. */
  log(since?: number): readonly LogEntry[];
  /** Adds fault rules, or replaces those in force. @throws ZodError, also for a workspace that is not there. */
  installFaults(script: unknown, replaces?: boolean): void;
  /** Applies scripted mutations (mutations.ts); the texts of those that named nothing. @throws ZodError */
  mutate(script: unknown): readonly string[];
  /** Ends every connection, saves the state. Idempotent. */
  close(): Promise<void>;
}

interface Started {
  readonly context: SimContext;
  readonly saver: StateSaver;
  readonly credentials: SimCredentials;
  readonly closing: AbortController;
}

/** The stored world, or a new one, populated. */
function openWorld(
  options: SimulatorOptions,
  from: { clock: SimClock; stored: SimState | undefined },
): World {
  const { settings = buildSettings(), seed = 1, timeScale = 1 } = options;
  if (from.stored !== undefined) return fromSnapshot(from.stored.world, { settings, timeScale });
  const world = createWorld({ settings, seed, timeScale });
  const now = from.clock.now();
  // Restarts by Atlas itself are planned behind the filling; a stored world has them in its queue.
  options.populate?.(world, now);
  planOwnRestarts(world, now);
  return world;
}

/** The script's rules; with their counts where the state was begun with the same script. */
function openFaults(
  { faults = [], seed = 1 }: SimulatorOptions,
  { stored, world }: { readonly stored: SimState | undefined; readonly world: World },
): { plan: FaultPlan; script: string } {
  const plan = new FaultPlan(seed);
  const script = JSON.stringify(parseFaults(faults));
  // Not judged again: what the rules name may have been removed since.
  if (stored?.script === script) plan.restore(stored.faults);
  else plan.install(readFaultScript(faults, world), true);
  return { plan, script };
}

function assemble(options: SimulatorOptions): Started {
  const { clock = createRealClock(), logFile = null, stateFile } = options;
  const stored = stateFile === undefined ? undefined : readState(stateFile);
  const world = openWorld(options, { clock, stored });
  const { plan: faults, script } = openFaults(options, { stored, world });
  // The saver takes the state when it saves: many changes make one file.
  const afterMs = world.settings["state.saveAfterMs"];
  const saver = createStateSaver({ file: stateFile, afterMs }, () => ({
    version: 1,
    script,
    world: toSnapshot(world),
    faults: faults.toSnapshot(),
  }));
  const { touch } = saver;
  const closing = new AbortController();
  // Every held request and every sleeping fault listens to it, and there may be thousands.
  setMaxListeners(0, closing.signal);
  const credentials = completeCredentials(options.credentials);
  const context = createContext({
    world,
    clock,
    faults,
    credentials,
    logFile,
    closing: closing.signal,
    touch,
  });
  // A new world is worth a file before anything has changed in it.
  if (stored === undefined) touch();
  return { context, saver, credentials, closing };
}

async function serve(started: Started, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const scheme = "encrypted" in req.socket ? "https" : "http";
  const maxBytes = started.context.world.settings["request.maxBytes"];
  const exchange = await readExchange(req, res, { scheme, maxBytes });
  // The rest of the body is not read, so the connection cannot be used again.
  if (exchange === undefined) {
    const refusal = { status: 413, errorCode: "PAYLOAD_TOO_LARGE", detail: "The request body is too large." };
    const headers = { Connection: "close" };
    const query = new URLSearchParams();
    send({ req, res }, toErrorOutgoing({ ...refusal, parameters: [maxBytes] }, { query, headers }));
    return;
  }
  if (isAdminPath(exchange.path)) {
    serveAdmin(started.context, exchange);
    return;
  }
  await serveApi(started.context, exchange);
}

function listenerOf(started: Started, logger: Logger | undefined): RequestListener {
  return (req, res) => {
    serve(started, req, res).catch((error: unknown) => {
      // A sleeper that was woken by the closing, or a caller who has gone: neither is a fault.
      if (started.closing.signal.aborted || res.destroyed) {
        req.socket.destroy();
        return;
      }
      logger?.error("sim.request-failed", { path: req.url ?? "", error: String(error) });
      const body = {
        detail: "The simulator itself failed.",
        error: 500,
        errorCode: "SIMULATOR_ERROR",
        parameters: [],
      };
      send({ req, res }, toJsonOutgoing(500, body));
    });
  };
}

const HOW_TO_LISTEN: Readonly<Partial<Record<string, string>>> = {
  EADDRINUSE: "the port is in use; --port 0 takes a free one",
  EACCES: "this user may not use the port; want one from 1024 up",
  EADDRNOTAVAIL: "this machine does not have the address; want one of its own, such as 127.0.0.1",
  ENOTFOUND: "the host is not known; want an address of this machine, such as 127.0.0.1",
};

function listen(server: Server, { host = "127.0.0.1", port = 0 }: SimulatorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = HOW_TO_LISTEN[error.code ?? ""] ?? error.message;
      reject(new Error(`cannot listen at --host ${host} --port ${String(port)}: ${why}`, { cause: error }));
    };
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

/**
 * Starts a simulator and resolves once it listens.
 * @throws SimOptionError for an unusable state file, ZodError for an unusable fault script, Error when it cannot
 * listen.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const started = assemble(options);
  const { context, saver, credentials } = started;
  const listener = listenerOf(started, options.logger);
  const server =
    options.tls === undefined ? createHttpServer(listener) : createTlsServer(options.tls, listener);
  // As long as a proxy would: a client must bear that its idle connection is closed.
  server.keepAliveTimeout = context.world.settings["connection.keepAliveMs"];
  answerBrokenRequests(server);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host ?? "127.0.0.1";
  // An address that stands for all is none to connect to.
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${name}:${String(port)}`,
    port,
    credentials,
    replacePrivateKey: (privateKey) => {
      context.auth.digest.replaceKey(privateKey);
    },
    projects: () => summarizeProjects(context.world),
    log: (since = 0) => {
      context.settle();
      return context.log.since(since);
    },
    installFaults: (script, replaces = false) => {
      context.faults.install(readFaultScript(script, context.world), replaces);
      context.touch();
    },
    mutate: (script) => {
      const now = context.settle();
      const faults = parseMutations(script).map((one) => applyMutation(context.world, one, now));
      context.touch();
      return faults.filter((fault) => fault !== null);
    },
    close: () => close(server, { ...started, saver }),
  };
}

/**
 * In this order: effects due by now reach the log, sleepers wake, connections end, and only then is the state saved and
 * the log let go, because ending requests still write to both.
 */
async function close(server: Server, started: Started): Promise<void> {
  if (started.closing.signal.aborted) return;
  started.context.settle();
  started.closing.abort();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
  started.saver.flush();
  started.context.log.end();
}
