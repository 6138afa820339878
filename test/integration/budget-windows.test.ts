// The budget between processes, against a simulator with a small bucket: no window of its log ever holds more than
// Atlas gives, nobody is ever answered 429, and people are served while passes wait.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openAtlas } from "../../src/bin/atlas-client.js";
import { readConfig } from "../../src/bin/wiring.js";
import { readEnvironment } from "../../src/config/environment.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator } from "../../src/sim/wire/server.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { listBudgets, takeCalls, writeLimits } from "../../src/store/pass/budgets.js";
import type { CallerReport, CallerTask } from "../support/budget-caller.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT, aFleet } from "../support/fleets.js";

const CALLER = fileURLToPath(new URL("../support/budget-caller.ts", import.meta.url));
const LOADER = import.meta.resolve("tsx");
const CAPACITY = 60;
const REFILL = 20;
const REFILL_MS = 2_000;
const PROCESSES = 4;
/** 64 callers in all. */
const TASK: CallerTask = { callers: { person: 1, change: 3, pass: 12 }, forMs: 14_000, personPauseMs: 400 };

let database: TestDatabase;
let simulator: Simulator;
let reports: readonly CallerReport[];
let calls: readonly LogEntry[];

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({
    populate: aFleet({ orders: { clicks: "STARTED" } }),
    settings: buildSettings([
      `rateLimit.capacity=${String(CAPACITY)}`,
      `rateLimit.refill=${String(REFILL)}`,
      `rateLimit.refillMs=${String(REFILL_MS)}`,
    ]),
  });
  const env = {
    DATABASE_URL: database.databaseUrl,
    MONGODB_ATLAS_BASE_URL: simulator.url,
    MONGODB_ATLAS_CLIENT_ID: simulator.credentials.clientId,
    MONGODB_ATLAS_CLIENT_SECRET: simulator.credentials.clientSecret,
  };
  await readLimits(env);
  reports = await Promise.all(Array.from({ length: PROCESSES }, () => runCallers(env)));
  calls = simulator.log().filter(({ operation }) => operation === "getProcessor" || operation === "get");
});
afterAll(async () => {
  await simulator.close();
  await database.drop();
});

/** As the first call of a day does: the budget becomes what Atlas tells. */
async function readLimits(env: Readonly<Record<string, string>>): Promise<void> {
  const atlas = openAtlas(readConfig(env), () => undefined);
  await takeCalls(database.store, { project: PROJECT, calls: 0, callClass: "person" });
  const limits = await atlas.readRateLimits(PROJECT, {});
  await atlas.close();
  if (limits === undefined) throw new Error("the simulator tells its limits");
  await writeLimits(database.store, { project: PROJECT, ...limits });
}

async function runCallers(env: Readonly<Record<string, string>>): Promise<CallerReport> {
  const { PATH, HOME } = readEnvironment();
  const child = spawn(process.execPath, ["--import", LOADER, CALLER, JSON.stringify(TASK)], {
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [told, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  if (told === "") throw new Error(`a process of callers failed:\n${errors}`);
  return JSON.parse(told) as CallerReport;
}

const sumOf = (pick: (report: CallerReport) => number): number =>
  reports.reduce((sum, report) => sum + pick(report), 0);

it("takes over the limits that Atlas tells", async () => {
  const [budget] = await listBudgets(database.store);
  expect(budget).toMatchObject({ capacity: CAPACITY, refillPerMinute: (REFILL * 60_000) / REFILL_MS });
});

it("never gets a 429", () => {
  expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200));
  expect(calls.length).toBe(sumOf(({ person, change, pass }) => person.served + change.served + pass.served));
});

it("keeps every window of the log within the budget, whatever its length", () => {
  const ats = calls.map(({ at }) => at);
  const excess = ats.flatMap((from, first) =>
    ats.slice(first).map((to, more) => more + 1 - (CAPACITY + (REFILL * (to - from)) / REFILL_MS)),
  );
  expect(Math.max(...excess)).toBeLessThanOrEqual(0);
});

it("keeps every span of one refill within the capacity", () => {
  const ats = calls.map(({ at }) => at);
  const windows = ats.map((from) => ats.filter((at) => at >= from && at < from + REFILL_MS).length);
  expect(Math.max(...windows)).toBeLessThanOrEqual(CAPACITY);
});

it("uses most of what the budget gives", () => {
  expect(calls.length).toBeGreaterThan(0.7 * ((TASK.forMs / REFILL_MS) * REFILL));
});

it("serves people in place while passes are at their share", () => {
  const people = sumOf(({ person }) => person.served);
  expect(sumOf(({ person }) => person.givenBack)).toBe(0);
  expect(Math.max(...reports.map(({ person }) => person.longestMs))).toBeLessThan(2_000);
  expect(people).toBeGreaterThan(PROCESSES * 10);
  expect(sumOf(({ pass }) => pass.givenBack)).toBeGreaterThan(0);
});
