// One budget of calls per Atlas project, shared by all workers and measured by the database's clock. A token bucket
// like Atlas's own (docs/atlas.md 6: capacity 1200, refill 500 a minute), refilled evenly; because Atlas refills in
// steps, what may go at once is the capacity less one refill.
import type { ListingSource } from "../people/listings/listing-sql.js";
import { NOW, toStatement } from "../people/listings/listing-sql.js";
import type { Db } from "../postgres/pool.js";

/** Who asks: people first, then changes with their own observations, then passes. */
export type CallClass = "person" | "change" | "pass";

export interface BudgetRequest {
  readonly project: string;
  readonly calls: number;
  readonly callClass: CallClass;
}

export type BudgetGrant =
  | {
      readonly kind: "granted";
      readonly at: number;
      /** The limits have not been asked for lately: who gets this asks. */
      readonly areLimitsDue: boolean;
    }
  | { readonly kind: "wait"; readonly waitMs: number };

/** Shares of the burst that stay reserved for those before you: a fifth for people, half against passes. */
const RESERVED: Readonly<Record<CallClass, number>> = { person: 0, change: 0.2, pass: 0.5 };

const LIMITS_LAST = "interval '1 day'";
/** Atlas refills in steps, we evenly: what may go at once is the capacity less one refill. */
const BURST = "greatest(b.capacity - b.refill_step, 1)";
/** What is there at a time of SQL. */
const leftAt = (time: string): string =>
  `least(${BURST}, b.tokens + extract(epoch from ${time} - b.refilled_at) * b.refill_per_minute / 60)`;
const LEFT = leftAt("excluded.refilled_at");
/**
 * The time of this very call if the limits are due; else an earlier one, also if both fall into one millisecond.
 */
const LIMITS_READ_AT = `case when b.limits_read_at > excluded.refilled_at - ${LIMITS_LAST}
  then least(b.limits_read_at, excluded.refilled_at - interval '1 microsecond') else excluded.refilled_at end`;
/** What has to be there: more calls than a burst can hold are paid afterwards. */
const neededFor = (calls: string, reserved: string): string =>
  `least(${calls}, ${BURST}) + floor(${BURST} * ${reserved})`;
const NEEDED = neededFor("$2::integer", "$3::double precision");

/**
 * Takes the calls or says how long to wait, in milliseconds. One statement if they are granted, two if not. It waits
 * for nobody but another caller's single statement on the same row. Not idempotent: calls that are taken and not made
 * are lost, which errs on the safe side.
 */
export async function takeCalls(db: Db, request: BudgetRequest): Promise<BudgetGrant> {
  const values = [request.project, request.calls, RESERVED[request.callClass]];
  const [granted] = await db.query<{ at: number; are_limits_due: boolean }>(
    `insert into call_budgets as b (project, capacity, refill_per_minute, tokens, refilled_at, limits_read_at)
     select $1, 1200, 500, 700 - $2::integer, clock.now, clock.now from (select headgate_now() as now) clock
     on conflict (project) do update
       set tokens = ${LEFT} - $2::integer,
           refilled_at = excluded.refilled_at,
           limits_read_at = ${LIMITS_READ_AT}
       where (b.blocked_until is null or b.blocked_until <= excluded.refilled_at)
         and ${LEFT} >= ${NEEDED}
     returning to_ms(b.refilled_at) as at, b.limits_read_at = b.refilled_at as are_limits_due`,
    values,
  );
  if (granted !== undefined) {
    return { kind: "granted", at: granted.at, areLimitsDue: granted.are_limits_due };
  }
  const [refused] = await db.query<{ wait_ms: number }>(
    `select greatest(
       coalesce(to_ms(blocked_until) - to_ms(headgate_now()), 0),
       60000 * (${NEEDED} - tokens) / refill_per_minute - (to_ms(headgate_now()) - to_ms(refilled_at)),
       100)::bigint as wait_ms
     from call_budgets b where project = $1`,
    values,
  );
  return { kind: "wait", waitMs: refused?.wait_ms ?? 1000 };
}

/**
 * Takes the calls of many projects in one statement, each all or nothing, and waits for nobody; when they were granted,
 * by project. Those it leaves out are busy, new or have too little left: `takeCalls` finds out which. `requests` name
 * each project once. It locks the rows that are free at that moment, and nobody waits while it holds them.
 */
export async function takeCallsAtOnce(
  db: Db,
  requests: readonly BudgetRequest[],
): Promise<ReadonlyMap<string, Extract<BudgetGrant, { kind: "granted" }>>> {
  const rows = await db.query<{ project: string; at: number; are_limits_due: boolean }>(TAKE_AT_ONCE, [
    requests.map(({ project }) => project),
    requests.map(({ calls }) => calls),
    requests.map(({ callClass }) => RESERVED[callClass]),
  ]);
  return new Map(
    rows.map((row) => [row.project, { kind: "granted", at: row.at, areLimitsDue: row.are_limits_due }]),
  );
}

