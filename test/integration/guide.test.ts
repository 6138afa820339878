// The pages of docs/guide, each run as the session it tells: what it shows is what is printed. What a page only tells
// of (a night, an outage) is made to happen here, by the words of its comment.
import { afterEach, expect, it } from "vitest";
import { createScheduler } from "../../src/domain/decide/schedule.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { listPolicies } from "../../src/store/people/policies.js";
import { findUnprinted, openShell, parsePage, readGuide } from "../support/guide-page.js";
import type { Shell } from "../support/guide-page.js";
import { openCli } from "../support/cli-process.js";
import { PROJECT, aFleet, many, until, untilClosed } from "../support/fleets.js";
import type { Fleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
let shell: Shell;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  shell.remove();
  for (const end of ends.splice(0)) await end();
  await loop.stop();
});

/** The pass that an apply asked for has ended. */
async function untilLookedAt(): Promise<void> {
  await until(async () => {
    const [row] = await loop.database.store.query<{ waiting: number }>(
      "select count(*) as waiting from workspaces where due_at <= headgate_now() or lease_until > headgate_now()",
    );
    return row?.waiting === 0 ? true : undefined;
  });
}

/** And what they left has settled. */
async function untilEnded(count: number): Promise<void> {
  await untilClosed(loop, count);
  await loop.database.advance(1_000);
}

/** To the minute after the last processor's restart. */
async function passTheNight(): Promise<void> {
  const now = await readClock(loop.database.store);
  const nights = (await listPolicies(loop.database.store)).map(({ ref, declared: { policy } }) => {
    if (policy.restart === undefined) throw new Error("the page declares a schedule");
    const [slot] = createScheduler().nextSlots(policy.restart, ref, { from: now, count: 1 });
    return slot?.firesAt ?? now;
  });
  await loop.database.advance(Math.max(...nights) - now + 60_000);
}

function fail(words: string): void {
  for (const processor of words.match(/clicks|views|carts/g) ?? []) {
    loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "orders", processor });
  }
}

/** On a free port, whichever the page says: several runs of it stand on one machine. */
async function serve(): Promise<void> {
  const cli = openCli(loop.variables);
  const server = cli.start(["serve", "--port", "0"]);
  ends.push(async () => {
    server.interrupt();
    await server.ended;
    cli.remove();
  });
  const line = await until(() => Promise.resolve(/^(\{.*\})\n/.exec(server.printed().stdout)?.[1]));
  const { url } = JSON.parse(line) as { readonly url: string };
  await shell.run(`HEADGATE_URL=${url}`);
}

/**
 * The start is done and nobody hears of it. The page's client leaves first: the worker waits its second for the answer
 * from later on.
 */
function fallSilent(): void {
  const what = { kind: "hang", applies: true };
  loop.simulator.installFaults([{ when: { operation: "startWith", workspace: "orders", nth: 1 }, what }]);
}

function losePosition(processor: string): void {
  const errorMsg = "(ChangeStreamHistoryLost) resume point may no longer be in the oplog, code 286";
  loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "orders", processor, errorMsg });
}

function loseTheBroker(): void {
  const what = { kind: "status", status: 400, detail: "Could not connect to the broker" };
  loop.simulator.installFaults([{ when: { operation: "startWith", workspace: "orders" }, what }]);
  for (const processor of Object.keys(many(12, ""))) {
    loop.simulator.mutate({ op: "crash", project: PROJECT, workspace: "orders", processor });
  }
}

async function happen(words: string): Promise<void> {
  if (words === "a server listens at $HEADGATE_URL") return serve();
  if (words === "Atlas does not answer the next start") {
    fallSilent();
    return;
  }
  const [, count] = /^until (\d+) changes have ended$/.exec(words) ?? [];
  if (count !== undefined) return untilEnded(Number(count));
  const [, loser] = /^(\w+) loses its position$/.exec(words) ?? [];
  if (loser !== undefined) {
    losePosition(loser);
    return;
  }
  if (words === "all of orders fail, and no start works") {
    loseTheBroker();
    return;
  }
  if (words === "starts work again") {
    loop.simulator.installFaults([], true);
    return;
  }
  if (words === "until it has been looked at") return untilLookedAt();
  if (words === "the night passes") return passTheNight();
  if (!words.endsWith(" fail")) throw new Error(`no test knows "${words}"`);
  fail(words);
}

const PAGES: readonly (readonly [page: string, orders: Fleet[string]])[] = [
  ["adopt", { clicks: "FAILED", views: "STARTED", carts: "STOPPED" }],
  ["nightly-restarts", { clicks: "STARTED", views: "STARTED" }],
  ["outage", { clicks: "STARTED", views: "STARTED", carts: "STARTED" }],
  ["bad-edit", { clicks: "STARTED", views: "STARTED" }],
  ["lost-position", { clicks: "STARTED", views: "STARTED" }],
  ["incident", many(12, "STARTED")],
  ["gateway", { clicks: "STOPPED", carts: "STOPPED", views: "STARTED", returns: "STARTED" }],
];

it.each(PAGES)("%s is a session that works", async (page, orders) => {
  loop = await startLoop({ simulator: { populate: aFleet({ orders }) } });
  await loop.startWorker();
  shell = openShell(loop.variables);
  for (const step of parsePage(readGuide(page))) {
    if (step.kind === "file") shell.write(step.name, step.text);
    if (step.kind === "event") await happen(step.words);
    if (step.kind !== "command") continue;
    const { code, printed } = await shell.run(step.line);
    const said = `${step.line} printed:\n${printed}`;
    expect(code, said).toBe(step.code);
    expect(findUnprinted(step.shown, printed), said).toEqual([]);
  }
});
