// `npm run bench:serve`: what `headgate serve` costs. A page of processors beside a bare route of the same framework
// that sends the same bytes; a start through the gateway beside the same start by a pass. Processes of their own, side
// by side in one run. Ends with 1 if a target is missed.
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessorRef } from "../src/domain/refs.js";
import { readInstallation } from "../src/store/installation.js";
import { connectClient } from "../src/temporal/connection.js";
import { loadTemporalProfile } from "../src/temporal/profile.js";
import { createRuns } from "../src/temporal/runs.js";
import { buildThisTree } from "./builds.js";
import { cleanUpOnSignals } from "./clean-up.js";
import { createHeadgateContender } from "./contenders/headgate.js";
import type { HeadgateSide } from "./contenders/headgate.js";
import { DECLARED } from "./fleet.js";
import type { BenchFleet } from "./fleet.js";
import { countStatements } from "./meters.js";
import { showSpread, toSpread } from "./spread.js";
import { startBenchStack } from "./stack.js";
import type { BenchStack } from "./stack.js";

/** Of its database and its namespace. */
const ID = "headgate";
const SETTINGS = {
  HEADGATE_INTERVAL: "1d",
  // It is the server that is measured.
  HEADGATE_REQUESTS_PER_SECOND: "999999",
};
const PAGE = "/v1/processors?limit=500";
const LARGE: BenchFleet = { processors: 10_000, workspaces: 100 };
const ROUNDS = 5;
const SPAN_MS = 4_000;
const MANY = 16;
/** Of the bare route's requests a second. */
const SHARE = 0.5;

/** Half of the starts by a pass, half through the gateway; the first of each is not counted. */
const STARTS = 11;
const SMALL: BenchFleet = { processors: 2 * STARTS, workspaces: 2 * STARTS };
const POSTS_AT_MOST = 1.3;
const STATEMENTS_MORE = 2;
const LOOK_MS = 50;

interface Bench {
  readonly stack: BenchStack;
  readonly side: HeadgateSide;
  readonly url: string;
  readonly authorization: string;
}

cleanUpOnSignals();
const build = buildThisTree();
await onStack(LARGE, measurePages);
await onStack(SMALL, measureStarts);

