// The simulator of the loop's bench, as a process of its own: a fleet of one size in which every processor is in one
// state. Takes its options as one JSON argument; says "listening" once it does.
import { startSimulator } from "../src/sim/wire/server.js";
import type { SimCredentials } from "../src/sim/access/auth.js";
import { buildSettings } from "../src/sim/settings/settings.js";
import { addProcessor, addWorkspace } from "../src/sim/world/world.js";
import type { BenchFleet } from "./fleet.js";
import { namesOf, workspacesOf } from "./fleet.js";

export interface SimulatorProcessOptions {
  readonly fleet: BenchFleet;
  readonly port: number;
  readonly credentials: SimCredentials;
  /** Each request as a line of JSON: what the bench counts. */
  readonly logFile: string;
}

const { fleet, port, credentials, logFile } = JSON.parse(process.argv[2] ?? "") as SimulatorProcessOptions;
const simulator = await startSimulator({
  port,
  credentials,
  logFile,
  settings: buildSettings(["log.maxEntries=1000", "oauth.tokensPerMinute=1000"]),
  populate: (world, now) => {
    for (const ref of workspacesOf(fleet)) {
      const workspace = addWorkspace(world, { project: ref.project, name: ref.workspace });
      for (const name of namesOf(fleet)) {
        addProcessor(world, workspace, {
          name,
          createdAt: now - 3_600_000,
          state: fleet.state,
          tier: "SP10",
          errorMsg: fleet.state === "FAILED" ? "it broke" : null,
        });
      }
    }
  },
});
process.stdout.write("listening\n");
process.once("SIGTERM", () => {
  void simulator.close();
});
