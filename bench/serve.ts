// `npm run bench:serve`: what `headgate serve` costs. A page of processors beside a bare route of the same framework
// that sends the same bytes; a start through the gateway beside the same start by a pass. Processes of their own, side
// by side in one run. Ends with 1 if a target is missed.
import { buildThisTree } from "./builds.js";
import { cleanUpOnSignals } from "./clean-up.js";
import { createHeadgateContender } from "./contenders/headgate.js";
import type { BenchFleet } from "./fleet.js";
import { measurePages } from "./serve-pages.js";
import { STARTS, measureStarts } from "./serve-starts.js";
import { BENCH_ID, logIn, serve } from "./served.js";
import type { Served } from "./served.js";
import { startBenchStack } from "./stack.js";

const SETTINGS = {
  HEADGATE_INTERVAL: "1d",
  // It is the server that is measured.
  HEADGATE_REQUESTS_PER_SECOND: "999999",
};
const LARGE: BenchFleet = { processors: 10_000, workspaces: 100 };
const SMALL: BenchFleet = { processors: 2 * STARTS, workspaces: 2 * STARTS };

cleanUpOnSignals();
const build = buildThisTree();
await onStack(LARGE, measurePages);
await onStack(SMALL, measureStarts);

/** A worker that has passed over the fleet, and a server beside it. */
async function onStack(fleet: BenchFleet, measure: (bench: Served) => Promise<void>): Promise<void> {
  const stack = await startBenchStack(fleet, [BENCH_ID]);
  try {
    const contender = await createHeadgateContender(stack, {
      build,
      id: BENCH_ID,
      settings: SETTINGS,
      isFresh: false,
    });
    const { side } = contender;
    const session = await contender.open();
    await session.makeReady();
    await session.pass();
    await side.database.store.query("vacuum analyze");
    const url = await serve(stack, side);
    await measure({ stack, side, url, authorization: await logIn(side, url) });
  } finally {
    await stack.stop();
  }
}
