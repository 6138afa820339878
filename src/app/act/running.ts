// The changes that run now, for those who want to end or to wait for them: by their rows, and by their runs if they
// have no row yet, such as a bulk request that waits for its place. A row is asked for first: it is the cheaper
// question, and Postgres answers it while Temporal is down.
import type { Ending } from "../../domain/change/change.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { AppError } from "../../base/errors.js";
import { findOpenChange, listOpenChanges } from "../../store/people/commands.js";
import type { OpenChangeRow } from "../../store/people/commands.js";
import { writeJournal } from "../../store/rows/journal.js";
import type { OpenRun } from "../../temporal/runs.js";
import type { AppDeps } from "../deps.js";
import { cancelChange } from "./interventions.js";

export interface RunningChange {
  readonly ref: ProcessorRef;
  /** Of its row; null where it has none yet. */
  readonly id: string | null;
  readonly kind: string;
  readonly actor: string;
  readonly why: string;
  readonly isWaitingForPlace: boolean;
  readonly workflowId: string;
  readonly runId: string;
}

type RunningDeps = Pick<AppDeps, "store" | "runs">;

/** Runs that are asked about at once. Each is one call to Temporal, and a selector may name thousands of processors. */
const AT_ONCE = 50;

/**
 * What runs on one processor; undefined where nothing does. Throws `temporal.unavailable` where only Temporal could
 * tell.
 */
async function findRunning(deps: RunningDeps, ref: ProcessorRef): Promise<RunningChange | undefined> {
  const open = await findOpenChange(deps.store, ref);
  return open === undefined ? findRowless(deps, ref) : fromRow(open);
}

/** As above; where Temporal cannot be asked, why what runs without a row is not known. */
export async function findRunningIfKnown(
  deps: RunningDeps,
  ref: ProcessorRef,
): Promise<{ readonly running?: RunningChange; readonly unknown?: string }> {
  try {
    const running = await findRunning(deps, ref);
    return running === undefined ? {} : { running };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "temporal.unavailable") throw error;
    return { unknown: error.message };
  }
}

/**
 * The open changes of these ids and whatever runs on these processors, each once. Throws `request.unknown` where there
 * is none.
 */
export async function findAllRunning(
  deps: RunningDeps,
  ids: readonly string[],
  refs: readonly ProcessorRef[],
): Promise<readonly RunningChange[]> {
  // All of them in one statement: most of what a selector names has a row or does not run at all.
  const open = await listOpenChanges(deps.store);
  const missing = ids.filter((id) => !open.some((row) => row.id === id));
  if (missing.length > 0) {
    const texts = missing.map((id) => `no open change has the id ${id}`);
    throw new AppError("request.unknown", texts.join("\n"));
  }
  const named = open.filter(({ id }) => ids.includes(id)).map(fromRow);
  const running = await listRunning(deps, refs, open);
  // By run: a change that is named by its id and by its processor is one.
  const found = [...new Map([...named, ...running].map((one) => [one.runId, one])).values()];
  if (found.length > 0) return found;
  const [ref, ...others] = refs;
  const whom = ref !== undefined && others.length === 0 ? formatProcessorRef(ref) : "any of these processors";
  throw new AppError("request.unknown", `nothing is running on ${whom}`);
}

async function listRunning(
  deps: RunningDeps,
  refs: readonly ProcessorRef[],
  rows: readonly OpenChangeRow[],
): Promise<readonly RunningChange[]> {
  const open = new Map(rows.map((row) => [formatProcessorRef(row.ref), row]));
  const found: (RunningChange | undefined)[] = [];
  for (let from = 0; from < refs.length; from += AT_ONCE) {
    const looks = refs.slice(from, from + AT_ONCE).map(async (ref) => {
      const row = open.get(formatProcessorRef(ref));
      return row === undefined ? findRowless(deps, ref) : fromRow(row);
    });
    found.push(...(await Promise.all(looks)));
  }
  return found.filter((one) => one !== undefined);
}

async function findRowless(deps: RunningDeps, ref: ProcessorRef): Promise<RunningChange | undefined> {
  const run = await (await deps.runs()).findChange(ref);
  return run === undefined ? undefined : fromRun(ref, run);
}

function fromRow({ ref, id, kind, actor, why, workflowId, runId }: OpenChangeRow): RunningChange {
  return { ref, id, kind, actor, why, isWaitingForPlace: false, workflowId, runId };
}

function fromRun(ref: ProcessorRef, run: OpenRun): RunningChange {
  const { kind, actor, why, isWaitingForPlace, workflowId, runId } = run;
  return { ref, id: null, kind, actor, why, isWaitingForPlace, workflowId, runId };
}

/**
 * Asks it to end. False where it has ended already. The journal is written before the run hears of it, so that nobody
 * finds a cancelled change without an author.
 */
export async function cancelRunning(
  deps: Pick<AppDeps, "store" | "actor" | "runs">,
  { ref, id, kind, workflowId, runId }: RunningChange,
): Promise<boolean> {
  if (id === null) {
    // Without a row there is nothing to mark: the run itself is cancelled and records how it ended.
    const text = `cancel of ${kind} asked for`;
    await writeJournal(deps.store, [{ ...ref, kind: "change.cancel-requested", actor: deps.actor, text }]);
    await (await deps.runs()).cancelRun(workflowId, runId);
    return true;
  }
  return (await cancelChange(deps, id)) !== undefined;
}

/** How it ended; rejects when it is told to leave off. */
export async function awaitRunning(
  deps: Pick<AppDeps, "runs">,
  running: RunningChange,
  leaveOff: AbortSignal,
): Promise<Ending> {
  return (await deps.runs()).joinChange(running.ref, running.runId).result(leaveOff);
}
