// Reading for people: what is declared, seen and done, as stored. No call to Atlas, one statement
// each. What may be long is listed page by page in page-listing.ts.
import { hasAnyPolicy } from "../../store/people/policies.js";
import { readClock } from "../../store/postgres/clock.js";
import { listStoredProcessors } from "../../store/people/listings/listings.js";
import type { ListFilter, ProcessorListing } from "../../store/people/listings/listings.js";
import type { AppDeps } from "../deps.js";

type StoreDeps = Pick<AppDeps, "store">;

/** Whether anything is declared. */
export function hasPolicies({ store }: StoreDeps): Promise<boolean> {
  return hasAnyPolicy(store);
}

export function getProcessors(
  { store }: StoreDeps,
  filter: ListFilter,
): Promise<readonly ProcessorListing[]> {
  return listStoredProcessors(store, filter);
}

/** The database's time: what ages are measured from. */
export function getClock({ store }: StoreDeps): Promise<number> {
  return readClock(store);
}
