// Listings for programs, one page a call, for faces that keep nothing between two calls: where the next page begins is
// said with the page. One statement each, no call to Atlas.
import type { ListQuery } from "../../domain/tell/listing.js";
import { BUDGETS } from "../../store/pass/budgets.js";
import { INCIDENTS } from "../../store/people/listings/listed-incidents.js";
import { JOURNAL } from "../../store/people/listings/listed-journal.js";
import { NOTIFICATIONS } from "../../store/people/listings/listed-notifications.js";
import { CHANGES, POLICIES } from "../../store/people/listings/listed-policies.js";
import { PROCESSORS, SCHEDULES, SUSPENSIONS } from "../../store/people/listings/listed-processors.js";
import type { ScheduleRow } from "../../store/people/listings/listed-processors.js";
import { PROJECTS, WORKSPACES } from "../../store/people/listings/listed-workspaces.js";
import { toProcessorListing } from "../../store/people/listings/listings.js";
import type { ProcessorRow } from "../../store/people/listings/listings.js";
import { readPage } from "../../store/people/listings/page.js";
import type { ListPage } from "../../store/people/listings/page.js";
import type { PolicyRow } from "../../store/rows/policy-rows.js";
import type { AppDeps } from "../deps.js";
import { createSlotPreview } from "./listed-slots.js";
import { toPolicyListing } from "./page-listing.js";
import type {
  BudgetListing,
  ChangeListing,
  IncidentListing,
  JournalListing,
  NotificationListing,
  PolicyListing,
  ProcessorListing,
  ProjectListing,
  ScheduleListing,
  SuspensionListing,
  WorkspaceListing,
} from "./page-listing.js";

export type { ListPage } from "../../store/people/listings/page.js";

/** Listings whose rows are shown as they are stored. */
interface PlainRows {
  readonly workspaces: WorkspaceListing;
  readonly projects: ProjectListing;
  readonly changes: ChangeListing;
  readonly suspensions: SuspensionListing;
  readonly budgets: BudgetListing;
  readonly incidents: IncidentListing;
  readonly journal: JournalListing;
  readonly notifications: NotificationListing;
}

const PLAIN = {
  workspaces: WORKSPACES,
  projects: PROJECTS,
  changes: CHANGES,
  suspensions: SUSPENSIONS,
  budgets: BUDGETS,
  incidents: INCIDENTS,
  journal: JOURNAL,
  notifications: NOTIFICATIONS,
} as const;

type StoreDeps = Pick<AppDeps, "store">;
export type OnePageQuery = ListQuery & { readonly limit: number };

/** Throws `request.refused` for a key that no row of the listing can have. */
export function readPlainPage<Name extends keyof PlainRows>(
  { store }: StoreDeps,
  name: Name,
  query: OnePageQuery,
): Promise<ListPage<PlainRows[Name]>> {
  return readPage(store, PLAIN[name], query);
}

/** As above. */
export async function readProcessorPage(
  { store }: StoreDeps,
  query: OnePageQuery,
): Promise<ListPage<ProcessorListing>> {
  const { rows, ...page } = await readPage<ProcessorRow>(store, PROCESSORS, query);
  return { ...page, rows: rows.map(toProcessorListing) };
}

/** As above. */
export async function readPolicyPage(
  { store }: StoreDeps,
  query: OnePageQuery,
): Promise<ListPage<PolicyListing>> {
  const { rows, ...page } = await readPage<{ row: PolicyRow }>(store, POLICIES, query);
  return { ...page, rows: rows.map(toPolicyListing) };
}

/** As above; `next` slots of each schedule, from the database's time. Two statements more. */
export async function readSchedulePage(
  deps: Pick<AppDeps, "store" | "settings">,
  query: OnePageQuery & { readonly slots: number },
): Promise<ListPage<ScheduleListing>> {
  const preview = await createSlotPreview(deps, query.slots);
  const { rows, ...page } = await readPage<ScheduleRow>(deps.store, SCHEDULES, query);
  return { ...page, rows: await preview(rows) };
}
