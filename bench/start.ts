// `npm run bench:start`: how long verbs take that only read Postgres, beside a bare script with `pg` and one query, and
// beside an old build: processes, started in turn, the median of each. The fleet is the sample, declared and not yet
// seen. Ends with 1 if a target is missed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEnvironment } from "../src/config/environment.js";
import { findFreePort } from "../src/dev/port.js";
import { startPostgres } from "../src/dev/postgres.js";
import { openStore } from "../src/store/postgres/pool.js";
import { buildOldTree, buildThisTree } from "./builds.js";
import type { Build } from "./builds.js";
import { cleanUpOnSignals, whenEnded } from "./clean-up.js";
import { HEADGATE } from "./names.js";

const ROUNDS = 15;
const BARE = "bare script";
const REF = "32b6e34b3d91647abb20e7b8/orders/invoice-feed";
const VERBS: Readonly<Record<string, readonly string[]>> = {
  "get processors": ["get", "processors"],
  plan: ["plan"],
  explain: ["explain", REF],
  "get processors --help": ["get", "processors", "--help"],
};
/** At most so many times the bare script. */
const LIMITS: Readonly<Record<string, number>> = { "get processors": 2, plan: 2.5 };
/** At least so many times as fast as the old build. */
const GAIN = 2;

interface Contender {
  readonly verb: string;
  readonly build: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

cleanUpOnSignals();
const builds = [buildThisTree(), await buildOldTree()].filter((build) => build !== undefined);
const folder = mkdtempSync(join(tmpdir(), "headgate-bench-start-"));
const { databaseUrl, child } = await startPostgres({ folder, port: await findFreePort() });
const stop = whenEnded(async () => {
  await child.stop();
  rmSync(folder, { recursive: true, force: true });
});
try {
  const { PATH, HOME } = readEnvironment();
  const contenders: Contender[] = [];
  for (const build of builds) {
    const env = { PATH, HOME, DATABASE_URL: await createFleet(build, { PATH, HOME }) };
    const program = join(build.root, "dist/src/bin/headgate.js");
    if (build.name === HEADGATE) contenders.push(...toBare(build, env));
    for (const [verb, args] of Object.entries(VERBS)) {
      contenders.push({ verb, build: build.name, args: [program, ...args], env });
    }
  }
  report(measureInTurn(contenders));
} finally {
  await stop();
}

/** A database of the build's own, with its tables and the sample's policies. */
async function createFleet({ name, root }: Build, env: Contender["env"]): Promise<string> {
  const store = openStore({ databaseUrl, max: 1 });
  const url = new URL(databaseUrl);
  url.pathname = name === HEADGATE ? "/bench_this" : "/bench_old";
  await store.query(`create database ${url.pathname.slice(1)}`);
  await store.close();
  for (const verb of [["migrate"], ["apply", "-f", join(root, "samples/fleet.yaml"), "--yes"]]) {
    execFileSync(process.execPath, [join(root, "dist/src/bin/headgate.js"), ...verb], {
      // Nobody is there: it says so, and applies.
      env: { ...env, DATABASE_URL: url.href, TEMPORAL_ADDRESS: "127.0.0.1:1" },
      stdio: "ignore",
    });
  }
  return url.href;
}

function toBare({ root }: Build, env: Contender["env"]): readonly Contender[] {
  return [
    { verb: "node -e 0", build: "", args: ["-e", "0"], env },
    { verb: BARE, build: "", args: [join(root, "dist/bench/scripts/one-query.js")], env },
  ];
}

type Times = ReadonlyMap<Contender, readonly number[]>;

function measureInTurn(contenders: readonly Contender[]): Times {
  const times = new Map(contenders.map((one) => [one, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [{ verb, args, env }, all] of times) {
      const begun = performance.now();
      const { status } = spawnSync(process.execPath, args, { env, input: env["DATABASE_URL"] ?? "" });
      if (status !== 0) throw new Error(`${verb} ended with ${String(status)}`);
      all.push(performance.now() - begun);
    }
  }
  return times;
}

function report(times: Times): void {
  const medians = new Map(
    [...times].map(([{ verb, build }, all]) => [
      `${verb} ${build}`.trim(),
      [...all].sort((one, other) => one - other)[ROUNDS >> 1] ?? 0,
    ]),
  );
  const bare = medians.get(BARE) ?? 1;
  for (const [name, ms] of medians) {
    process.stdout.write(`${name.padEnd(36)} ${(ms / bare).toFixed(2)} x (${ms.toFixed(0)} ms)\n`);
  }
  for (const [verb, limit] of Object.entries(LIMITS)) {
    const ours = medians.get(`${verb} ${HEADGATE}`) ?? Infinity;
    const old = [...times.keys()].find((one) => one.verb === verb && one.build !== HEADGATE);
    const gain = old === undefined ? GAIN : (medians.get(`${verb} ${old.build}`) ?? 0) / ours;
    const isReached = ours / bare <= limit && gain >= GAIN;
    process.stdout.write(`${verb}: ${isReached ? "reached" : "MISSED"} (at most ${String(limit)} x)\n`);
    if (!isReached) process.exitCode = 1;
  }
}
