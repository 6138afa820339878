// A Kafka outage takes 300 of 400 processors of a workspace down and comes back: one incident for all of them, one
// canary at a time while it lasts, then waves. The simulator's log is the judge.
import { afterAll, beforeAll, expect, it } from "vitest";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import { callsOf, passLater } from "../support/changes.js";
import { PROJECT, toNames, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const WORKSPACE = "events";
const CAP = 50;
const MINUTE_MS = 60_000;
const CANNOT_CONNECT = {
  kind: "status",
  status: 400,
  errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
  detail: "Streams Processor with this name (p) had a problem occur: Could not connect to the Kafka topic",
};

const KAFKA = toNames(300, "k");
const SPARED = toNames(100, "a");

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    settings: { ...PATIENT, capPerWorkspace: CAP, incidentWave: 20 },
    simulator: {
      populate: (world, now) => {
        const workspace = addWorkspace(world, { project: PROJECT, name: WORKSPACE, maxTierSize: "SP50" });
        const add = (name: string, connection: string): void => {
          const pipeline = [{ $source: { connectionName: connection } }];
          const seed = {
            name,
            createdAt: now - 3_600_000,
            state: "STARTED",
            tier: "SP10",
            pipeline,
          } as const;
          addProcessor(world, workspace, seed);
        };
        for (const name of KAFKA) add(name, "kafka");
        for (const name of SPARED) add(name, "cluster");
      },
    },
  });
  await loop.startWorker();
  await applyText(
    loop.app,
    JSON.stringify({
      project: PROJECT,
      workspace: WORKSPACE,
      processors: Object.fromEntries([...KAFKA, ...SPARED].map((name) => [name, { state: "STARTED" }])),
    }),
  );
});
afterAll(() => loop.stop());

const query = <Row extends object>(text: string): Promise<readonly Row[]> =>
  loop.database.store.query<Row>(text);

async function readTimeline(kind: string): Promise<readonly string[]> {
  const rows = await query<{ kind: string; text: string }>(
    "select kind, text from journal where incident_id is not null order by id",
  );
  return rows.filter((row) => row.kind === kind).map(({ text }) => text);
}

/** A pass later, over and over, each once nothing is under way any more. */
async function passUntil(isOver: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    await passLater(loop, WORKSPACE, MINUTE_MS);
    await until(async () =>
      (await query("select from changes where closed_at is null")).length === 0 ? true : undefined,
    );
    return (await isOver()) ? true : undefined;
  });
}

/** The most changes that were open at the same time. */
async function countMostOpen(): Promise<number> {
  const moves = await query<{ step: number }>(
    `select step from changes, lateral (values (opened_at, 1), (closed_at, -1)) as m(at, step) order by at, step`,
  );
  let open = 0;
  return Math.max(...moves.map(({ step }) => (open += step)));
}

it("opens one incident on the connection, and tries one canary at a time while the outage lasts", async () => {
  await passUntil(() => Promise.resolve(true));
  loop.simulator.installFaults([
    { when: { operation: "startWith", workspace: WORKSPACE }, what: CANNOT_CONNECT },
  ]);
  const crash = { op: "crash", project: PROJECT, workspace: WORKSPACE, errorMsg: "no Kafka broker" };
  for (const processor of KAFKA) loop.simulator.mutate({ ...crash, processor });
  await passUntil(async () => (await readTimeline("incident.failed")).length >= 3);
  const tried = callsOf(loop, WORKSPACE, "startWith").map(({ processor }) => processor ?? "");
  expect(tried.length).toBe((await readTimeline("incident.trying")).length);
  expect(tried.filter((name) => !KAFKA.includes(name))).toEqual([]);
  // The next of them each time: one that is broken by itself holds up no other.
  expect(new Set(tried).size).toBe(tried.length);
  expect(await countMostOpen()).toBe(1);
  expect(await query("select workspace, connection, announced from incidents")).toEqual([
    { workspace: WORKSPACE, connection: "kafka", announced: false },
  ]);
});

interface Budget {
  readonly refill: number;
  /** From the first start that succeeded to the end of the last, by the database's clock. */
  readonly minutes: number;
}

/** The time in refills of the budget, a minute each, and how many of those as many starts alone would need. */
async function readBudget(starts: number): Promise<{ readonly bound: number; readonly minutes: number }> {
  const [budget] = await query<Budget>(
    `select refill_per_minute as refill, (select extract(epoch from max(closed_at) - min(opened_at))::float8 / 60
       from changes where outcome = 'succeeded') as minutes from call_budgets`,
  );
  if (budget === undefined) throw new Error("the project has no budget");
  return { bound: Math.ceil(starts / budget.refill), minutes: budget.minutes };
}

it("brings them back by a canary and then in waves, each by one effective start", async () => {
  loop.simulator.installFaults([], true);
  await passUntil(async () => (await readTimeline("incident.closed")).length > 0);
  const started = callsOf(loop, WORKSPACE, "startWith").filter(({ effective }) => effective);
  expect(started.map(({ processor }) => processor ?? "").sort()).toEqual([...KAFKA].sort());
  expect(await countMostOpen()).toBeLessThanOrEqual(CAP);
  expect(await readTimeline("incident.refilling")).toEqual([
    "wave 1: 20 are started, 279 wait",
    "wave 2: 40 are started, 239 wait",
    "wave 3: 80 are started, 159 wait",
    "wave 4: 159 are started, 0 wait",
  ]);
  expect(await readTimeline("incident.closed")).toEqual(["300 run again"]);
  // The canary and four waves, each behind the health of the one before, where the budget alone needs one refill.
  const { bound, minutes } = await readBudget(started.length);
  const steps = 1 + (await readTimeline("incident.refilling")).length;
  expect({ starts: started.length, steps, bound }).toEqual({ starts: 300, steps: 5, bound: 1 });
  process.stderr.write(
    `\n300 starts in ${minutes.toFixed(1)} refills of the budget, which alone would need ${String(bound)}: ` +
      `${(minutes / bound).toFixed(1)} times its bound\n`,
  );
  expect(await readTimeline("incident.opened")).toHaveLength(1);
}, 300_000);
