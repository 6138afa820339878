// The answers that POSTs got, by the key their client chose: claimed before the work, written after it, kept for a day.
// Every statement stands alone: nothing is locked while the work is done.
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";

export interface RequestKey {
  readonly apiKey: string;
  readonly idempotencyKey: string;
}

/** As it is sent again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string | null;
}

export type KeyClaim =
  | { readonly kind: "claimed" }
  | { readonly kind: "running" }
  | { readonly kind: "other-request" }
  | { readonly kind: "answered"; readonly answer: KeptAnswer };

/** Kept so long. A claim without an answer is its server's until then, which is dead long before. */
const KEPT = "interval '1 day'";
/** Longer than any request takes: a server that died over one must not keep its client out for a day. */
const RUNNING = "interval '10 minutes'";

/** One statement, two where somebody has the key. Of two that claim at once exactly one gets it. */
export async function claimKey(db: Db, key: RequestKey, hash: string): Promise<KeyClaim> {
  const mine = await db.query(
    `insert into idempotency_keys as k (api_key, idempotency_key, request_hash) values ($1, $2, $3)
     on conflict (api_key, idempotency_key) do update
       set request_hash = excluded.request_hash, claimed_at = headgate_now(), answer = null
       where k.claimed_at < headgate_now() - ${KEPT}
         or (k.answer is null and k.request_hash = excluded.request_hash
             and k.claimed_at < headgate_now() - ${RUNNING})
     returning 1`,
    [key.apiKey, key.idempotencyKey, hash],
  );
  if (mine.length > 0) return { kind: "claimed" };
  const [row] = await db.query<{ request_hash: string; answer: KeptAnswer | null }>(
    "select request_hash, answer from idempotency_keys where api_key = $1 and idempotency_key = $2",
    [key.apiKey, key.idempotencyKey],
  );
  // It was given back between the two statements: whoever asks again gets it.
  if (row === undefined) return { kind: "running" };
  if (row.request_hash !== hash) return { kind: "other-request" };
  return row.answer === null ? { kind: "running" } : { kind: "answered", answer: row.answer };
}

export async function keepAnswer(db: Db, key: RequestKey, answer: KeptAnswer): Promise<void> {
  await db.query(
    "update idempotency_keys set answer = $3::jsonb where api_key = $1 and idempotency_key = $2",
    [key.apiKey, key.idempotencyKey, toJson(answer)],
  );
}

/** Gives a key back whose request did nothing. */
export async function releaseKey(db: Db, key: RequestKey): Promise<void> {
  await db.query(
    "delete from idempotency_keys where api_key = $1 and idempotency_key = $2 and answer is null",
    [key.apiKey, key.idempotencyKey],
  );
}
