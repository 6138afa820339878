// The store as the loop's activities see it: its functions bound to one pool. Activities get it as an argument, so that
// what they may touch is listed in one place, and a test can put a counter or a failure around any of it. Contracts,
// locks and costs stand at the functions themselves.
import type { BudgetGrant, BudgetLimits, BudgetRequest } from "./pass/budgets.js";
import { writeLimits } from "./pass/budgets.js";
import { readChange, recordBefore } from "./rows/change-rows.js";
import { closeChangeRow } from "./change/closing.js";
import { fence, recordAnswer } from "./change/fences.js";
import { stepOpenIncidents } from "./incidents/stepping.js";
import { claimDue, claimForLook, claimNamed, giveBack } from "./pass/leases.js";
import { openChangeRow } from "./change/opening.js";
import { rememberLock } from "./change/turns.js";
import { rememberPageSize } from "./pass/page-sizes.js";
import type { Store } from "./postgres/pool.js";
import { storeFailedPass } from "./pass/passes.js";
import {
  loadSideBySide,
  readObservationSideBySide,
  storeSideBySide,
  takeCallsSideBySide,
} from "./pass/side-by-side.js";
import type { PassStore } from "./pass/side-by-side.js";

/**
 * A function without its first argument, its type kept: a changed argument is found by the compiler, not by a retry.
 */
type Bound<Bindable extends (store: Store, argument: never) => unknown> = (
  argument: Parameters<Bindable>[1],
) => ReturnType<Bindable>;

/** Claims, passes, changes and budgets. Policies and people's commands are not among them: the loop writes neither. */
export interface LoopStore extends PassStore {
  readonly claimDue: Bound<typeof claimDue>;
  readonly claimNamed: Bound<typeof claimNamed>;
  readonly claimForLook: Bound<typeof claimForLook>;
  readonly giveBack: Bound<typeof giveBack>;
  readonly loadWorkspace: ReturnType<typeof loadSideBySide>;
  readonly stepIncidents: Bound<typeof stepOpenIncidents>;
  readonly storeFailedPass: Bound<typeof storeFailedPass>;
  readonly rememberPageSize: Bound<typeof rememberPageSize>;
  readonly readSharedObservation: ReturnType<typeof readObservationSideBySide>;
  readonly openChangeRow: Bound<typeof openChangeRow>;
  readonly rememberLock: Bound<typeof rememberLock>;
  readonly readChange: Bound<typeof readChange>;
  readonly recordBefore: (...rest: Rest<typeof recordBefore>) => ReturnType<typeof recordBefore>;
  readonly fence: Bound<typeof fence>;
  readonly recordAnswer: Bound<typeof recordAnswer>;
  readonly closeChangeRow: Bound<typeof closeChangeRow>;
  takeCalls(request: BudgetRequest): Promise<BudgetGrant>;
  writeLimits(limits: BudgetLimits): Promise<void>;
}

/** The same for functions of more than one argument. */
type Rest<Bindable> = Bindable extends (store: Store, ...rest: infer Others) => unknown ? Others : never;

export function createLoopStore(store: Store, settings: Parameters<typeof loadSideBySide>[1]): LoopStore {
  return {
    claimDue: (claim) => claimDue(store, claim),
    claimNamed: (claim) => claimNamed(store, claim),
    claimForLook: (claim) => claimForLook(store, claim),
    giveBack: (claim) => giveBack(store, claim),
    loadWorkspace: loadSideBySide(store, settings),
    ...storeSideBySide(store),
    stepIncidents: (step) => stepOpenIncidents(store, step),
    storeFailedPass: (failed) => storeFailedPass(store, failed),
    rememberPageSize: (remembered) => rememberPageSize(store, remembered),
    readSharedObservation: readObservationSideBySide(store),
    rememberLock: (locked) => rememberLock(store, locked),
    openChangeRow: (opening) => openChangeRow(store, opening),
    readChange: (runId) => readChange(store, runId),
    recordBefore: (id, before) => recordBefore(store, id, before),
    fence: (fencing) => fence(store, fencing),
    recordAnswer: (answering) => recordAnswer(store, answering),
    closeChangeRow: (closing) => closeChangeRow(store, closing),
    takeCalls: takeCallsSideBySide(store),
    writeLimits: (limits) => writeLimits(store, limits),
  };
}
