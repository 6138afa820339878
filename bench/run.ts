// `npm run bench [-- --quick] [--scenario NAME ...]`: Headgate beside a bare script, a job queue and an old build of
// its own. Ends with 1 if a batch failed or a processor was not started exactly once.
import { parseArgs } from "node:util";
import { buildOldTree, buildThisTree } from "./builds.js";
import { runDuel } from "./duel.js";
import { toDuelTable } from "./report.js";
import { FULL, QUICK } from "./scenarios.js";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true, default: [] },
    "no-old": { type: "boolean", default: false },
  },
});

const scenarios = (values.quick ? QUICK : FULL).filter(
  ({ name }) => values.scenario.length === 0 || values.scenario.includes(name),
);
const current = buildThisTree();
const old = values["no-old"] ? undefined : buildOldTree();
if (old === undefined) say("WITHOUT THE OLD BUILD: its commit is not in this repository");
try {
  for (const scenario of scenarios) {
    say(`${scenario.name}: ${scenario.title}`);
    const result = await runDuel(scenario, { current, old }, say);
    say(toDuelTable(result));
    for (const fault of result.faults) say(`FAULT: ${fault}`);
    if (result.faults.length > 0) process.exitCode = 1;
  }
} finally {
  old?.remove();
}
