// Fleets of the simulator, and what tests ask of a loop at work: which POSTs went out, which changes closed.
import { setTimeout as delay } from "node:timers/promises";
import { listChanges } from "../../src/store/people/listings/listings.js";
import type { ChangeListing } from "../../src/store/people/listings/listings.js";
import type { SimulatorOptions } from "../../src/sim/wire/server.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import type { TestLoop } from "./loop.js";

export const PROJECT = "32b6e34b3d91647abb20e7b8";

interface SeededProcessor {
  readonly state: string;
  readonly tier?: "SP2" | "SP5" | "SP10" | "SP30" | "SP50";
  readonly errorMsg?: string;
}

/** Workspace -> processor -> its state, or its state and tier (default SP10, none for CREATED). */
export type Fleet = Readonly<Record<string, Readonly<Record<string, string | SeededProcessor>>>>;

export function aFleet(fleet: Fleet, project = PROJECT): NonNullable<SimulatorOptions["populate"]> {
  return (world, now) => {
    for (const [name, processors] of Object.entries(fleet)) {
      const workspace = addWorkspace(world, { project, name, maxTierSize: "SP50" });
      for (const [processor, seed] of Object.entries(processors)) {
        const { state, tier, errorMsg = null } = typeof seed === "string" ? { state: seed } : seed;
        addProcessor(world, workspace, {
          name: processor,
          createdAt: now - 3_600_000,
          state,
          tier: tier ?? (state === "CREATED" ? null : "SP10"),
          errorMsg,
        });
      }
    }
  };
}

/** `p-1`, `p-2` ... (or another letter). */
export function toNames(count: number, letter = "p"): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}-${String(index + 1)}`);
}

/** `count` processors `p-1`, `p-2` ... in one state. */
export function many(count: number, state: string): Readonly<Record<string, string>> {
  return Object.fromEntries(toNames(count).map((name) => [name, state]));
}

/** Every start and stop that reached the simulator, in order. */
export function findPosts({ simulator }: TestLoop): readonly LogEntry[] {
  return simulator.log().filter(({ operation }) => operation === "startWith" || operation === "stop");
}

const POLL_MS = 25;

/** Asks again until the answer is defined: the only way tests wait. Bounded by the test's own time-out. */
export async function until<Found>(ask: () => Promise<Found | undefined>): Promise<Found> {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await delay(POLL_MS);
  }
}

/** The changes, newest first, once that many have closed and none is open. */
export function untilClosed({ database }: TestLoop, count: number): Promise<readonly ChangeListing[]> {
  return until(async () => {
    const changes = await listChanges(database.store);
    const closed = changes.filter(({ closedAt }) => closedAt !== null).length;
    return closed >= count && closed === changes.length ? changes : undefined;
  });
}
