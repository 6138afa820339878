// Passes and waiting changes that run side by side share their statements: on a busy worker one statement serves dozens
// of passes, and a quiet pass costs Postgres a fraction of a statement. A shared statement waits for no lock, so that
// no pass is held up by what another one needs; what it leaves out is done by the statement for one, which waits as it
// must.
import { gather } from "../../base/gather.js";
import { formatProcessorRef, formatWorkspaceRef } from "../../domain/refs.js";
import type { ProcessorRef, WorkspaceRef } from "../../domain/refs.js";
import type { Store } from "../postgres/pool.js";
import { takeCalls, takeCallsAtOnce } from "./budgets.js";
import type { BudgetGrant, BudgetRequest } from "./budgets.js";
import { loadWorkspaces } from "./loading.js";
import type { LoadedWorkspace } from "./loading.js";
import { storePass } from "./passes.js";
import type { StoredPass } from "./passes.js";
import { isQuiet, storeQuietPasses } from "./quiet-passes.js";
import type { UnchangedPass } from "./quiet-passes.js";
import { readSharedObservations } from "./shared-observation.js";
import type { SharedObservation } from "./shared-observation.js";

/** What one statement serves at most: more would save little. */
const MOST = 40;
/** A load is read whole, and a workspace may be large. */
const MOST_LOADED = 20;

/** The calls of one project are taken in one sum; if they are not to be had, each asker tries alone. */
export function takeCallsSideBySide(store: Store): (request: BudgetRequest) => Promise<BudgetGrant> {
  return gather(MOST, async (requests: readonly BudgetRequest[]) => {
    const sums = new Map<string, BudgetRequest>();
    for (const request of requests) {
      const { project, calls, callClass } = request;
      const sum = sums.get(project);
      if (sum === undefined) sums.set(project, request);
      else if (sum.callClass === callClass) sums.set(project, { ...sum, calls: sum.calls + calls });
    }
    const granted = new Map(await takeCallsAtOnce(store, [...sums.values()]));
    return (request) => {
      const { project, callClass } = request;
      const grant = granted.get(project);
      if (grant === undefined || sums.get(project)?.callClass !== callClass) return takeCalls(store, request);
      // One of them asks for the limits.
      granted.set(project, { ...grant, areLimitsDue: false });
      return grant;
    };
  });
}

/** Undefined: the workspace has no row. */
export function loadSideBySide(
  store: Store,
  settings: Parameters<typeof loadWorkspaces>[2],
): (ref: WorkspaceRef) => Promise<LoadedWorkspace | undefined> {
  return gather(MOST_LOADED, async (refs: readonly WorkspaceRef[]) => {
    const loaded = new Map<string, LoadedWorkspace>();
    for await (const one of loadWorkspaces(store, refs, settings))
      loaded.set(formatWorkspaceRef(one.ref), one);
    return (ref) => loaded.get(formatWorkspaceRef(ref));
  });
}

export function readObservationSideBySide(store: Store): (ref: ProcessorRef) => Promise<SharedObservation> {
  return gather(MOST, async (refs: readonly ProcessorRef[]) => {
    const found = await readSharedObservations(store, refs);
    const byRef = new Map(found.map((one) => [formatProcessorRef(one.ref), one]));
    return (ref) => {
      const one = byRef.get(formatProcessorRef(ref));
      if (one === undefined) throw new Error("the statement answers a row for each processor");
      return one;
    };
  });
}

export interface PassStore {
  /** Of `storePass` in passes.ts. */
  readonly storePass: (pass: StoredPass) => Promise<boolean>;
  /** False: something is not as it was, or the row is locked: nothing was written, and the pass has to be judged. */
  readonly storeUnchanged: (pass: UnchangedPass) => Promise<boolean>;
}

/** Only a quiet pass writes nothing but its workspace's row, and so can be stored beside others without a wait. */
export function storeSideBySide(store: Store): PassStore {
  const storeQuiet = gather(MOST, async (passes: readonly (StoredPass | UnchangedPass)[]) => {
    const stored = await storeQuietPasses(store, passes);
    return ({ claim }) => stored.has(claim.token);
  });
  return {
    storePass: async (pass) => (isQuiet(pass) && (await storeQuiet(pass))) || storePass(store, pass),
    storeUnchanged: storeQuiet,
  };
}
