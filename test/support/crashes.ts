// What the tests that kill workers say and ask: policies for many processors, the moment to strike, how it all ended.
// Asserts nothing itself.
import { setTimeout as delay } from "node:timers/promises";
import type { LoopSettings } from "../../src/domain/settings.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import type { ChangeListing } from "../../src/store/people/listings/listings.js";
import { PROJECT, until } from "./fleets.js";
import type { TestLoop } from "./loop.js";

/** A dead worker's lease ends sooner than its heartbeat is missed: tests do not wait for both. */
export const SHORT_LEASE: Partial<LoopSettings> = {
  leaseMs: 5_000,
  workspaceDeadlineMs: 4_000,
  readTimeoutMs: 2_000,
};

/** Of calls whose fate stays unknown while a test does something else. */
export const HORIZON_MS = 300_000;
/** Frozen or killed with everything under way: nothing may end by its time-out before. */
export const NOTHING_TIMES_OUT: Partial<LoopSettings> = {
  readTimeoutMs: 60_000,
  workspaceDeadlineMs: 70_000,
  leaseMs: 80_000,
  postTimeoutMs: HORIZON_MS - 1_000,
  startHorizonMs: HORIZON_MS,
  stopHorizonMs: HORIZON_MS,
};

/** `p-1` to `p-<count>` of one workspace, declared STARTED. */
export function declareAll(workspace: string, count: number): string {
  const processors = Array.from(
    { length: count },
    (_, index) => `p-${String(index + 1)}: { state: STARTED }`,
  );
  return `{ project: ${PROJECT}, workspace: ${workspace}, processors: { ${processors.join(", ")} } }`;
}

/** The calls of one operation so far, as soon as they are so; asked often enough to strike between two of them. */
export async function untilCalls(
  { simulator }: TestLoop,
  operation: string,
  areSo: (calls: readonly LogEntry[]) => boolean,
): Promise<readonly LogEntry[]> {
  for (;;) {
    const calls = simulator.log().filter((entry) => entry.operation === operation);
    if (areSo(calls)) return calls;
    await delay(1);
  }
}

/** The starts that changed the world. */
function findEffectiveStarts({ simulator }: TestLoop): readonly LogEntry[] {
  return simulator.log().filter(({ operation, effective }) => operation === "startWith" && effective);
}

/** `workspace/processor` -> how many starts of it changed the world. */
export function countStarts(loop: TestLoop): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { workspace, processor } of findEffectiveStarts(loop)) {
    const name = `${workspace ?? ""}/${processor ?? ""}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** All changes, once none is open and every one of so many processors was last seen STARTED. */
export function untilAllStarted({ database }: TestLoop, count: number): Promise<readonly ChangeListing[]> {
  return until(async () => {
    const [row] = await database.store.query<{ started: number; open: number }>(
      `select (select count(*) from processor_status where state = 'STARTED') as started,
         (select count(*) from changes where closed_at is null) as open`,
    );
    return row?.started === count && row.open === 0 ? listChanges(database.store) : undefined;
  });
}
