// What knip cannot see by itself.
export default {
  // Run by hand: they record the histories that test/replay/replay.test.ts replays.
  // The bench starts its scripts as processes of their own.
  entry: [
    "test/replay/record.config.ts",
    "test/replay/record.ts",
    "bench/scripts/{bare,bare-route,job-queue,load,one-query}.ts",
  ],
  // Looked for on PATH at run time: the last way to a Temporal server, and what tests skip where it is missing.
  ignoreBinaries: ["go", "openssl", "pgbouncer", "promtool"],
  // Named so that there is one copy: with two, histories cannot be read from JSON.
  ignoreDependencies: ["protobufjs"],
};
