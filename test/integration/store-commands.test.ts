// A person's commands: each changes the status and writes one journal row with who said it, together; where there is
// nothing to do it writes nothing.
import { beforeEach, expect, it } from "vitest";
import type { AppDeps } from "../../src/app/deps.js";
import { arm, cancelChange, release, suspend, unpark, unsuspend } from "../../src/app/act/interventions.js";
import { NEW_STATUS } from "../../src/domain/status.js";
import type { ProcessorStatus } from "../../src/domain/status.js";
import { commandStatus, findOpenChange, supersede } from "../../src/store/people/commands.js";
import { fence } from "../../src/store/change/fences.js";
import { readClock } from "../../src/store/postgres/clock.js";
import { listChanges, readStatuses } from "../../src/store/people/listings/listings.js";
import { anObservation } from "../support/passes.js";
import {
  ORDERS,
  aPolicy,
  aRef,
  aRequest,
  declare,
  opened,
  pictureRows,
  useDatabase,
} from "../support/store-rows.js";

const database = useDatabase();
const REF = aRef("p");
const KEY = "fresh";
const deps = (): Pick<AppDeps, "store" | "actor"> => ({ store: database().store, actor: "ann" });

beforeEach(() => declare(database().store, REF, aPolicy({ start: { resumeFromCheckpoint: false } })));

async function readStatus(): Promise<ProcessorStatus | undefined> {
  const [status] = (await readStatuses(database().store, [REF])).values();
  return status;
}

/** Brings the status to where a test begins. */
async function setStatus(fields: Partial<ProcessorStatus>): Promise<void> {
  const apply = () => ({ status: { ...NEW_STATUS, ...fields }, text: "set by the test" });
  await commandStatus(database().store, { ref: REF, actor: "test", kind: "processor.unparked", apply });
}

async function readLines(): Promise<readonly object[]> {
  return database().store.query(
    "select kind, actor, text, processor from journal where actor = 'ann' order by id",
  );
}

it("suspends with who, why and until when, in force when it returns, and names the change that runs on", async () => {
  const { store } = database();
  const change = await opened(store, aRequest(REF), "run-1");
  const now = await readClock(store);
  const { running } = await suspend(deps(), { ref: REF, forMs: 3_600_000, why: "migration" });
  expect(running?.id).toBe(change.id);
  const suspended = (await readStatus())?.suspended;
  expect(suspended).toMatchObject({ by: "ann", why: "migration" });
  expect((suspended?.until ?? 0) - now - 3_600_000).toBeGreaterThanOrEqual(0);
  expect((suspended?.until ?? 0) - now - 3_600_000).toBeLessThan(5_000);
  const until = new Date(suspended?.until ?? 0).toISOString();
  expect(await readLines()).toEqual([
    { kind: "processor.suspended", actor: "ann", text: `until ${until}: migration`, processor: "p" },
  ]);
});

const parked = { parked: { version: 1, why: "thirty attempts" }, attempts: 30, attemptsVersion: 1 };
const suspended = { suspended: { by: "bob", why: "x", until: Date.UTC(2100, 0, 1) } };

it.each([
  { kind: "processor.unsuspended", run: unsuspend, from: suspended, to: { suspended: null } },
  { kind: "processor.unparked", run: unpark, from: parked, to: { parked: null, attempts: 0 } },
  {
    kind: "position.armed",
    run: arm,
    from: { positionsSpent: [KEY, "at:x"] },
    to: { positionsSpent: ["at:x"] },
  },
])(
  "$kind: changes the status, journals once, and a second time has nothing to do",
  async ({ kind, run, from, to }) => {
    await setStatus(from);
    expect(await run(deps(), REF)).toBe(true);
    expect(await readStatus()).toMatchObject(to);
    expect(await readLines()).toMatchObject([{ kind, processor: "p" }]);
    const rows = await pictureRows(database().store);
    expect(await run(deps(), REF)).toBe(false);
    expect(await pictureRows(database().store)).toEqual(rows);
  },
);

it("lets one of ten who say the same at once be the one who did it", async () => {
  await setStatus(suspended);
  const done = await Promise.all(Array.from({ length: 10 }, () => unsuspend(deps(), REF)));
  expect(done.filter((one) => one)).toHaveLength(1);
  expect(await readLines()).toHaveLength(1);
});

it.each([
  { what: "to suspend", act: () => suspend(deps(), { ref: aRef("stranger"), forMs: 1, why: "x" }) },
  { what: "to unsuspend", act: () => unsuspend(deps(), aRef("stranger")) },
  { what: "to unpark", act: () => unpark(deps(), aRef("stranger")) },
  { what: "to arm", act: () => arm(deps(), aRef("stranger")) },
  { what: "to release", act: () => release(deps(), { ...ORDERS, workspace: "stranger" }) },
])("refuses $what what nobody has declared or seen, and writes nothing", async ({ act }) => {
  const rows = await pictureRows(database().store);
  await expect(act()).rejects.toMatchObject({ code: "request.unknown" });
  expect(await pictureRows(database().store)).toEqual(rows);
});

