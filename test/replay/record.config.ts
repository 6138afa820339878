// Runs record.ts, and nothing else does: histories are recorded by hand, when a workflow gets a path that none of them
// takes.
// `npx vitest run --config test/replay/record.config.ts`
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/replay/record.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
