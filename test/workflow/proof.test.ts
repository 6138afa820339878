// The proof after a start, over the real loop: a restart without progress is told, counted and shown, and not restarted
// again; one that gets on leaves nothing behind.
import { afterEach, expect, it } from "vitest";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import type { SimulatorOptions } from "../../src/sim/wire/server.js";
import { ask, declareIn, passLater, postsOf, processorIn, untilClosedIn } from "../support/changes.js";
import { PROJECT } from "../support/fleets.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { readJournal } from "../support/store-rows.js";

let loop: TestLoop | undefined;
afterEach(() => loop?.stop());

const PROVING = "{ state: STARTED, recovery: { proof: { within: 10m } } }";
const MINUTE_MS = 60_000;
const WHY = "no message has come in since its start, and its source has some";

const aSource =
  (messagesPerSecond: number): NonNullable<SimulatorOptions["populate"]> =>
  (world, now) => {
    const workspace = addWorkspace(world, { project: PROJECT, name: "orders", maxTierSize: "SP50" });
    const createdAt = now - 3_600_000;
    addProcessor(world, workspace, {
      name: "p",
      createdAt,
      state: "STARTED",
      tier: "SP10",
      messagesPerSecond,
    });
  };

/** Restarted by a person, and looked at once since. */
async function restart(messagesPerSecond: number): Promise<TestLoop> {
  const settings = buildSettings(["stats.lagSeconds=900"]);
  const at = await startLoop({
    simulator: { populate: aSource(messagesPerSecond), settings },
    settings: PATIENT,
  });
  loop = at;
  await at.startWorker();
  await declareIn(at, "orders", PROVING);
  await passLater(at, "orders");
  await ask(at, { workspace: "orders", kind: "restart" });
  await untilClosedIn(at, "orders");
  await passLater(at, "orders");
  return at;
}

const readProof = async ({ database }: TestLoop): Promise<unknown> =>
  (
    await database.store.query<{ proof: unknown }>("select proof from processor_status where processor = 'p'")
  )[0]?.proof;

it("a restart without progress is told, counted and shown, and nothing is restarted for it", async () => {
  const at = await restart(0);
  expect(await readProof(at)).toMatchObject({ first: { messagesIn: 0, lagSeconds: 900 }, degraded: null });
  await passLater(at, "orders", 9 * MINUTE_MS);
  expect((await processorIn(at, "orders")).reasonCode).toBe("as-declared");
  await passLater(at, "orders", MINUTE_MS);
  expect(await processorIn(at, "orders")).toMatchObject({
    state: "STARTED",
    reasonCode: "degraded",
    reason: `runs, but ${WHY}`,
    attempts: 1,
  });
  await passLater(at, "orders", 60 * MINUTE_MS);
  expect(await readJournal(at.database.store, "processor.degraded")).toEqual([WHY]);
  expect(postsOf(at, "orders").map(({ operation }) => operation)).toEqual(["stop", "startWith"]);
});

it("a restart that gets on is proved, and leaves nothing behind", async () => {
  const at = await restart(1_000);
  expect(await readProof(at)).toMatchObject({ degraded: null });
  await passLater(at, "orders", 10 * MINUTE_MS);
  expect(await readProof(at)).toBeNull();
  expect(await processorIn(at, "orders")).toMatchObject({ reasonCode: "as-declared", attempts: 0 });
  expect(await readJournal(at.database.store, "processor.degraded")).toEqual([]);
});
