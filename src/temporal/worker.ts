// The worker: one task queue, bundled workflows, activities given from outside. Its process supervises nothing: whoever
// runs it starts it again. Any number of workers may share the queue, for what they do is kept apart by leases and
// fences.
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "@temporalio/worker";
import type { NativeConnection } from "@temporalio/worker";
import type { Activities } from "../../activities/contract.js";
import type { Tracing } from "../base/tracing.js";
import type { Installation } from "../domain/run-names.js";
import { createTracingPlugins } from "./tracing.js";

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly installation: Installation;
  readonly activities: Activities;
  /** The bundle made at build time; absent in development, where the sources are bundled at start. */
  readonly bundlePath: string | undefined;
  /** Then the bundle must be the one with the interceptors inside. */
  readonly tracing?: Tracing | undefined;
}

/** Does not run it yet. Without a bundle this takes seconds, because the workflows are bundled here. */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const workflows =
    options.bundlePath === undefined
      ? { workflowsPath: fileURLToPath(new URL("../../workflows", import.meta.url)) }
      : { workflowBundle: { codePath: options.bundlePath } };
  const plugins = await createTracingPlugins(options.tracing);
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.installation.taskQueue,
    identity: toIdentity(options.installation),
    activities: options.activities,
    ...workflows,
    plugins,
    // Most activities wait: for an answer, for the next look, for a budget. What works is bounded elsewhere
    // (ARCHITECTURE.md, "Bounds").
    maxConcurrentActivityTaskExecutions: 500,
    maxConcurrentWorkflowTaskExecutions: 80,
    maxCachedWorkflows: 1_000,
    // A dead worker's workflows wait for its own queue no longer than this.
    stickyQueueScheduleToStartTimeout: "5 seconds",
    // Within the 27 s after which the process ends whatever the SDK does (src/bin/worker.ts).
    shutdownGraceTime: "10 seconds",
    shutdownForceTime: "25 seconds",
  });
}

/** As the SDK's own, and whose worker it is: `doctor` reads it. */
function toIdentity({ id }: Installation): string {
  return `${String(process.pid)}@${hostname()}/${id}`;
}
