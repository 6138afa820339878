// Listings for people, page by page: each is one SELECT of one moment, of which no more than a page is held. No call to
// Atlas. The types of the rows are exported from here, so that the command line need not import the store.
// A connection is held until the reader has read on or stopped, so every reader has to do one of the two.
import type { ListQuery } from "../../domain/tell/listing.js";
import { BUDGETS } from "../../store/pass/budgets.js";
import type { BudgetListing } from "../../store/pass/budgets.js";
import { INCIDENTS } from "../../store/people/listings/listed-incidents.js";
import type { IncidentListing } from "../../store/people/listings/listed-incidents.js";
import { JOURNAL } from "../../store/people/listings/listed-journal.js";
import type { JournalListing } from "../../store/people/listings/listed-journal.js";
import { CHANGES, POLICIES } from "../../store/people/listings/listed-policies.js";
import { PROCESSORS, SCHEDULES, SUSPENSIONS } from "../../store/people/listings/listed-processors.js";
import type { ScheduleRow, SuspensionListing } from "../../store/people/listings/listed-processors.js";
import { PROJECTS, WORKSPACES } from "../../store/people/listings/listed-workspaces.js";
import type { ProjectListing } from "../../store/people/listings/listed-workspaces.js";
import { NOTIFICATIONS } from "../../store/people/listings/listed-notifications.js";
import type { NotificationListing } from "../../store/people/listings/listed-notifications.js";
import { toStatement } from "../../store/people/listings/listing-sql.js";
import { toProcessorListing } from "../../store/people/listings/listings.js";
import type {
  ChangeListing,
  ProcessorListing,
  ProcessorRow,
  WorkspaceListing,
} from "../../store/people/listings/listings.js";
import type { StoredPolicy } from "../../store/people/policies.js";
import { fromPolicyRow } from "../../store/rows/policy-rows.js";
import type { PolicyRow } from "../../store/rows/policy-rows.js";
import type { AppDeps } from "../deps.js";
import { createSlotPreview } from "./listed-slots.js";
import type { ScheduleListing } from "./listed-slots.js";

export type { BudgetListing } from "../../store/pass/budgets.js";
export type { IncidentListing } from "../../store/people/listings/listed-incidents.js";
export type { JournalListing } from "../../store/people/listings/listed-journal.js";
export type { NotificationListing } from "../../store/people/listings/listed-notifications.js";
export type { SuspensionListing } from "../../store/people/listings/listed-processors.js";
export type { ProjectListing } from "../../store/people/listings/listed-workspaces.js";
export type {
  ChangeListing,
  ProcessorListing,
  WorkspaceListing,
} from "../../store/people/listings/listings.js";
export type { StoredPolicy as PolicyListing } from "../../store/people/policies.js";
export type { ScheduleListing } from "./listed-slots.js";

type StoreDeps = Pick<AppDeps, "store">;
/** Pages are never empty; who stops early reads no further. */
export type Pages<Row> = AsyncIterable<readonly Row[]>;

/** Mapped by `fromPolicyRow`, as every other reader of policies maps them. */
export function toPolicyListing({ row }: { readonly row: PolicyRow }): StoredPolicy {
  const { project, workspace, processor } = row;
  return { ref: { project, workspace, processor }, declared: fromPolicyRow(row) };
}

export async function* pagePolicies({ store }: StoreDeps, query: ListQuery): Pages<StoredPolicy> {
  for await (const rows of store.pages<{ row: PolicyRow }>(toStatement(POLICIES, query))) {
    yield rows.map(toPolicyListing);
  }
}

export async function* pageProcessors({ store }: StoreDeps, query: ListQuery): Pages<ProcessorListing> {
  for await (const rows of store.pages<ProcessorRow>(toStatement(PROCESSORS, query))) {
    yield rows.map(toProcessorListing);
  }
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

export function pageJournal({ store }: StoreDeps, query: ListQuery): Pages<JournalListing> {
  return store.pages(toStatement(JOURNAL, query));
}

export function pageNotifications({ store }: StoreDeps, query: ListQuery): Pages<NotificationListing> {
  return store.pages(toStatement(NOTIFICATIONS, query));
}

export function pageSuspensions({ store }: StoreDeps, query: ListQuery): Pages<SuspensionListing> {
  return store.pages(toStatement(SUSPENSIONS, query));
}

export function pageIncidents({ store }: StoreDeps, query: ListQuery): Pages<IncidentListing> {
  return store.pages(toStatement(INCIDENTS, query));
}

export function pageBudgets({ store }: StoreDeps, query: ListQuery): Pages<BudgetListing> {
  return store.pages(toStatement(BUDGETS, query));
}

/**
 * The next slots of every schedule, `next` of each, by the database's time; the query counts schedules, not slots.
 * The time is read once, so that all pages count from one moment.
 */
export async function* pageSchedules(
  deps: Pick<AppDeps, "store" | "settings">,
  query: ListQuery & { readonly next: number },
): Pages<ScheduleListing> {
  const preview = await createSlotPreview(deps, query.next);
  for await (const rows of deps.store.pages<ScheduleRow>(toStatement(SCHEDULES, query))) yield preview(rows);
}
