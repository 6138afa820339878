// The budget in front of a call to Atlas for which a person, or a client of Atlas, waits.
import { admitCalls } from "../calls/admission.js";
import { takeCalls, writeLimits } from "../store/pass/budgets.js";
import type { AppDeps } from "./deps.js";

/**
 * Takes one call of the project's budget, of the share that is kept for people. Throws `atlas.rate_limited` if it has
 * to wait for long.
 */
export async function admitPerson(
  deps: Pick<AppDeps, "atlas" | "store" | "settings" | "log">,
  project: string,
): Promise<void> {
  const { store, settings, log } = deps;
  const { client } = await deps.atlas();
  const budget = {
    takeCalls: (request: Parameters<typeof takeCalls>[1]) => takeCalls(store, request),
    writeLimits: (limits: Parameters<typeof writeLimits>[1]) => writeLimits(store, limits),
  };
  await admitCalls(
    { store: budget, atlas: client, settings, log },
    { project, calls: 1, callClass: "person" },
  );
}
