// `npm run bench [-- --quick] [--scenario NAME ...]`: Headgate beside a bare script, a job queue and an old build of
// its own. Writes docs/performance.md and its chart, unless it is a quick run. Ends with 1 if a batch failed or a
// processor was not started exactly once.
import { parseArgs } from "node:util";
import { buildOldTree, buildThisTree } from "./builds.js";
import { cleanUpOnSignals } from "./clean-up.js";
import { runDev } from "./dev.js";
import { runDuel } from "./duel.js";
import type { DuelBuilds } from "./duel.js";
import { runLooks } from "./looks.js";
import { HEADGATE } from "./names.js";
import { toDevTable, toDuelTable, toLooksTable, toSlotsTable, writePerformance } from "./report.js";
import { readResults, toStamp, writeResults } from "./results.js";
import type { BenchResults } from "./results.js";
import { FULL, LOOKED_AT, LOOKED_AT_QUICKLY, QUICK, WATCHED } from "./scenarios.js";
import { runSlots } from "./slots.js";

const [SLOTS, FEW_SLOTS] = [100_000, 5_000];
const QUICK_WATCH_MS = 10_000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true, default: [] },
    "no-old": { type: "boolean", default: false },
  },
});
const duels = values.quick ? QUICK : FULL;
const names = [...duels.map(({ name }) => name), "slots", "looks", "dev"];
const unknown = values.scenario.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(", ")}; there are ${names.join(", ")}`);
const isWanted = (name: string): boolean => values.scenario.length === 0 || values.scenario.includes(name);

type Step = (builds: DuelBuilds) => Promise<(results: BenchResults) => BenchResults>;

const steps: readonly (readonly [string, Step])[] = [
  ...duels.map((scenario): [string, Step] => [
    scenario.name,
    async (builds) => {
      say(`${scenario.name}: ${scenario.title}`);
      const result = { ...(await runDuel(scenario, builds, say)), ...toStamp() };
      say(`${toDuelTable(result)}\n`);
      for (const { contender, fault } of result.faults) say(`FAULT of ${contender}: ${fault}`);
      // What the others do badly is a result, and no failure of this tree.
      if (result.faults.some(({ contender }) => contender === HEADGATE)) process.exitCode = 1;
      return (results) => ({ ...results, duels: { ...results.duels, [scenario.name]: result } });
    },
  ]),
  [
    "slots",
    async (builds) => {
      say("slots: the last slots of restart schedules");
      const slots = { ...(await runSlots(values.quick ? FEW_SLOTS : SLOTS, builds)), ...toStamp() };
      say(`${toSlotsTable(slots)}\n`);
      return (results) => ({ ...results, slots });
    },
  ],
  [
    "looks",
    async ({ current }) => {
      say("looks: commands about one processor");
      const fleets = values.quick ? LOOKED_AT_QUICKLY : LOOKED_AT;
      const looks = { ...(await runLooks(fleets, current, say)), ...toStamp() };
      say(`${toLooksTable(looks)}\n`);
      return (results) => ({ ...results, looks });
    },
  ],
  [
    "dev",
    async (builds) => {
      say("dev: a fleet is watched");
      const watched = values.quick
        ? runDev(LOOKED_AT_QUICKLY, builds, QUICK_WATCH_MS)
        : runDev(WATCHED, builds);
      const dev = { ...(await watched), ...toStamp() };
      say(`${toDevTable(dev)}\n`);
      return (results) => ({ ...results, dev });
    },
  ],
];

cleanUpOnSignals();
const current = buildThisTree();
const old = values["no-old"] ? undefined : await buildOldTree();
if (old === undefined) say("WITHOUT THE OLD BUILD: not asked for, or this copy has no history");
try {
  for (const [, step] of steps.filter(([name]) => isWanted(name))) {
    const put = await step({ current, old });
    // After each, so that a run which is broken off has written what it found.
    if (!values.quick) await writeResults(put(readResults()));
  }
} finally {
  await old?.remove();
}
if (!values.quick) await writePerformance(readResults());
