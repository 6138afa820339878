// Rows of observations out: a status as it was when the row was written. The way in is the trigger on processor_status
// (migrations/0020), so that no writer of a status can forget it.
import type { ProcessorStatus } from "../../domain/status.js";
import { NEW_STATUS } from "../../domain/status.js";
import { fromStatusRow, toStatusColumns } from "./status-rows.js";
import type { StatusRow } from "./status-rows.js";

/** As `to_json` gives it. */
export interface ObservationRow extends Pick<
  StatusRow,
  | "project"
  | "workspace"
  | "processor"
  | "observed_at"
  | "atlas_id"
  | "state"
  | "tier"
  | "effective_tier"
  | "autoscaled"
  | "error_message"
  | "absences"
  | "state_by"
  | "position"
> {
  readonly at: string;
  /** The other columns of the status that were not null. */
  readonly remembered: Partial<StatusRow>;
}

/** Every column of a status, null: what a row does not remember was null, or came with a newer program. */
const NOTHING = Object.fromEntries(
  Object.entries(toStatusColumns(NEW_STATUS)).map(([column, value]) => [column, value ?? null]),
);

/** Bars are not kept with it: whoever needs them reads the steps of changes. */
export function fromObservationRow({ remembered, ...shown }: ObservationRow): ProcessorStatus {
  const row = { ...NOTHING, ...remembered, ...shown, revision: 0 } as StatusRow;
  return fromStatusRow(row).status;
}
