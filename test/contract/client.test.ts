// The contract suite: the Atlas client against the simulator, always, and against Atlas itself where the environment
// names it. Everything that passes is recorded, and at the end every request and every reply is validated against the
// OpenAPI.
//
//   MONGODB_ATLAS_*            credentials, base URL, as Headgate reads them
//   ATLAS_CONTRACT_PROJECT     the project to read (24 hex digits)
//   ATLAS_CONTRACT_WORKSPACE   the workspace to read
//   ATLAS_CONTRACT_WRITE=1     start and stop, too ...
//   ATLAS_CONTRACT_PROCESSOR   ... this processor and no other; ITS CHECKPOINT IS LOST. A new one, CREATED and
//                              without a tier, in a workspace with maxTierSize below SP50 settles the most questions.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/config/environment.js";
import { openAtlasSubject, readAtlasTarget } from "./atlas-target.js";
import type { OpenSubject } from "./atlas-target.js";
import { describeCore, toOperations } from "./client-core.js";
import { describeFaults } from "./client-fault-scenarios.js";
import { openBench, openBenches } from "./client-harness.js";
import type { OpenBench } from "./client-harness.js";
import { describeAccess, describeReading, describeWriting } from "./client-scenarios.js";
import { loadOpenApi } from "./openapi.js";
import { askAll, toTable } from "./probes.js";
import { describeProbes } from "./probe-switches.js";
import type { RecordedExchange } from "./recorder.js";
import { describeRun, judgeRun } from "./run-judge.js";
import type { ClientOperation } from "./run-judge.js";

const api = loadOpenApi();
const HOUR_MS = 3_600_000;

/** The last test of a run. */
function judge(
  name: string,
  findRecorded: () => readonly RecordedExchange[],
  wanted: readonly ClientOperation[],
): void {
  it.runIf(api !== undefined)(
    "sent and received what the OpenAPI declares, and nothing else, by every operation",
    () => {
      if (api === undefined) return;
      const run = judgeRun(api, findRecorded());
      process.stderr.write(describeRun(name, run));
      expect(run.faults).toEqual([]);
      expect(run.requests).toBeGreaterThan(0);
      expect(wanted.filter((operation) => !run.answered.has(operation))).toEqual([]);
    },
  );
}

describe("the simulator", () => {
  const recorded: RecordedExchange[] = [];
  const onBench = openBenches(recorded);

  describe.each(["service-account", "api-key"] as const)("with a %s", (kind) => {
    let open: OpenBench;
    beforeAll(async () => {
      open = await openBench(recorded, { kind });
    });
    afterAll(() => open.close());
    describeCore(() => open.bench);
  });

  describeReading(onBench);
  describeWriting(onBench);
  describeAccess(onBench);
  describeFaults(onBench);
  describeProbes(onBench);
  judge("the simulator", () => recorded, toOperations({ processor: "any" }));
});

const environment = readEnvironment();
const target = readAtlasTarget(environment);
if (target === undefined) {
  process.stderr.write(
    "Atlas itself is not asked: ATLAS_CONTRACT_PROJECT and ATLAS_CONTRACT_WORKSPACE are not set\n",
  );
} else {
  describe("Atlas", () => {
    let open: OpenSubject;
    beforeAll(async () => {
      open = await openAtlasSubject(target, environment);
    });
    afterAll(() => open.close());

    // Before the rest: some questions want a processor that never ran.
    it("tells what nobody knows of it", { timeout: HOUR_MS }, async () => {
      const found = await askAll(open.subject);
      process.stderr.write(toTable("Atlas", found));
      expect(found.size).toBeGreaterThan(15);
    });

    describeCore(() => open.subject);
    judge("Atlas", () => open.subject.recorder.exchanges, toOperations(target));
  });
}
