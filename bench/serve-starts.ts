// A start through the gateway beside the same start by a pass: POSTs and statements, which are counted. Nothing is
// timed, so that a busy machine changes nothing.
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessorRef } from "../src/domain/refs.js";
import { readInstallation } from "../src/store/installation.js";
import { connectClient } from "../src/temporal/connection.js";
import { loadTemporalProfile } from "../src/temporal/profile.js";
import { createRuns } from "../src/temporal/runs.js";
import { DECLARED } from "./fleet.js";
import { countStatements } from "./meters.js";
import { BENCH_ID, judgeServed, sayServed } from "./served.js";
import type { Served } from "./served.js";
import { showSpread, toSpread } from "./spread.js";

/** Half of the starts by a pass, half through the gateway; the first of each is not counted. */
export const STARTS = 11;
const POSTS_AT_MOST = 1.3;
const STATEMENTS_MORE = 2;
const LOOK_MS = 50;

interface Cost {
  readonly posts: number;
  readonly statements: number;
}

/** Half of them each way, in turn. Counted by the simulator's log and by Postgres, for worker and server together. */
export async function measureStarts(bench: Served): Promise<void> {
  const { stack, side } = bench;
  const { client, close } = await connectClient(loadTemporalProfile(stack.toTemporalVariables(BENCH_ID)));
  const installation = await readInstallation(side.database.store);
  const runs = createRuns({ client, installation, gatherMs: 0 });
  const byPass: Cost[] = [];
  const byGateway: Cost[] = [];
  await stack.atlas.setAll("FAILED");
  for (const [index, { project, workspace, processors }] of stack.atlas.fleet.entries()) {
    const ref = { project, workspace, processor: processors[0] ?? "" };
    const isByPass = index % 2 === 0;
    const cost = await measureCost(bench, async () => {
      if (isByPass)
        await (await runs.startPass({ workspaces: [{ project, workspace }], isLookOnly: false })).result();
      else await startThroughGateway(bench, ref);
      await untilClosed(bench, index + 1);
    });
    // Whoever comes first asks for what is kept from then on.
    if (index > 1) (isByPass ? byPass : byGateway).push(cost);
  }
  await close();
  reportStarts(byPass, byGateway);
}

async function measureCost({ stack, side }: Served, act: () => Promise<void>): Promise<Cost> {
  const mark = stack.atlas.mark();
  const before = await countStatements(stack, side.database.name);
  await act();
  const statements = (await countStatements(stack, side.database.name)) - before;
  const { posts } = await stack.atlas.countSince(mark);
  return { posts: [...posts.values()].reduce((sum, count) => sum + count, 0), statements };
}

/** As it is declared: the same start as the pass's. */
async function startThroughGateway({ url, authorization }: Served, ref: ProcessorRef): Promise<void> {
  const { project, workspace, processor } = ref;
  const path = `/api/atlas/v2/groups/${project}/streams/${workspace}/processor/${processor}:startWith`;
  const type = "application/vnd.atlas.2025-03-12+json";
  const reply = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization, accept: type, "content-type": type },
    body: JSON.stringify({ tier: DECLARED.tier }),
  });
  if (reply.status !== 200)
    throw new Error(`the gateway answered ${String(reply.status)}: ${await reply.text()}`);
}

/** The bench's own statements are not counted. */
async function untilClosed({ side }: Served, count: number): Promise<void> {
  for (;;) {
    const [row] = await side.database.store.query<{ closed: number }>(
      "select count(*) as closed from changes where closed_at is not null",
    );
    if ((row?.closed ?? 0) >= count) return;
    await delay(LOOK_MS);
  }
}

/** The least of each: how often a change looks before Atlas shows what was asked is Atlas's affair. */
function reportStarts(byPass: readonly Cost[], byGateway: readonly Cost[]): void {
  const rows = { "by a pass": byPass, "through the gateway": byGateway };
  sayServed("A start of a FAILED processor:");
  for (const [title, costs] of Object.entries(rows)) {
    const posts = toSpread(costs.map((one) => one.posts));
    const statements = toSpread(costs.map((one) => one.statements));
    sayServed(
      `  ${title.padEnd(24)} POSTs ${showSpread(posts, String)}, statements at least ${String(statements.least)} ` +
        `(median ${String(statements.median)})`,
    );
  }
  const least = (costs: readonly Cost[], measure: (cost: Cost) => number): number =>
    toSpread(costs.map(measure)).least;
  const total = (costs: readonly Cost[]): number => costs.reduce((sum, { posts }) => sum + posts, 0);
  judgeServed(
    total(byGateway) <= POSTS_AT_MOST * total(byPass),
    `POSTs at most ${String(POSTS_AT_MOST)} times as many`,
  );
  const more = least(byGateway, (one) => one.statements) - least(byPass, (one) => one.statements);
  judgeServed(more <= STATEMENTS_MORE, `statements ${String(more)} more, at most ${String(STATEMENTS_MORE)}`);
}
