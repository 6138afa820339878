// What a complete look writes into its workspace's row, whatever else the pass writes: one list of columns and one
// condition for passes that are stored alone and for those that are stored many at a time.
import type { WorkspaceRef } from "../../domain/refs.js";
import type { Claim } from "./leases.js";
import { PAGE_SIZE_GROWTH } from "./page-sizes.js";

/** As `OBSERVED` reads it from a JSON parameter. Times are epoch ms. */
export interface ObservedRow extends WorkspaceRef {
  readonly token: string;
  readonly due_at: number;
  readonly observed_at: number;
  readonly observed_count: number;
  readonly observed_pages: number;
  readonly absent: boolean;
  readonly interval_ms: number;
  readonly is_braked: boolean;
  readonly brake_read: Readonly<Record<string, number>>;
  readonly brake_kept: Readonly<Record<string, number>>;
  /** Stored only if all of them still hold; absent: whatever they are. */
  readonly stamp?: string;
  readonly from_at?: number;
  readonly until_at?: number;
  readonly pages_in_project?: number;
}

export interface Look {
  readonly claim: Claim;
  /** When it was sent. */
  readonly observedAt: number;
  /** Undefined: Atlas has no such workspace. */
  readonly count: number | undefined;
  readonly pages: number;
  readonly intervalMs: number;
}

/** Of a look after which nothing is braked or released. */
export function toObservedRow({ claim, observedAt, count, pages, intervalMs }: Look): ObservedRow {
  return {
    ...claim.ref,
    token: claim.token,
    due_at: claim.dueAt,
    observed_at: observedAt,
    observed_count: count ?? 0,
    observed_pages: pages,
    absent: count === undefined,
    interval_ms: intervalMs,
    is_braked: false,
    brake_read: {},
    brake_kept: {},
  };
}

export const OBSERVED = `jsonb_to_recordset($1::jsonb) as o(project text, workspace text, token uuid, observed_at bigint,
    observed_count integer, observed_pages integer, absent boolean, interval_ms bigint, due_at bigint, is_braked boolean,
    brake_read jsonb, brake_kept jsonb, stamp text, from_at bigint, until_at bigint, pages_in_project bigint)`;

/** The lease is still this pass's, and nothing newer is stored. */
export const IS_MINE = `w.project = o.project and w.workspace = o.workspace and w.lease_token = o.token
    -- One dated ahead of the clock is of a time before the clock went back: it is older.
    and (w.observed_at is null or w.observed_at < from_ms(o.observed_at) or w.observed_at > headgate_now())`;

export const STORE_OBSERVED = `set lease_token = null, lease_owner = null, lease_until = null, observed_at = from_ms(o.observed_at),
    observed_count = o.observed_count, observed_pages = o.observed_pages, absent = o.absent, last_error = null,
    last_error_at = null, interval_ms = o.interval_ms,
    due_at = case when w.due_at = from_ms(o.due_at)
                  then w.due_at + make_interval(secs => (o.interval_ms - w.interval_ms)::double precision / 1000)
                  else w.due_at end,
    braked_since = case when not o.is_braked then null
                        when w.brake_released = o.brake_read then coalesce(w.braked_since, headgate_now())
                        else w.braked_since end,
    -- Only what this pass had read may it drop: a release that was given meanwhile stands.
    brake_released = coalesce((select jsonb_object_agg(r.key, r.value) from jsonb_each(w.brake_released) r
      where r.value is distinct from o.brake_read -> r.key or r.value = o.brake_kept -> r.key), '{}'),${PAGE_SIZE_GROWTH}`;
