// Reading for people: what is declared, seen and done, as stored. No call to Atlas.
import type { ProcessorRef } from "../domain/refs.js";
import type { DeclaredPolicy } from "../domain/status.js";
import { listChanges, listProcessors, listWorkspaces, readClock } from "../store/listings.js";
import type { ChangeListing, ListFilter, ProcessorListing, WorkspaceListing } from "../store/listings.js";
import { listBudgets } from "../store/budgets.js";
import type { BudgetListing } from "../store/budgets.js";
import { listPolicies } from "../store/policies.js";
import type { AppDeps } from "./deps.js";

export type { BudgetListing } from "../store/budgets.js";
export type { ChangeListing, ListFilter, ProcessorListing, WorkspaceListing } from "../store/listings.js";

type StoreDeps = Pick<AppDeps, "store">;

export interface PolicyListing {
  readonly ref: ProcessorRef;
  readonly declared: DeclaredPolicy;
}

export async function getPolicies(
  { store }: StoreDeps,
  filter: ListFilter,
): Promise<readonly PolicyListing[]> {
  const { project, workspace, processor, limit } = filter;
  const only = project === undefined || workspace === undefined ? undefined : { project, workspace };
  const all = await listPolicies(store, only);
  const found = all.filter(
    ({ ref }) =>
      (project === undefined || ref.project === project) &&
      (processor === undefined || ref.processor === processor),
  );
  return found.slice(0, limit);
}

export function getProcessors(
  { store }: StoreDeps,
  filter: ListFilter,
): Promise<readonly ProcessorListing[]> {
  return listProcessors(store, filter);
}

export function getWorkspaces(
  { store }: StoreDeps,
  filter: ListFilter,
): Promise<readonly WorkspaceListing[]> {
  return listWorkspaces(store, filter);
}

export function getChanges({ store }: StoreDeps, filter: ListFilter): Promise<readonly ChangeListing[]> {
  return listChanges(store, filter);
}

export function getBudgets({ store }: StoreDeps, filter: ListFilter): Promise<readonly BudgetListing[]> {
  return listBudgets(store, filter);
}

/** The database's time: what ages are measured from. */
export function getClock({ store }: StoreDeps): Promise<number> {
  return readClock(store);
}