/** A worker that has passed over the fleet, and a server beside it. */
async function onStack(fleet: BenchFleet, measure: (bench: Bench) => Promise<void>): Promise<void> {
  const stack = await startBenchStack(fleet, [ID]);
  try {
    const contender = await createHeadgateContender(stack, {
      build,
      id: ID,
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

async function serve(stack: BenchStack, { program, env }: HeadgateSide): Promise<string> {
  const line = await startPrinting(stack, { args: [program, "serve", "--port", "0"], env, input: "" });
  return (JSON.parse(line) as { readonly url: string }).url;
}

interface Printing {
  readonly args: readonly string[];
  readonly env: HeadgateSide["env"];
  readonly input: string;
}

/** Its first line. */
async function startPrinting(stack: BenchStack, { args, env, input }: Printing): Promise<string> {
  const child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  stack.onStop(() => end(child));
  child.stdin.end(input);
  let printed = "";
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    printed += String(text);
    if (printed.includes("\n")) break;
  }
  if (!printed.includes("\n")) throw new Error(`${args.join(" ")} ended`);
  return printed;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** The value of an Authorization header. */
async function logIn({ program, env }: HeadgateSide, url: string): Promise<string> {
  const made = execFileSync(
    process.execPath,
    [program, "keys", "create", "bench", "--role", "admin", "-o", "json"],
    {
      env,
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    },
  );
  const { clientId, clientSecret } = JSON.parse(made) as {
    readonly clientId: string;
    readonly clientSecret: string;
  };
  const reply = await fetch(`${url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await reply.json()) as { readonly access_token: string };
  return `Bearer ${token}`;
}

interface Contest {
  readonly title: string;
  readonly paths: readonly string[];
  readonly connections: number;
  readonly isJudged: boolean;
}

async function measurePages(bench: Bench): Promise<void> {
  const { stack, side, url, authorization } = bench;
  const { pages, first } = await readPages(bench);
  const script = join(import.meta.dirname, "../dist/bench/scripts/bare-route.js");
  const bare = (await startPrinting(stack, { args: [script], env: side.env, input: first })).trim();
  const contests: readonly Contest[] = [
    { title: `first page, ${String(MANY)} connections`, paths: [PAGE], connections: MANY, isJudged: true },
    {
      title: `all pages in turn, ${String(MANY)} connections`,
      paths: pages,
      connections: MANY,
      isJudged: false,
    },
    { title: "first page, 1 connection", paths: [PAGE], connections: 1, isJudged: false },
  ];
  say(`GET ${PAGE} of ${String(LARGE.processors)} processors, ${String(Buffer.byteLength(first))} bytes:`);
  for (const { title, paths, connections, isJudged } of contests) {
    const rounds: { readonly ours: number; readonly theirs: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const load = { paths, headers: { authorization }, connections, spanMs: SPAN_MS };
      rounds.push({ ours: drive({ ...load, url }), theirs: drive({ ...load, url: bare }) });
    }
    const ours = toSpread(rounds.map((one) => one.ours)).median;
    const theirs = toSpread(rounds.map((one) => one.theirs)).median;
    const shares = toSpread(rounds.map((one) => one.ours / one.theirs));
    say(
      `  ${title.padEnd(36)} ${ours.toFixed(0)} requests a second, bare route ${theirs.toFixed(0)}: ` +
        `${shares.median.toFixed(2)} (${shares.least.toFixed(2)} to ${shares.most.toFixed(2)})`,
    );
    if (isJudged) judge(shares.median >= SHARE, `at least ${String(SHARE)}`);
  }
}

/** The paths of all pages, and the bytes of the first. */
async function readPages({ url, authorization }: Bench): Promise<{
  readonly pages: readonly string[];
  readonly first: string;
}> {
  const pages: string[] = [];
  let first = "";
  for (let path: string | undefined = PAGE; path !== undefined;) {
    const text = await (await fetch(`${url}${path}`, { headers: { authorization } })).text();
    first ||= text;
    pages.push(path);
    const { next } = JSON.parse(text) as { readonly next: string | null };
    path = next === null ? undefined : `${PAGE}&cursor=${next}`;
  }
  return { pages, first };
}

/** Requests a second. A process of its own: it must not wait for this one. */
function drive(load: object): number {
  const script = join(import.meta.dirname, "../dist/bench/scripts/load.js");
  return Number(execFileSync(process.execPath, [script], { input: JSON.stringify(load), encoding: "utf8" }));
}

interface Cost {
  readonly posts: number;
  readonly statements: number;
}

/** Half of them each way, in turn. Counted by the simulator's log and by Postgres, for worker and server together. */
async function measureStarts(bench: Bench): Promise<void> {
  const { stack, side } = bench;
  const { client, close } = await connectClient(loadTemporalProfile(stack.toTemporalVariables(ID)));
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

async function measureCost({ stack, side }: Bench, act: () => Promise<void>): Promise<Cost> {
  const mark = stack.atlas.mark();
  const before = await countStatements(stack, side.database.name);
  await act();
  const statements = (await countStatements(stack, side.database.name)) - before;
  const { posts } = await stack.atlas.countSince(mark);
  return { posts: [...posts.values()].reduce((sum, count) => sum + count, 0), statements };
}

/** As it is declared: the same start as the pass's. */
async function startThroughGateway({ url, authorization }: Bench, ref: ProcessorRef): Promise<void> {
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
async function untilClosed({ side }: Bench, count: number): Promise<void> {
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
  say("A start of a FAILED processor:");
  for (const [title, costs] of Object.entries(rows)) {
    const posts = toSpread(costs.map((one) => one.posts));
    const statements = toSpread(costs.map((one) => one.statements));
    say(
      `  ${title.padEnd(24)} POSTs ${showSpread(posts, String)}, statements at least ${String(statements.least)} ` +
        `(median ${String(statements.median)})`,
    );
  }
  const least = (costs: readonly Cost[], measure: (cost: Cost) => number): number =>
    toSpread(costs.map(measure)).least;
  const total = (costs: readonly Cost[]): number => costs.reduce((sum, { posts }) => sum + posts, 0);
  judge(
    total(byGateway) <= POSTS_AT_MOST * total(byPass),
    `POSTs at most ${String(POSTS_AT_MOST)} times as many`,
  );
  const more = least(byGateway, (one) => one.statements) - least(byPass, (one) => one.statements);
  judge(more <= STATEMENTS_MORE, `statements ${String(more)} more, at most ${String(STATEMENTS_MORE)}`);
}

function judge(isReached: boolean, target: string): void {
  say(`  ${isReached ? "reached" : "MISSED"}: ${target}`);
  if (!isReached) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
