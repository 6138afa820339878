// Fences and answers: the last write before a POST, and the first after it. Whether it may go out is the domain's to say;
// that only one attempt says it is held here, by the step's row.
import type { Answer, Fate, OpenChange, StepName } from "../domain/change.js";
import type { FenceVerdict } from "../domain/fence.js";
import type { ProcessorRef } from "../domain/refs.js";
import type { Locked } from "./change-rows.js";
import { KEY, keyOf, lockProcessor, readChange } from "./change-rows.js";
import type { Db, Store } from "./pool.js";

export interface Fencing {
  readonly runId: string;
  readonly ref: ProcessorRef;
  readonly step: StepName;
  /** One more than the attempt this caller has read: of two that read the same, one gets the fence. */
  readonly attempt: number;
  readonly horizonMs: number;
  readonly judge: (facts: Locked & { readonly change: OpenChange }) => FenceVerdict;
}

/** Passes the fence or says why not: bars the processor, marks the position spent, notes what is owed. One transaction. */
export async function fence(
  store: Store,
  fencing: Fencing,
): Promise<FenceVerdict | { readonly kind: "taken-over" } | { readonly kind: "missing" }> {
  return store.transaction(async (db) => {
    const locked = await lockProcessor(db, fencing.ref);
    const found = await readChange(db, fencing.runId);
    if (found === undefined) return { kind: "missing" };
    const verdict = fencing.judge({ ...locked, change: found.change });
    if (verdict.kind !== "post") return verdict;
    const { id } = found.change;
    const { positionKey } = verdict;
    const spent = locked.status.positionsSpent;
    const spends = positionKey !== null && !spent.includes(positionKey);
    const isMine = await writeFence(db, { ...fencing, id, spends }, verdict);
    if (!isMine) return { kind: "taken-over" };
    await markFenced(db, { ...fencing, id }, spends ? [...spent, positionKey] : spent);
    return verdict;
  });
}

type Post = Extract<FenceVerdict, { kind: "post" }>;

async function writeFence(
  db: Db,
  fencing: Fencing & { readonly id: string; readonly spends: boolean },
  verdict: Post,
): Promise<boolean> {
  const rows = await db.query(
    `insert into change_steps as s (change_id, step, attempt, fenced_at, horizon_at, options, position_key, spent_position)
     values ($1, $2, $3, headgate_now(), headgate_now() + make_interval(secs => $4::double precision / 1000), $5::jsonb, $6, $7)
     on conflict (change_id, step) do update set attempt = excluded.attempt, posts = s.posts + case when s.fate in ('limited', 'unsent') then 0 else 1 end,
       fenced_at = excluded.fenced_at, horizon_at = excluded.horizon_at, options = excluded.options,
       position_key = excluded.position_key,
       spent_position = excluded.spent_position or (s.spent_position and s.position_key = excluded.position_key),
       answered_at = null, fate = null, answer = null, posted = null
     where s.attempt = excluded.attempt - 1
     returning 1`,
    [
      fencing.id,
      fencing.step,
      fencing.attempt,
      fencing.horizonMs,
      JSON.stringify(verdict.options),
      verdict.positionKey,
      fencing.spends,
    ],
  );
  return rows.length === 1;
}

async function markFenced(
  db: Db,
  fencing: Fencing & { readonly id: string },
  positionsSpent: readonly string[],
): Promise<void> {
  await db.query(
    `update processor_status set revision = revision + 1, positions_spent = $4,
       barred_until = headgate_now() + make_interval(secs => $5::double precision / 1000)
     where ${KEY}`,
    [...keyOf(fencing.ref), positionsSpent, fencing.horizonMs],
  );
  await db.query(
    `update changes set first_fenced_at = coalesce(first_fenced_at, headgate_now()),
       owes_start = owes_start or (kind = 'restart' and $2 = 'stop')
     where id = $1`,
    [fencing.id, fencing.step],
  );
}

export interface Answering {
  readonly changeId: string;
  readonly ref: ProcessorRef;
  readonly step: StepName;
  readonly attempt: number;
  readonly fate: Fate;
  readonly answer: Answer | null;
}

/**
 * Writes down what became of a POST. False where a later attempt has taken the step over: then nothing is written. A
 * known fate lifts the bar; a refusal or a POST never made gives the position back, and a stop that was not made owes nothing.
 */
export async function recordAnswer(db: Db, answering: Answering): Promise<boolean> {
  const isKnown = answering.fate !== "unknown";
  const isUnmade = isKnown && answering.fate !== "applied";
  const [row] = await db.query<{ recorded: boolean }>(
    `with step as (
       update change_steps set answered_at = headgate_now(), fate = $6, answer = $7::jsonb, posted = $6 <> 'unsent'
       where change_id = $4 and step = $5 and attempt = $8 and (fate is null or fate = 'unknown')
       returning position_key, spent_position, posts
     ),
     st as (
       update processor_status s set revision = revision + 1,
         barred_until = case when $9 then null else barred_until end,
         positions_spent = case when $10 and step.posts = 1 and step.spent_position
                                then array_remove(positions_spent, step.position_key) else positions_spent end
       from step where s.project = $1 and s.workspace = $2 and s.processor = $3
     ),
     ch as (
       update changes set owes_start = false
       where id = $4 and $10 and $5 = 'stop' and exists (select from step where posts = 1)
     )
     select exists (select from step) as recorded`,
    [
      ...keyOf(answering.ref),
      answering.changeId,
      answering.step,
      answering.fate,
      answering.answer === null ? null : JSON.stringify(answering.answer),
      answering.attempt,
      isKnown,
      isUnmade,
    ],
  );
  return row?.recorded ?? false;
}
