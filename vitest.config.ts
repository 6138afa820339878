// One runner for every suite. A suite that needs Postgres or Temporal names its global set-up here; the
// suites that load the Temporal native addon run in forks.
//
// Files run side by side, because most of them wait: for a server, a poll, a time-out. They share the modules of their
// process (`isolate: false`): to load Temporal's client anew for each file costs more CPU than most files do. So a test
// leaves nothing behind in a module.
import { defineConfig } from "vitest/config";

/** Suites of one stage run side by side; each stage begins when the one before has ended. */
const STAGES = {
  /** Computes. */
  first: { maxWorkers: 2, sequence: { groupOrder: 0 } },
  /** Mostly waits. */
  second: { maxWorkers: 4, sequence: { groupOrder: 1 } },
  /** Needs the machine to itself. */
  last: { fileParallelism: false, maxWorkers: 1, sequence: { groupOrder: 2 } },
};
const suite = (name: string, extra: Record<string, unknown>) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: "forks" as const, isolate: false, ...extra },
});
const slow = { testTimeout: 60_000, hookTimeout: 60_000 };
/** Bounds of what hangs: side by side, files wait for one another. */
const patient = { testTimeout: 180_000, hookTimeout: 120_000 };
const withStack = { ...STAGES.second, ...patient, globalSetup: ["test/support/global-setup.ts"] };

export default defineConfig({
  test: {
    projects: [
      suite("unit", { ...STAGES.first, testTimeout: 20_000 }),
      suite("replay", { ...STAGES.first, ...slow }),
      suite("contract", { ...STAGES.first, ...slow }),
      suite("integration", withStack),
      suite("workflow", withStack),
      suite("faults", { ...withStack, testTimeout: 300_000 }),
      suite("e2e", { ...STAGES.last, testTimeout: 600_000, hookTimeout: 600_000 }),
    ],
  },
});
