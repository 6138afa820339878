// Open rows of changes whose run is gone, because Temporal lost it or somebody ended it: closed as lost, or taken over by a
// new run if they owe a start.
import { toResumedRequest } from "../src/domain/change/requests.js";
import type { ChangeRequest } from "../src/domain/change/requests.js";
import { ending } from "../src/domain/change/change.js";
import { close } from "../src/domain/change/outcome.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import type { LoadedWorkspace, OpenRow } from "../src/store/pass/passes.js";
import type { ActivityDeps } from "./deps.js";
import { isStoreAway, toMessage } from "./failures.js";

/** Settles what can be settled while Temporal answers; the requests that take an owed start over. */
export async function settleLost(
  deps: ActivityDeps,
  ref: WorkspaceRef,
  loaded: LoadedWorkspace,
): Promise<readonly ChangeRequest[]> {
  const oldEnough = loaded.openChanges.filter(
    ({ openedAt }) => openedAt <= loaded.now - deps.settings.intervalMs,
  );
  const settled = await Promise.all(
    oldEnough.map(async (row) => {
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
  await deps.store.closeChangeRow({
    runId: row.runId,
    holdRecheckMs: deps.settings.holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending: end, seen: null }), ending: end }),
  });
  return undefined;
}
