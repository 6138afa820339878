// What Temporal has written down of a contender's runs.
import type { Client } from "@temporalio/client";
import { setTimeout as delay } from "node:timers/promises";

export interface History {
  readonly runs: number;
  readonly events: number;
  readonly bytes: number;
  /** Attempts at a batch of workspaces that failed or timed out. */
  readonly failedBatches: number;
}

const LOOK_MS = 250;
const PATIENCE_MS = 120_000;

/** Of every run that began since then, once all have ended: the list of runs follows a little behind. */
export async function readHistory(client: Client, since: Date): Promise<History> {
  const query = `StartTime >= "${since.toISOString()}"`;
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const history = await readOnce(client, query);
    if (history !== undefined) return history;
    if (performance.now() > giveUpAt) throw new Error("runs of Temporal do not end");
    await delay(LOOK_MS);
  }
}

/** Undefined while one of them runs. */
async function readOnce(client: Client, query: string): Promise<History | undefined> {
  let [runs, events, bytes, failedBatches] = [0, 0, 0, 0];
  for await (const { workflowId, runId, type, status, raw } of client.workflow.list({ query })) {
    if (status.name === "RUNNING") return undefined;
    runs += 1;
    events += Number(raw.historyLength);
    bytes += Number(raw.historySizeBytes);
    if (type !== "reconcile") continue;
    const { events: history } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    failedBatches += (history ?? []).reduce((total, event) => total + countFailures(event), 0);
  }
  return runs === 0 ? undefined : { runs, events, bytes, failedBatches };
}

interface ActivityEvent {
  readonly activityTaskStartedEventAttributes?: { readonly attempt?: number | null } | null;
  readonly activityTaskFailedEventAttributes?: object | null;
  readonly activityTaskTimedOutEventAttributes?: object | null;
}

/** Attempts before the last one stand in no event of their own. */
function countFailures(event: ActivityEvent): number {
  const earlier = (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1;
  const last = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  return earlier + (last ? 1 : 0);
}
