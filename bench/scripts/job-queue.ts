// The same job for a queue in Postgres (graphile-worker): a tick enqueues a job for each workspace; a FAILED processor
// is a job that starts it, and its workspace a job that looks again until all is as declared.
import { run } from "graphile-worker";
import type { TaskList } from "graphile-worker";
import { openParts, readOptions } from "./parts.js";
import { serveOrders } from "./protocol.js";

const options = readOptions();
const parts = await openParts(options);

/** Workspaces that are not yet as they have to be, by their place in the fleet. */
const pending = new Set<number>();
let finish: () => void = () => undefined;

interface Look {
  readonly index: number;
  /** Start what is FAILED; a repeated look starts nothing. */
  readonly starts: boolean;
  /** Look again until all is as declared. */
  readonly waits: boolean;
}

const workspaceAt = (index: number): (typeof parts.fleet)[number] => {
  const found = parts.fleet[index];
  if (found === undefined) throw new Error(`there is no workspace ${String(index)}`);
  return found;
};

const taskList: TaskList = {
  tick: async (payload, { addJobs }) => {
    const isRecovery = (payload as { readonly isRecovery: boolean }).isRecovery;
    await addJobs(
      parts.fleet.map((_, index) => ({
        identifier: "look",
        payload: { index, starts: isRecovery, waits: isRecovery } satisfies Look,
      })),
    );
  },
  look: async (payload, { addJob, addJobs }) => {
    const { index, starts, waits } = payload as Look;
    const { failed, drifted } = await parts.look(workspaceAt(index));
    if (starts && failed.length > 0) {
      await addJobs(failed.map((processor) => ({ identifier: "start", payload: { index, processor } })));
    }
    if (waits && drifted > 0) {
      const runAt = new Date(Date.now() + options.pollMs);
      await addJob("look", { index, starts: false, waits } satisfies Look, { runAt });
      return;
    }
    pending.delete(index);
    if (pending.size === 0) finish();
  },
  start: async (payload) => {
    const { index, processor } = payload as { readonly index: number; readonly processor: string };
    await parts.start(workspaceAt(index), processor);
  },
};

/** Workspaces looked at at once, as the bare script; a recovery needs a place for each start under way. */
const LOOKS_AT_ONCE = 50;

const runner = await run({
  connectionString: options.databaseUrl,
  concurrency: LOOKS_AT_ONCE + options.startsAtOnce,
  maxPoolSize: 20,
  noHandleSignals: true,
  taskList,
});

serveOrders(async (order) => {
  for (const index of parts.fleet.keys()) pending.add(index);
  const finished = new Promise<void>((resolve) => (finish = resolve));
  await runner.addJob("tick", { isRecovery: order === "recover" });
  await finished;
});
