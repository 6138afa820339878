// The ways to Temporal: one client connection for starting and describing runs, one native connection for a worker.
// Both are bounded in time, because a silent port would hang them for ever.
import { Client, Connection } from "@temporalio/client";
import { NativeConnection } from "@temporalio/worker";
import type { LoadedClientConnectOptions } from "./profile.js";
import { within } from "../base/deadline.js";
import { AppError } from "../base/errors.js";
import type { Tracing } from "../base/tracing.js";
import { isRefusal, isThere, toTemporalError } from "./errors.js";
import { findTlsFault } from "./tls-probe.js";
import { createTracingPlugins } from "./tracing.js";

/** Of one attempt. A healthy server answers within milliseconds; a person at a terminal waits for this. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface TemporalClient {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/** Throws `temporal.unavailable`, naming the address. */
export async function connectClient(
  profile: LoadedClientConnectOptions,
  tracing?: Tracing,
): Promise<TemporalClient> {
  const plugins = await createTracingPlugins(tracing);
  const connection = await bounded(profile, () =>
    Connection.connect({ ...profile.connection, connectTimeout: CONNECT_TIMEOUT_MS }),
  );
  const client = new Client({ connection, namespace: profile.namespace, plugins });
  return { client, close: () => connection.close() };
}

/**
 * Tries for as long as `patienceMs`, twice a second: a worker may start before its server. Throws
 * `temporal.unavailable` of the last attempt, which may end some seconds after that.
 */
export async function connectNative(
  profile: LoadedClientConnectOptions,
  patienceMs: number,
): Promise<NativeConnection> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await bounded(profile, () => NativeConnection.connect(profile.connection));
    } catch (error) {
      if (performance.now() >= giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function bounded<Result>(
  profile: LoadedClientConnectOptions,
  connect: () => Promise<Result>,
): Promise<Result> {
  try {
    return await within(CONNECT_TIMEOUT_MS, connect(), "no answer");
  } catch (error) {
    const explained = toTemporalError(error, profile, `tried for ${String(CONNECT_TIMEOUT_MS / 1_000)}s`);
    // Who has answered speaks as the client does.
    const fault = isRefusal(error) || isThere(error) ? undefined : await findTlsFault(profile);
    if (fault === undefined) throw explained;
    const { says, remedy } = fault;
    throw new AppError("temporal.unavailable", `Temporal at ${profile.address} ${says}`, {
      remedy,
      cause: error,
    });
  }
}
