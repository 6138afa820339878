// The place of Temporal: the variables and profiles that Temporal's own tools read. Headgate adds none of its own, so
// that who can reach a namespace with `temporal` can run Headgate against it.
import { loadClientConnectConfig } from "@temporalio/envconfig";
import type { NativeConnectionOptions } from "@temporalio/worker";
import { AppError } from "../base/errors.js";

/** What both kinds of connection take. Holds the key: it must reach no log. */
export interface LoadedClientConnectOptions {
  readonly address: string;
  readonly namespace: string;
  readonly connection: Pick<NativeConnectionOptions, "tls" | "apiKey" | "metadata"> & {
    readonly address: string;
  };
}

const DEFAULTS = { address: "localhost:7233", namespace: "default" } as const;

/**
 * From TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_* and the profiles file; a variable goes
 * before the file. Reads the file each time and connects to nothing. Throws `config.invalid`.
 */
export function loadTemporalProfile(
  env: Readonly<Record<string, string | undefined>>,
): LoadedClientConnectOptions {
  const { connectionOptions, namespace } = load(toOverrides(env));
  const { tls, apiKey, metadata } = connectionOptions;
  const address = connectionOptions.address ?? DEFAULTS.address;
  const connection = {
    address,
    ...(tls === undefined || tls === null ? {} : { tls }),
    ...(typeof apiKey === "string" ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
  };
  return { address, namespace: namespace ?? DEFAULTS.namespace, connection };
}

/** The SDK throws plain errors for a file or a profile that it cannot read: they are a person's to mend. */
function load(overrideEnvVars: Record<string, string>): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("config.invalid", `the configuration of Temporal (TEMPORAL_*) is wrong: ${reason}`, {
      cause: error,
    });
  }
}

function toOverrides(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

interface TemporalVariable {
  readonly name: string;
  readonly meaning: string;
  readonly default: string;
  readonly isSecret: boolean;
}

const variable = (name: string, meaning: string, byDefault = ""): TemporalVariable => ({
  name: `TEMPORAL_${name}`,
  meaning,
  default: byDefault,
  // The path to a key may be shown; the key may not.
  isSecret: /KEY(_DATA)?$/.test(name),
});

/**
 * What Temporal's own tools read; TEMPORAL_GRPC_META_* besides. For `config` and the documents: nothing is read by it.
 */
export const TEMPORAL_VARIABLES: readonly TemporalVariable[] = [
  variable("ADDRESS", "Temporal, as host:port", DEFAULTS.address),
  variable("NAMESPACE", "its namespace", DEFAULTS.namespace),
  variable("CONFIG_FILE", "profiles of Temporal's tools (TOML)"),
  variable("PROFILE", "the profile to take", "default"),
  variable("API_KEY", "a key of Temporal Cloud"),
  variable("TLS", "true or false"),
  variable("TLS_CLIENT_CERT_PATH", "client certificate (PEM)"),
  variable("TLS_CLIENT_CERT_DATA", "or its text"),
  variable("TLS_CLIENT_KEY_PATH", "client key (PEM)"),
  variable("TLS_CLIENT_KEY_DATA", "or its text"),
  variable("TLS_SERVER_CA_CERT_PATH", "who signs the server's certificate (PEM)"),
  variable("TLS_SERVER_CA_CERT_DATA", "or its text"),
  variable("TLS_SERVER_NAME", "the name in the server's certificate"),
  variable("TLS_DISABLE_HOST_VERIFICATION", "true: whatever name is in it"),
];

/**
 * The address and the namespace as variables, if neither the environment nor a default says them: the profile does.
 * Throws as `loadTemporalProfile`.
 */
export function readProfileVariables(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const { address, namespace } = loadTemporalProfile(env);
  const found = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
  const defaults: readonly string[] = Object.values(DEFAULTS);
  return Object.fromEntries(
    Object.entries(found).filter(([name, value]) => (env[name] ?? "") === "" && !defaults.includes(value)),
  );
}