const TAKE_AT_ONCE = `
with asked as (
  select a.project, a.calls, a.reserved, clock.now as refilled_at
  from unnest($1::text[], $2::integer[], $3::double precision[]) a(project, calls, reserved),
    (select headgate_now() as now) clock
),
free as (
  select b.project from call_budgets b join asked using (project) for no key update of b skip locked
)
update call_budgets b
  set tokens = ${LEFT} - excluded.calls,
      refilled_at = excluded.refilled_at,
      limits_read_at = ${LIMITS_READ_AT}
from asked excluded join free using (project)
where b.project = excluded.project
  and (b.blocked_until is null or b.blocked_until <= excluded.refilled_at)
  and ${LEFT} >= ${neededFor("excluded.calls", "excluded.reserved")}
returning b.project, to_ms(b.refilled_at) as at, b.limits_read_at = b.refilled_at as are_limits_due`;

export interface BudgetLimits {
  readonly project: string;
  readonly capacity: number;
  readonly refillPerMinute: number;
  /** What one refill adds. */
  readonly refillStep: number;
}

/** The limits as Atlas tells them; what is left never grows by it. */
export async function writeLimits(db: Db, limits: BudgetLimits): Promise<void> {
  await db.query(
    `update call_budgets set capacity = $2, refill_per_minute = $3, refill_step = $4,
       tokens = least(tokens, greatest($2 - $4, 1))
     where project = $1 and (capacity, refill_per_minute, refill_step) <> ($2, $3, $4)`,
    [limits.project, limits.capacity, limits.refillPerMinute, limits.refillStep],
  );
}

export interface BudgetReading {
  readonly project: string;
  readonly limit?: number;
  readonly remaining?: number;
  readonly retryAfterMs?: number;
}

/** Not above what Atlas said is left, less the refill that it may have given already. */
const IS_LESS_TOLD = `$2::integer - b.refill_step < ${leftAt("clock.now")}`;

/**
 * Corrects the budget by what Atlas said: never upward, and blocked for as long as a 429 asks. What Atlas said holds
 * from now on: nothing is refilled on top of it for the time before.
 */
export async function correctBudget(db: Db, reading: BudgetReading): Promise<void> {
  await db.query(
    `update call_budgets b set
       tokens = case when ${IS_LESS_TOLD} then $2::integer - b.refill_step else b.tokens end,
       refilled_at = case when ${IS_LESS_TOLD} then clock.now else b.refilled_at end,
       capacity = case when $3::integer > b.refill_step then $3::integer else b.capacity end,
       blocked_until = greatest(b.blocked_until,
         clock.now + make_interval(secs => $4::double precision / 1000))
     from (select headgate_now() as now) clock
     where b.project = $1`,
    [reading.project, reading.remaining ?? null, reading.limit ?? null, reading.retryAfterMs ?? null],
  );
}

export interface BudgetListing {
  readonly project: string;
  readonly capacity: number;
  readonly refillPerMinute: number;
  /** Calls that may go now, whoever asks. */
  readonly left: number;
  readonly blockedUntil: number | null;
  /** When calls were last taken. */
  readonly usedAt: number;
}

/** What is there now, of a row `b` that nobody is writing. */
export const LEFT_NOW = `floor(${leftAt(NOW)})::integer`;

export const BUDGETS: ListingSource<"budgets"> = {
  select: `select b.project, b.capacity, b.refill_per_minute as "refillPerMinute", b.blocked_until as "blockedUntil",
       ${LEFT_NOW} as left, b.refilled_at as "usedAt"
     from call_budgets b`,
  parts: ["b.project"],
  conditions: {
    blocked: `b.blocked_until > ${NOW}`,
    low: `${LEFT_NOW} < floor(${BURST} * ${String(RESERVED.change)}) + 1`,
    empty: `${LEFT_NOW} < 1`,
  },
  since: "b.refilled_at",
  sorts: {
    name: ["b.project"],
    left: [LEFT_NOW],
    capacity: ["b.capacity"],
    refill: ["b.refill_per_minute"],
    used: ["b.refilled_at"],
    blocked: ["b.blocked_until"],
  },
  order: ["b.project"],
};

export function listBudgets(db: Db): Promise<readonly BudgetListing[]> {
  const { text, values } = toStatement(BUDGETS, {});
  return db.query<BudgetListing>(text, values);
}