it.each([
  { reason: "it runs: a position has no effect", fields: { observed: anObservation("p") }, start: {} },
  { reason: "it declares none", fields: {}, start: { tier: "SP10" } as const },
])("refuses to arm a position where $reason", async ({ fields, start }) => {
  if ("tier" in start) await declare(database().store, REF, aPolicy({ start }));
  await setStatus({ positionsSpent: [KEY], ...fields });
  const rows = await pictureRows(database().store);
  await expect(arm(deps(), REF)).rejects.toMatchObject({ code: "request.refused" });
  expect(await pictureRows(database().store)).toEqual(rows);
});

it("releases from the brake the versions that it holds now, and makes the workspace due", async () => {
  const { store } = database();
  await declare(store, aRef("free"), aPolicy());
  await declare(store, REF, aPolicy({ start: { tier: "SP30" } }));
  await setStatus({ reason: { code: "braked", text: "held" }, reasonSince: 1 });
  await store.query(
    "update workspaces set braked_since = headgate_now(), due_at = headgate_now() + interval '1 h'",
  );
  expect(await release(deps(), ORDERS)).toBe(1);
  const [row] = await store.query(
    "select brake_released, braked_since, due_at <= headgate_now() as due from workspaces",
  );
  expect(row).toEqual({ brake_released: { p: 2 }, braked_since: null, due: true });
  expect(await readLines()).toMatchObject([{ kind: "brake.released", processor: null }]);
});

it("notes who cancels an open change before it asks the run, and none where no such change is open", async () => {
  const { store } = database();
  const asked: string[] = [];
  const refuse = (): never => {
    throw new Error("only a cancel was expected");
  };
  const runs = {
    isOpen: refuse,
    requestPass: refuse,
    startPass: refuse,
    startChange: refuse,
    findChange: refuse,
    joinChange: refuse,
    endRun: refuse,
    cancelRun: (workflowId: string, runId: string) => {
      asked.push(`${workflowId} ${runId}`);
      return Promise.resolve();
    },
  };
  const change = await opened(store, aRequest(REF), "run-1");
  const withRuns = { ...deps(), runs: () => Promise.resolve(runs) };
  await cancelChange(withRuns, change.id);
  expect(asked).toEqual([`processor/${REF.project}/orders/p run-1`]);
  const [row] = await store.query("select cancel_requested_by from changes");
  expect(row).toEqual({ cancel_requested_by: "ann" });
  expect(await readLines()).toMatchObject([
    { kind: "change.cancel-requested", text: "cancel of start asked for" },
  ]);
  for (const id of ["nonsense", "00000000-0000-4000-8000-000000000000"]) {
    expect(await cancelChange(withRuns, id)).toBeUndefined();
  }
});

it.each([
  { reason: "a pass's change that has fenced nothing", fields: {}, isFenced: false, gives: true },
  { reason: "one that has fenced", fields: {}, isFenced: true, gives: false },
  { reason: "a person's", fields: { requestedBy: "person" } as const, isFenced: false, gives: false },
])("a person supersedes $reason: $gives", async ({ fields, isFenced, gives }) => {
  const { store } = database();
  await opened(store, aRequest(REF, fields), "run-1");
  const open = await findOpenChange(store, REF);
  if (open === undefined) throw new Error("it was opened just before");
  const fencing = { runId: "run-1", ref: REF, step: "start", attempt: 1, horizonMs: 1_000 } as const;
  const judge = () => ({ kind: "post", options: {}, positionKey: null }) as const;
  if (isFenced) await fence(store, { ...fencing, judge });
  expect(await supersede(store, open, "ann")).toBe(gives);
  expect((await listChanges(store))[0]?.outcome ?? null).toBe(gives ? "superseded" : null);
  expect(await readLines()).toHaveLength(gives ? 1 : 0);
});

it("either supersedes a change or lets its fence pass, never both", async () => {
  const { store } = database();
  for (let round = 1; round <= 15; round += 1) {
    const runId = `run-${String(round)}`;
    const change = await opened(store, aRequest(REF), runId);
    const open = await findOpenChange(store, REF);
    if (open === undefined) throw new Error("it was opened just before");
    const [superseded, fenced] = await Promise.all([
      supersede(store, open, "ann"),
      fence(store, {
        runId,
        ref: REF,
        step: "start",
        attempt: 1,
        horizonMs: 1_000,
        judge: ({ change: { closedAt } }) =>
          closedAt === null
            ? { kind: "post", options: {}, positionKey: null }
            : { kind: "end", ending: { outcome: "superseded", code: "superseded", text: "" } },
      }),
    ]);
    expect([superseded, fenced.kind]).toEqual(superseded ? [true, "end"] : [false, "post"]);
    await store.query("delete from changes where id = $1", [change.id]);
  }
});
