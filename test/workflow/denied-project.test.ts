// A revoked credential over the real loop: two projects, each with a credential of its own, and Atlas refuses one of
// them. Its project is held and looked at slowly; its neighbour's failures are started as ever; and once the credential
// is good again the held project goes on by itself. The simulator's log is the judge.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { requestPass } from "../../src/app/act/pass.js";
import { listStoredProcessors } from "../../src/store/people/listings/listings.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { PROJECT as NEIGHBOUR, aFleet, many, toNames, until } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";
import { pauseSchedule } from "../support/schedules.js";

const DENIED = "64f1c0ffee0ddba11ca7e5d0";
const WORKSPACE = "orders";
const COUNT = 4;
const INTERVAL_MS = 60_000;
const RECHECK_MS = 5 * INTERVAL_MS;
const KEY = { publicKey: "abcdefgh", privateKey: "11111111-2222-3333-4444-555555555555" };
/** A call is sent bare first, and answered with a challenge: the second one is signed. */
const REQUESTS_OF_A_LOOK = 2;

let folder: string;
let loop: TestLoop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-denied-"));
  const file = join(folder, "credentials.yaml");
  await writeFile(file, JSON.stringify([{ projects: [DENIED], ...KEY }]));
  loop = await startLoop({
    simulator: {
      credentials: KEY,
      populate: (world, now) => {
        for (const project of [DENIED, NEIGHBOUR])
          aFleet({ [WORKSPACE]: many(COUNT, "STARTED") }, project)(world, now);
      },
    },
    settings: { ...PATIENT, intervalMs: INTERVAL_MS, holdRecheckMs: RECHECK_MS },
    variables: { HEADGATE_CREDENTIALS_FILE: file },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
  // No pass but those of the ticks: one that an apply began might look after the credential is gone.
  for (const project of [DENIED, NEIGHBOUR]) await applyText(withoutTemporal(loop.app), toPolicies(project));
  await tick();
});
afterAll(async () => {
  await loop.stop();
  await rm(folder, { recursive: true });
});

const toPolicies = (project: string): string =>
  `{ project: ${project}, workspace: ${WORKSPACE}, processors: { ${toNames(COUNT)
    .map((name) => `${name}: {}`)
    .join(", ")} } }`;

/** What the Schedule does each interval: a pass over whatever is due. */
async function tick(): Promise<void> {
  await loop.database.advance(INTERVAL_MS);
  const runs = await loop.app.runs();
  await (await runs.startPass({ workspaces: null, isLookOnly: false })).result();
}

function crash(project: string, processor: string): void {
  loop.simulator.mutate({ op: "crash", project, workspace: WORKSPACE, processor });
}

const callsTo = (project: string, since: number): readonly LogEntry[] =>
  loop.simulator.log(since).filter((entry) => entry.project === project);

const lastSeq = (): number => loop.simulator.log().at(-1)?.seq ?? 0;

const startsIn = (project: string, since: number): readonly (string | null)[] =>
  callsTo(project, since)
    .filter(({ operation, effective }) => operation === "startWith" && effective)
    .map(({ processor }) => processor)
    .sort();

interface Hold {
  readonly project: string;
  readonly why: string | null;
  readonly by: string | null;
}

const readHolds = (): Promise<readonly Hold[]> =>
  loop.database.store.query<Hold>(
    "select project, held_why as why, held_by as by from projects where held_why is not null",
  );

const readReasons = async (project: string): Promise<readonly (string | null)[]> => {
  const found = await listStoredProcessors(loop.database.store, { project });
  return [...new Set(found.map(({ reasonCode }) => reasonCode))];
};

/** Looks, starting nothing, until each of the project's processors runs and no change is open. */
async function lookUntilAllRun(project: string): Promise<void> {
  await until(async () => {
    await requestPass(loop.app, { only: [{ project, workspace: WORKSPACE }], isLookOnly: true });
    const found = await listStoredProcessors(loop.database.store, { project });
    const rest = found.filter(({ state, openChange }) => state !== "STARTED" || openChange !== null);
    return rest.length === 0 ? true : undefined;
  });
}

it("holds the project whose credential is refused, and starts its neighbour's failures as ever", async () => {
  const before = lastSeq();
  loop.simulator.replacePrivateKey("99999999-2222-3333-4444-555555555555");
  for (const project of [DENIED, NEIGHBOUR]) for (const name of ["p-1", "p-2"]) crash(project, name);
  await tick();
  expect(await readHolds()).toEqual([
    { project: DENIED, by: "list", why: expect.stringContaining("401") as string },
  ]);
  expect(callsTo(DENIED, before).map(({ operation, status }) => [operation, status])).toEqual(
    Array(REQUESTS_OF_A_LOOK).fill(["list", 401]),
  );
  await lookUntilAllRun(NEIGHBOUR);
  expect(startsIn(NEIGHBOUR, before)).toEqual(["p-1", "p-2"]);
  expect(await readReasons(NEIGHBOUR)).not.toContain("held");
});

it("asks once a re-check, whatever becomes due meanwhile, and the neighbour is looked at each time", async () => {
  const [quiet, recheck] = [lastSeq(), RECHECK_MS / INTERVAL_MS];
  for (let passed = 0; passed < recheck - 1; passed += 1) await tick();
  expect(callsTo(DENIED, quiet)).toEqual([]);
  expect(
    callsTo(NEIGHBOUR, quiet).filter(({ operation }) => operation === "list").length,
  ).toBeGreaterThanOrEqual(recheck - 1);
  const second = lastSeq();
  crash(NEIGHBOUR, "p-3");
  await tick();
  expect(callsTo(DENIED, second).map(({ operation, status }) => [operation, status])).toEqual(
    Array(REQUESTS_OF_A_LOOK).fill(["list", 401]),
  );
  await lookUntilAllRun(NEIGHBOUR);
  expect(startsIn(NEIGHBOUR, second)).toEqual(["p-3"]);
  const lines = await loop.database.store.query("select project from journal where kind = 'project.held'");
  expect(lines).toEqual([{ project: DENIED }]);
});

it("goes on by itself once the credential is good again", async () => {
  const restored = lastSeq();
  loop.simulator.replacePrivateKey(KEY.privateKey);
  await loop.database.advance(RECHECK_MS);
  await tick();
  await lookUntilAllRun(DENIED);
  expect(await readHolds()).toEqual([]);
  expect(startsIn(DENIED, restored)).toEqual(["p-1", "p-2"]);
  expect(startsIn(NEIGHBOUR, restored)).toEqual([]);
  // Nobody but Headgate has done anything.
  const people = await loop.database.store.query("select from changes where requested_by = 'person'");
  expect(people).toEqual([]);
});
