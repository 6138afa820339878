// What an examination asks of Temporal: reads only, each bounded in time.
import type { Client } from "@temporalio/client";

const PATIENCE_MS = 5_000;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;

export async function readServerVersion(client: Client): Promise<string> {
  return client.withDeadline(Date.now() + PATIENCE_MS, async () => {
    const { serverVersion } = await client.workflowService.getSystemInfo({});
    return serverVersion;
  });
}

export interface NamespaceFacts {
  /** How long ended runs can be looked at. */
  readonly retentionMs: number;
}

/** Undefined if there is no such namespace. */
export async function readNamespace(client: Client, namespace: string): Promise<NamespaceFacts | undefined> {
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, async () => {
      const { config } = await client.workflowService.describeNamespace({ namespace });
      return { retentionMs: Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000 };
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === NOT_FOUND) return undefined;
    throw error;
  }
}

export interface Poller {
  readonly identity: string;
  /** Whose worker it is; null if it is of an older version. */
  readonly installation: string | null;
  /** Of its last poll, by this machine's clock. A poll waits a minute for work; a server remembers one for five. */
  readonly seenMsAgo: number;
}

/** Who asks for workflow tasks of an installation's task queue (the server's default), who asked last first. */
export async function readPollers(
  client: Client,
  queue: { readonly namespace: string; readonly taskQueue: string },
): Promise<readonly Poller[]> {
  const { pollers } = await client.withDeadline(Date.now() + PATIENCE_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: queue.namespace,
      taskQueue: { name: queue.taskQueue },
    }),
  );
  return pollers
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? "",
      installation: /\/([0-9a-f]{8})$/.exec(identity ?? "")?.[1] ?? null,
      seenMsAgo: Math.max(0, Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000),
    }))
    .sort((one, other) => one.seenMsAgo - other.seenMsAgo);
}
