// Open rows of changes whose run is gone, because Temporal lost it or somebody ended it: closed as lost, or taken over
// by a new run if they owe a start. Every pass looks for them, since nothing else would: a row that stays open keeps
// its processor from being planned, and a restart that stopped a processor would never start it again.
import { toResumedRequest } from "../src/domain/change/requests.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import { ending } from "../src/domain/change/change.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { LoadedWorkspace, OpenRow } from "../src/store/pass/loading.js";
import { closeRow } from "./close-row.js";
import type { ActivityDeps } from "./deps.js";
import { isStoreAway, toMessage } from "./failures.js";

/** Settles what can be settled while Temporal answers; the requests that take an owed start over. */
export async function settleLost(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  loaded: Pick<LoadedWorkspace, "now" | "openChanges">,
): Promise<readonly ChangeRequest[]> {
  // A row is written by its run: one that has just been opened may belong to a run that Temporal does not show yet.
  const oldEnough = loaded.openChanges.filter(
    ({ openedAt }) => openedAt <= loaded.now - deps.settings.intervalMs,
  );
  const settled = await Promise.all(
    oldEnough.map(async (row) => {
      // Not knowing is no proof: a run that Temporal could not be asked about stays as it is.
      const isOpen = await deps.runs.isOpen(row.workflowId, row.runId).catch(() => true);
      return isOpen ? undefined : settleOrTell(deps, ref, row);
    }),
  );
  return settled.filter((request) => request !== undefined);
}

/** A row that cannot be settled holds up no other: the next pass tries again. */
async function settleOrTell(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  row: OpenRow,
): Promise<ChangeRequest | undefined> {
  try {
    return await settleRow(deps, ref, row);
  } catch (error) {
    if (isStoreAway(error)) throw error;
    deps.log.error("change.not-settled", { ...ref, change: row.id, error: toMessage(error) });
    return undefined;
  }
}

async function settleRow(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  row: OpenRow,
): Promise<ChangeRequest | undefined> {
  deps.log.warn("change.lost", {
    ...ref,
    processor: row.processor,
    change: row.id,
    owesStart: row.owesStart,
  });
  if (row.owesStart) return toResumedRequest({ ...ref, processor: row.processor }, row.id);
  const end = ending("lost", "run-gone", "its workflow run is gone");
  await closeRow(deps, {
    ref: { ...ref, processor: row.processor },
    runId: row.runId,
    seen: null,
    toEnding: () => end,
  });
  return undefined;
}
