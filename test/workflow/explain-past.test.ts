// What `explain` said at a moment is what `explain --at` says of it later, over a story of the real stack: a processor
// runs, fails, waits, is started, is suspended, gets another policy and is restarted by its schedule.
import { afterAll, beforeAll, expect, it } from "vitest";
import { suspend, unsuspend } from "../../src/app/act/interventions.js";
import { explainAt } from "../../src/app/look/explain-past.js";
import { explain } from "../../src/app/look/explain.js";
import type { Explanation } from "../../src/app/look/explain.js";
import { declareIn, passLater, refOf, untilClosedIn } from "../support/changes.js";
import { openCliInside } from "../support/cli-inside.js";
import type { CliRun } from "../support/cli-process.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const HOUR_MS = 3_600_000;
const WORKSPACE = "orders";
const REF = refOf(WORKSPACE);

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ [WORKSPACE]: { p: "STARTED" } }) } });
  await loop.startWorker();
});
afterAll(() => loop.stop());

/** What must be told alike: all but what is to come, and when it was looked at last. */
function toComparable(told: Explanation): object {
  const { policy, observed, decision, conditions, failure, running, changes } = told;
  return {
    policy: policy && { version: policy.version, fields: policy.fields },
    processor: observed.processor,
    seen: [
      observed.isAbsent,
      observed.stateSince,
      observed.stateCause,
      observed.stateBy,
      observed.driftSince,
    ],
    decision: [decision.rowId, decision.code, decision.why],
    conditions: conditions.map(({ name, status, since }) => [name, status, since]),
    failure,
    running: running?.id,
    changes: changes.map(({ id, outcome, closedAt }) => [id, outcome, closedAt]),
  };
}

/** Later than the settle time of what was done, so that whether it was looked at since makes no difference. */
const SETTLED_MS = 10_000;

it("tells of each moment of a story what was told then", async () => {
  const captured: Explanation[] = [];
  const capture = async (rowId: string): Promise<void> => {
    await passLater(loop, WORKSPACE, SETTLED_MS);
    const told = await explain(loop.app, REF);
    expect(told.decision.rowId).toBe(rowId);
    captured.push(told);
    await loop.database.advance(1_000);
  };
  const closed = async (count: number): Promise<void> => {
    await untilClosedIn(loop, WORKSPACE, count);
  };
  const policy = (rest: string): Promise<void> =>
    declareIn(loop, WORKSPACE, `{ start: { tier: SP10 }, recovery: { backoff: { initial: 1h } }${rest} }`);

  await policy("");
  await capture("runs-as-declared");
  const crash = (errorMsg: string): void => {
    loop.simulator.mutate({ op: "crash", ...REF, errorMsg });
  };
  crash("no such topic");
  await passLater(loop, WORKSPACE);
  await closed(1);
  await capture("runs-as-declared");
  crash("no such topic again");
  await capture("backing-off");
  await suspend({ ...loop.app, actor: "ana" }, { ref: REF, forMs: 9 * HOUR_MS, why: "a migration" });
  await capture("suspended");
  await unsuspend(loop.app, REF);
  await capture("backing-off");
  await passLater(loop, WORKSPACE, HOUR_MS);
  await closed(2);
  await capture("runs-as-declared");
  await policy(`, restart: { cron: "0 * * * *", timezone: UTC }`);
  await capture("runs-as-declared");
  await passLater(loop, WORKSPACE, HOUR_MS);
  await closed(3);
  await capture("runs-as-declared");
  await policy(`, mode: observe`);
  await passLater(loop, WORKSPACE, HOUR_MS);
  crash("for the last time");
  await capture("observe-only");

  for (const told of captured) {
    const past = await explainAt(loop.app, REF, { kind: "at", at: told.now });
    expect(toComparable(past)).toEqual(toComparable(told));
    expect([past.now, past.past?.askedAt]).toEqual([told.now, expect.any(Number)]);
  }
  expect(new Set(captured.map(({ policy: declared }) => declared?.version)).size).toBe(3);
});

const policyFile = (policy: string): string =>
  `{ project: ${PROJECT}, workspace: ${WORKSPACE}, processors: { p: ${policy} } }`;
const ONE_START = policyFile("{ start: { tier: SP10 }, recovery: { maxAttempts: 1 } }");
const NOTHING = policyFile("{ start: { tier: SP10 }, mode: observe }");

it("replays the story: fewer attempts would have parked it, and mode observe would have done nothing", async () => {
  const cli = openCliInside(loop.variables);
  try {
    const replay = async (file: string, ...flags: string[]): Promise<CliRun> =>
      cli.run(["replay", "-f", cli.write("file.yaml", file), "--since", "9000h", ...flags]);
    const told = await replay(ONE_START, "-o", "json");
    expect({ code: told.code, stderr: told.stderr }).toEqual({ code: 3, stderr: "" });
    const inForce = { attempts: 2, restarts: 1, stops: 0, parked: 0, pages: 0 };
    expect(JSON.parse(told.stdout)).toMatchObject({
      processors: [
        {
          ref: REF,
          inForce,
          instead: { attempts: 1, restarts: 0, stops: 0, parked: 1, pages: 1 },
          isCut: false,
        },
      ],
      notRecorded: [],
    });
    const table = await replay(NOTHING);
    expect(table.stdout).toMatch(
      /^PROCESSOR +ATTEMPTS +RESTARTS +STOPS +PARKED +PAGES +FIRST DIFFERENCE\n\S+ +2 -> 0 +1 -> 0 +0 +0 +0 +\S+ as it was: attempts: FAILED \(no such topic\), but declared STARTED\ntotal of 1 +2 -> 0/,
    );
    expect(table.stderr).toMatch(/^1 processor would have differed, \S+ to \S+\.\n$/);
    const stranger = await replay(ONE_START.replace(" p:", " q:"));
    expect(stranger).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("orders/q: nothing is recorded") as string,
    });
    const late = await cli.run(["replay", "-f", "file.yaml", "--since", "2999-01-01T00:00:00Z"]);
    expect(late).toMatchObject({ code: 1, stdout: "" });
  } finally {
    cli.remove();
  }
});

it("says what is not kept of a time before everything, and refuses a moment that has not come", async () => {
  const before = await explainAt(loop.app, REF, { kind: "ago", ms: 9_000 * HOUR_MS });
  expect(before.policy).toBeNull();
  expect(before.past?.notKept).toContain(
    "no observation is kept from then: what was seen and counted is not known",
  );
  expect(before.changes).toEqual([]);
  await expect(explainAt(loop.app, REF, { kind: "at", at: Date.UTC(2999, 0) })).rejects.toMatchObject({
    code: "request.refused",
    message: expect.stringContaining("2999-01-01T00:00:00.000Z has not come yet") as string,
  });
  await expect(
    explainAt(loop.app, { ...REF, project: PROJECT, processor: "q" }, { kind: "ago", ms: 1 }),
  ).rejects.toMatchObject({ code: "request.unknown" });
});
