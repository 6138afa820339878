// Fences and answers: the last write before a POST, and the first after it. Whether it may go out is the domain's to
// say; that only one attempt says it is held here, by the step's row. What must stay true: no POST goes out without a
// committed fence, and a bar stands from the fence until the fate of its POST is known or its horizon has passed.
import type { Answer, Fate, OpenChange, StepName } from "../../domain/change/change.js";
import type { FenceVerdict } from "../../domain/change/fence.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Locked } from "../rows/change-rows.js";
import { KEY, keyOf, lockProcessor, readChange } from "../rows/change-rows.js";
import { toJson } from "../postgres/parameters.js";
import type { Db, Store } from "../postgres/pool.js";
import { REFUSED_TEXT, writeWithoutRefusedText } from "./refused-text.js";

export interface Fencing {
  readonly runId: string;
  readonly ref: ProcessorRef;
  readonly step: StepName;
  /** One more than the attempt this caller has read: of two that read the same, one gets the fence. */
  readonly attempt: number;
  /** How long after its fence the POST may still take effect: the length of the bar. */
  readonly horizonMs: number;
  readonly judge: (facts: Locked & { readonly change: OpenChange }) => FenceVerdict;
}

/**
 * Passes the fence or says why not: bars the processor, marks the position spent, notes what is owed. One transaction.
 *
 * Locks the processor's status, its policy (shared), the change and its step, in this order. Costs nine statements
 * between begin and commit, five if there is no POST. Not idempotent, on purpose: of two callers that read the same
 * attempt the second one is `taken-over`, and must look before it POSTs. `missing`: no row names the run. Throws
 * `store.unavailable`; then the fence may stand all the same, and the caller must not POST.
 */
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
    // Spent before already, by another change perhaps: then it is not this step's to give back.
    const spends = positionKey !== null && !spent.includes(positionKey);
    await lockChange(db, id);
    const horizonAt = await writeFence(db, { ...fencing, id, spends }, verdict);
    if (horizonAt === undefined) return { kind: "taken-over" };
    await markFenced(db, { ...fencing, id, horizonAt }, spends ? [...spent, positionKey] : spent);
    return verdict;
  });
}

type Post = Extract<FenceVerdict, { kind: "post" }>;

/** A change's row is locked before the rows of its steps, by everybody (ARCHITECTURE.md, "Locks"). */
async function lockChange(db: Db, id: string): Promise<void> {
  await db.query("select from changes where id = $1 for no key update", [id]);
}

/**
 * Until when this fence's POST may take effect; undefined if another attempt was faster. The row counts the POSTs that
 * may have been carried out: one that was limited, refused or never sent gives its place in the count to this one. A
 * position that an earlier attempt of this step spent counts as this step's own, as long as it is the same position.
 */
async function writeFence(
  db: Db,
  fencing: Fencing & { readonly id: string; readonly spends: boolean },
  verdict: Post,
): Promise<number | undefined> {
  const [row] = await db.query<{ horizon_at: number }>(
    `insert into change_steps as s (change_id, step, attempt, fenced_at, horizon_at, options, position_key, spent_position)
     values ($1, $2, $3, headgate_now(), headgate_now() + make_interval(secs => $4::double precision / 1000), $5::jsonb, $6, $7)
     on conflict (change_id, step) do update set attempt = excluded.attempt, posts = s.posts + case when s.fate in ('limited', 'unsent', 'refused') then 0 else 1 end,
       fenced_at = excluded.fenced_at, horizon_at = excluded.horizon_at, options = excluded.options,
       position_key = excluded.position_key,
       spent_position = excluded.spent_position or (s.spent_position and s.position_key = excluded.position_key),
       answered_at = null, fate = null, answer = null, posted = null
     where s.attempt = excluded.attempt - 1
     returning horizon_at`,
    [
      fencing.id,
      fencing.step,
      fencing.attempt,
      fencing.horizonMs,
      toJson(verdict.options),
      verdict.positionKey,
      fencing.spends,
    ],
  );
  return row?.horizon_at;
}

/** The bar ends with this step's own horizon, to the millisecond: that is how an answer later knows its own bar. */
async function markFenced(
  db: Db,
  fencing: Fencing & { readonly id: string; readonly horizonAt: number },
  positionsSpent: readonly string[],
): Promise<void> {
  await db.query(
    `update processor_status set revision = revision + 1, positions_spent = $4,
       barred_until = from_ms($5)
     where ${KEY}`,
    [...keyOf(fencing.ref), positionsSpent, fencing.horizonAt],
  );
  // From the stop of a restart on a start is owed, whatever becomes of this run.
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
 * Writes down what became of a POST. False if a later attempt has taken the step over: then nothing is written. A
 * known fate lifts the bar that its own fence raised, and no other; a refusal or a POST never made gives the position
 * back, unless somebody has fenced since; a stop that was not made owes nothing. It locks in the order of a fence, so
 * that of the two nobody is ever the victim of a deadlock.
 * If Postgres refuses Atlas's text, fate and status are written without it.
 */
export function recordAnswer(store: Store, answering: Answering): Promise<boolean> {
  return writeWithoutRefusedText((keepsText) =>
    answerOnce(store, keepsText ? answering : { ...answering, answer: withoutText(answering.answer) }),
  );
}

function withoutText(answer: Answer | null): Answer | null {
  return answer === null ? null : { ...answer, errorCode: null, detail: REFUSED_TEXT };
}

async function answerOnce(store: Store, answering: Answering): Promise<boolean> {
  return store.transaction(async (db) => {
    await db.query(`select from processor_status where ${KEY} for update`, keyOf(answering.ref));
    await lockChange(db, answering.changeId);
    const step = await writeAnswer(db, answering);
    if (step === undefined) return false;
    // The bar stays: until the horizon nobody knows whether the POST takes effect.
    if (answering.fate === "unknown") return true;
    await settleStatus(db, answering, step);
    if (answering.step === "stop" && answering.fate !== "applied" && step.posts === 1) {
      await db.query("update changes set owes_start = false where id = $1", [answering.changeId]);
    }
    return true;
  });
}

interface AnsweredStep {
  readonly position_key: string | null;
  readonly spent_position: boolean;
  readonly posts: number;
  readonly horizon_at: number;
}

async function writeAnswer(db: Db, answering: Answering): Promise<AnsweredStep | undefined> {
  const { changeId, step, attempt, fate, answer } = answering;
  const [row] = await db.query<AnsweredStep>(
    `update change_steps set answered_at = headgate_now(), fate = $4, answer = $5::jsonb, posted = $4 <> 'unsent'
     where change_id = $1 and step = $2 and attempt = $3 and (fate is null or fate = 'unknown')
     returning position_key, spent_position, posts, horizon_at`,
    [changeId, step, attempt, fate, answer === null ? null : toJson(answer)],
  );
  return row;
}

/**
 * Whoever fenced last raised the bar that stands: an answer that comes after another's fence leaves the status alone.
 */
async function settleStatus(db: Db, answering: Answering, step: AnsweredStep): Promise<void> {
  const givesBack = answering.fate !== "applied" && step.posts === 1 && step.spent_position;
  await db.query(
    `update processor_status set revision = revision + 1, barred_until = null,
       positions_spent = case when $5 then array_remove(positions_spent, $6) else positions_spent end
     where ${KEY} and barred_until = from_ms($4)`,
    [...keyOf(answering.ref), step.horizon_at, givesBack, step.position_key],
  );
}
