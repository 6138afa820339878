// Where Temporal is: the variables and profiles that Temporal's own tools read. Headgate adds none of its own.
import { loadClientConnectConfig } from "@temporalio/envconfig";
import type { NativeConnectionOptions } from "@temporalio/worker";

export interface LoadedClientConnectOptions {
  readonly address: string;
  readonly namespace: string;
  readonly connection: Pick<NativeConnectionOptions, "tls" | "apiKey" | "metadata"> & {
    readonly address: string;
  };
}

/** From TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_* and the profiles file. */
export function loadTemporalProfile(
  env: Readonly<Record<string, string | undefined>>,
): LoadedClientConnectOptions {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars });
  const { tls, apiKey, metadata } = connectionOptions;
  const address = connectionOptions.address ?? "localhost:7233";
  const connection = {
    address,
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === "string" ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  };
  return { address, namespace: namespace ?? "default", connection };
}
