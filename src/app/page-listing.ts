// Listings for people, page by page: each is one SELECT of one moment, of which no more than a page is held. No call to
// Atlas.
import type { ListQuery } from "../domain/listing.js";
import { createScheduler } from "../domain/schedule.js";
import { previewSlots } from "../domain/slot-preview.js";
import type { PreviewedSlot } from "../domain/slot-preview.js";
import { BUDGETS } from "../store/budgets.js";
import type { BudgetListing } from "../store/budgets.js";
import { CHANGES, POLICIES } from "../store/listed-policies.js";
import { PROCESSORS, SCHEDULES, SUSPENSIONS } from "../store/listed-processors.js";
import type { ScheduleRow, SuspensionListing } from "../store/listed-processors.js";
import { PROJECTS, WORKSPACES } from "../store/listed-workspaces.js";
import type { ProjectListing } from "../store/listed-workspaces.js";
import { toStatement } from "../store/listing-sql.js";
import { readClock } from "../store/listings.js";
import type { ChangeListing, ProcessorListing, WorkspaceListing } from "../store/listings.js";
import type { StoredPolicy } from "../store/policies.js";
import { fromPolicyRow } from "../store/policy-rows.js";
import type { PolicyRow } from "../store/policy-rows.js";
import type { AppDeps } from "./deps.js";

export type { BudgetListing } from "../store/budgets.js";
export type { SuspensionListing } from "../store/listed-processors.js";
export type { ProjectListing } from "../store/listed-workspaces.js";
export type { ChangeListing, ProcessorListing, WorkspaceListing } from "../store/listings.js";
export type { StoredPolicy as PolicyListing } from "../store/policies.js";

type StoreDeps = Pick<AppDeps, "store">;
/** Pages are never empty; who stops early reads no further. */
export type Pages<Row> = AsyncIterable<readonly Row[]>;

export async function* pagePolicies({ store }: StoreDeps, query: ListQuery): Pages<StoredPolicy> {
  for await (const rows of store.pages<{ row: PolicyRow }>(toStatement(POLICIES, query))) {
    yield rows.map(({ row }) => ({
      ref: { project: row.project, workspace: row.workspace, processor: row.processor },
      declared: fromPolicyRow(row),
    }));
  }
}

export function pageProcessors({ store }: StoreDeps, query: ListQuery): Pages<ProcessorListing> {
  return store.pages(toStatement(PROCESSORS, query));
}

export function pageWorkspaces({ store }: StoreDeps, query: ListQuery): Pages<WorkspaceListing> {
  return store.pages(toStatement(WORKSPACES, query));
}

export function pageProjects({ store }: StoreDeps, query: ListQuery): Pages<ProjectListing> {
  return store.pages(toStatement(PROJECTS, query));
}

export function pageChanges({ store }: StoreDeps, query: ListQuery): Pages<ChangeListing> {
  return store.pages(toStatement(CHANGES, query));
}

export function pageSuspensions({ store }: StoreDeps, query: ListQuery): Pages<SuspensionListing> {
  return store.pages(toStatement(SUSPENSIONS, query));
}

export function pageBudgets({ store }: StoreDeps, query: ListQuery): Pages<BudgetListing> {
  return store.pages(toStatement(BUDGETS, query));
}

/** One slot to come of one schedule. */
export interface ScheduleListing extends ScheduleRow, PreviewedSlot {}

/** The next slots of every schedule, `next` of each, by the database's time; the query counts schedules. */
export async function* pageSchedules(
  { store }: StoreDeps,
  query: ListQuery & { readonly next: number },
): Pages<ScheduleListing> {
  const scheduler = createScheduler();
  const from = await readClock(store);
  for await (const rows of store.pages<ScheduleRow>(toStatement(SCHEDULES, query))) {
    // Slots of a schedule that cannot be evaluated here are not known; `explain` tells why.
    const known = rows.filter((row) => scheduler.findFault(row) === undefined);
    yield known.flatMap((row) => {
      const slots = previewSlots(scheduler, { ref: row.ref, restart: row }, { from, count: query.next });
      return slots.map((slot) => ({ ...row, ...slot }));
    });
  }
}
