// One runner for every suite. A suite that needs Postgres or Temporal names its global set-up here; the
// suites that load the Temporal native addon run in forks.
//
// Files of one suite run side by side, because most of them wait: for a server, a poll, a time-out. They share the
// modules of their process (`isolate: false`): to load Temporal's client anew for each file costs more CPU than most
// files do. So a test leaves nothing behind in a module.
import { defineConfig } from "vitest/config";

const suite = (name: string, extra: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: "forks" as const, ...extra },
});
const slow = { testTimeout: 60_000, hookTimeout: 60_000 };
const withStack = { ...slow, globalSetup: ["test/support/global-setup.ts"] };

export default defineConfig({
  test: {
    projects: [
      suite("unit", { testTimeout: 20_000, isolate: false, maxWorkers: 2 }),
      suite("replay", slow),
      suite("contract", slow),
      suite("integration", withStack),
      suite("workflow", withStack),
      suite("faults", { ...withStack, testTimeout: 180_000, fileParallelism: false }),
      suite("e2e", { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false }),
    ],
  },
});
