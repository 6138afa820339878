// One tick: batches of workspaces, a bounded number of them at a time. A batch's activity observes its workspaces and
// starts the changes it planned, so a change never shows in a tick's history and none waits for another batch. What a
// tick costs is history events: test/workflow/costs-quiet-tick.test.ts counts them.
import { proxyActivities } from "@temporalio/workflow";
import type { Activities, ReconcileBatch, ReconcileBatchInput } from "../activities/contract.js";
import { BATCH, BATCHES_MAX } from "./batches.js";
import type { Addressed, ReconcileRequest, TickSummary } from "../src/domain/change/messages.js";
import { reconcileByChildren } from "./reconcile-by-children.js";

const { reconcileDueWorkspaces } = proxyActivities<Activities>(BATCH);

/** Named workspaces are split as due ones are: no batch is larger than a claim. */
const NAMED_AT_ONCE = 50;

/**
 * `lanes` is how many batches run at once; ticks of before the upgrade have none, and replay as they were. The first
 * batch goes alone: it reads the tick's time and says how many more the due workspaces need.
 */
export async function reconcile(request: Addressed<ReconcileRequest>): Promise<TickSummary> {
  const { lanes, ...asked } = request;
  const { workspaces } = asked;
  if (lanes === undefined) return reconcileByChildren(request);
  if (workspaces !== null) {
    return toSummary(await inLanes(lanes, toNamedBatches(asked, workspaces)));
  }
  const first = await reconcileDueWorkspaces({ ...asked, tickAt: null });
  const left = Math.min(first.batchesLeft, BATCHES_MAX);
  const input = { ...asked, tickAt: first.tickAt };
  const rest = await inLanes(
    lanes,
    Array.from({ length: left }, () => input),
  );
  return toSummary([first, ...rest]);
}

/** Each names its workspaces, so that a retry of one batch claims those again and no others. */
function toNamedBatches(
  asked: Addressed<ReconcileRequest>,
  workspaces: NonNullable<ReconcileRequest["workspaces"]>,
): readonly Addressed<ReconcileBatchInput>[] {
  const count = Math.ceil(workspaces.length / NAMED_AT_ONCE);
  return Array.from({ length: count }, (_, index) => ({
    ...asked,
    tickAt: null,
    workspaces: workspaces.slice(index * NAMED_AT_ONCE, (index + 1) * NAMED_AT_ONCE),
  }));
}

/** A batch that fails ends no other: all are run, and then the first failure is the tick's. */
async function inLanes(
  lanes: number,
  inputs: readonly Addressed<ReconcileBatchInput>[],
): Promise<readonly ReconcileBatch[]> {
  const waiting = [...inputs];
  const done: ReconcileBatch[] = [];
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        done.push(await reconcileDueWorkspaces(next));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
  return done;
}

/** Sums alone: a tick's result must not grow with the fleet. */
function toSummary(batches: readonly ReconcileBatch[]): TickSummary {
  const sum = (count: (batch: ReconcileBatch) => number): number =>
    batches.reduce((total, batch) => total + count(batch), 0);
  return {
    observed: sum(({ observed }) => observed),
    failed: sum(({ failed }) => failed),
    started: sum(({ started }) => started),
    alreadyChanging: sum(({ alreadyChanging }) => alreadyChanging),
  };
}
