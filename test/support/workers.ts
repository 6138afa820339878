// A worker and use cases on a stack of one's own wiring: another namespace, or another way to Atlas, on a loop's
// database.
import { inject } from "vitest";
import { openApp } from "../../src/bin/app.js";
import { openWorker } from "../../src/bin/worker.js";
import { readConfig } from "../../src/bin/wiring.js";
import type { AppDeps } from "../../src/app/deps.js";
import { createLogger } from "../../src/base/logger.js";

export interface OtherStack {
  /** The use cases on that stack. */
  readonly app: AppDeps;
  /** Ends its worker and its connections. */
  stop(): Promise<void>;
}

/** A running worker with these variables. The loop it stems from has installed the runtime. */
export async function startOtherStack(env: Readonly<Record<string, string>>): Promise<OtherStack> {
  const config = readConfig(env);
  const log = createLogger("silent");
  const { worker, close } = await openWorker({ config, env, log, bundlePath: inject("bundlePath") });
  const running = worker.run();
  const opened = openApp(config, env);
  return {
    app: opened.app,
    stop: async () => {
      worker.shutdown();
      await running;
      await Promise.all([close(), opened.close()]);
    },
  };
}
