// One budget of calls per Atlas project, shared by all workers and measured by the database's clock. A token bucket like
// Atlas's own (atlas-facts 6: capacity 1200, refill 500 a minute), refilled evenly; because Atlas refills in steps, what
// may go at once is the capacity less one refill.
import type { Db } from "./pool.js";

/** Who asks: people first, then changes with their own observations, then passes. */
export type CallClass = "person" | "change" | "pass";

export interface BudgetRequest {
  readonly project: string;
  readonly calls: number;
  readonly callClass: CallClass;
}

export type BudgetGrant =
  { readonly kind: "granted"; readonly at: number } | { readonly kind: "wait"; readonly waitMs: number };

/** Shares of the burst that stay reserved for those before you: a fifth for people, half against passes. */
const RESERVED: Readonly<Record<CallClass, number>> = { person: 0, change: 0.2, pass: 0.5 };

/** Takes the calls or says how long to wait. One statement; never blocks. */
export async function takeCalls(db: Db, request: BudgetRequest): Promise<BudgetGrant> {
  const values = [request.project, request.calls, RESERVED[request.callClass]];
  const [granted] = await db.query<{ at: number }>(
    `insert into call_budgets as b (project, capacity, refill_per_minute, tokens, refilled_at)
     values ($1, 1200, 500, 700 - $2::integer, headgate_now())
     on conflict (project) do update
       set tokens = least(b.capacity - b.refill_per_minute,
             b.tokens + extract(epoch from headgate_now() - b.refilled_at) * b.refill_per_minute / 60) - $2::integer,
           refilled_at = headgate_now()
       where (b.blocked_until is null or b.blocked_until <= headgate_now())
         and least(b.capacity - b.refill_per_minute,
               b.tokens + extract(epoch from headgate_now() - b.refilled_at) * b.refill_per_minute / 60)
             >= $2::integer + (b.capacity - b.refill_per_minute) * $3::double precision
     returning to_ms(headgate_now()) as at`,
    values,
  );
  if (granted !== undefined) return { kind: "granted", at: granted.at };
  const [refused] = await db.query<{ wait_ms: number }>(
    `select greatest(
       coalesce(to_ms(blocked_until) - to_ms(headgate_now()), 0),
       60000 * ($2::integer + (capacity - refill_per_minute) * $3::double precision - tokens) / refill_per_minute
         - (to_ms(headgate_now()) - to_ms(refilled_at)), 100)::bigint as wait_ms
     from call_budgets where project = $1`,
    values,
  );
  return { kind: "wait", waitMs: refused?.wait_ms ?? 1000 };
}

export interface BudgetReading {
  readonly project: string;
  readonly limit?: number;
  readonly remaining?: number;
  readonly retryAfterMs?: number;
}

/** Corrects the budget by what Atlas said: never upward, and blocked for as long as a 429 asks. */
export async function correctBudget(db: Db, reading: BudgetReading): Promise<void> {
  await db.query(
    `update call_budgets set
       tokens = least(tokens, coalesce($2::integer - refill_per_minute, tokens)),
       capacity = case when $3::integer > refill_per_minute then $3::integer else capacity end,
       blocked_until = greatest(blocked_until,
         headgate_now() + make_interval(secs => $4::double precision / 1000))
     where project = $1`,
    [reading.project, reading.remaining ?? null, reading.limit ?? null, reading.retryAfterMs ?? null],
  );
}

export interface BudgetRow {
  readonly project: string;
  readonly capacity: number;
  readonly refillPerMinute: number;
  readonly tokens: number;
  readonly blockedUntil: number | null;
}

export async function listBudgets(db: Db): Promise<readonly BudgetRow[]> {
  return db.query<BudgetRow>(
    `select project, capacity, refill_per_minute as "refillPerMinute", tokens, blocked_until as "blockedUntil"
     from call_budgets order by project`,
  );
}
