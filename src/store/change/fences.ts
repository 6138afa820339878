// Fences and answers: the last write before a POST, and the first after it. Whether it may go out is the domain's to
// say; that only one attempt says it is held here, by the step's row. What must stay true: no POST goes out without a
// committed fence, and a bar stands from the fence until the fate of its POST is known or its horizon has passed.
import type { Answer, Fate, FoundBefore, OpenChange, StepName, StepRow } from "../../domain/change/change.js";
import type { FenceVerdict } from "../../domain/change/fence.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { Locked } from "../rows/change-rows.js";
import { KEY, keyOf, lockProcessor, readChange } from "../rows/change-rows.js";
import { toJson } from "../postgres/parameters.js";
import type { Db, Store } from "../postgres/pool.js";
import { REFUSED_TEXT, writeWithoutRefusedText } from "./refused-text.js";

/** A bar is known by the horizon that it ends with, to the millisecond. */
const TO_BAR = "from_ms(to_ms(horizon_at))";

export interface Fencing {
  readonly runId: string;
  readonly ref: ProcessorRef;
  readonly step: StepName;
  /** One more than the attempt this caller has read: of two that read the same, one gets the fence. */
  readonly attempt: number;
  /** How long after its fence the POST may still take effect: the length of the bar. */
  readonly horizonMs: number;
  /** What the change found and its row does not say yet: counts at its first fence, and is written with it. */
  readonly before?: FoundBefore | null;
  readonly judge: (facts: Locked & { readonly change: OpenChange }) => FenceVerdict;
}

/**
 * Passes the fence or says why not: bars the processor, marks the position spent, notes what is owed. One transaction.
 *
 * Locks the processor's status, its policy (shared), the change and its step, in this order. Costs five statements
 * between begin and commit, four if there is no POST. Not idempotent, on purpose: of two callers that read the same
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
    const verdict = fencing.judge({ ...locked, change: withBefore(found, fencing.before) });
    if (verdict.kind !== "post") return verdict;
    const { id } = found.change;
    const { positionKey } = verdict;
    const spent = locked.status.positionsSpent;
    // Spent before already, by another change perhaps: then it is not this step's to give back.
    const spends = positionKey !== null && !spent.includes(positionKey);
    const isFenced = await writeFence(db, { ...fencing, id, spends, spent }, verdict);
    return isFenced ? verdict : { kind: "taken-over" };
  });
}

function withBefore(
  { change, steps }: { readonly change: OpenChange; readonly steps: readonly StepRow[] },
  before: Fencing["before"],
): OpenChange {
  if (before === undefined || before === null || steps.length > 0) return change;
  return { ...change, stateBefore: before.state, tierBefore: before.tier };
}

type Post = Extract<FenceVerdict, { kind: "post" }>;

/**
 * False if another attempt was faster. The row counts the POSTs that may have been carried out: one that was limited,
 * refused or never sent gives its place in the count to this one. A position that an earlier attempt of this step spent
 * counts as this step's own, as long as it is the same position. The bar ends with this step's own horizon: that is how
 * an answer later knows its own bar. From the stop of a restart on a start is owed, whatever becomes of this run.
 */
async function writeFence(
  db: Db,
  fencing: Fencing & {
    readonly id: string;
    readonly spends: boolean;
    readonly spent: readonly string[];
  },
  { options, positionKey }: Post,
): Promise<boolean> {
  const { id, step, attempt, horizonMs, spends, spent, ref, before } = fencing;
  const rows = await db.query(WRITE_FENCE, [
    ...keyOf(ref),
    id,
    step,
    attempt,
    horizonMs,
    toJson(options),
    positionKey,
    spends,
    spends && positionKey !== null ? [...spent, positionKey] : spent,
    before?.state ?? null,
    before?.tier ?? null,
  ]);
  return rows.length > 0;
}

/** A change's row is locked before the rows of its steps, by everybody (ARCHITECTURE.md, "Locks"). */
const WRITE_FENCE = `
with locked as (select id from changes where id = $4 for no key update),
fenced as (
  insert into change_steps as s (change_id, step, attempt, fenced_at, horizon_at, options, position_key, spent_position)
  select id, $5, $6, headgate_now(), headgate_now() + make_interval(secs => $7::double precision / 1000), $8::jsonb, $9, $10
  from locked
  on conflict (change_id, step) do update set attempt = excluded.attempt,
    posts = s.posts + case when s.fate in ('limited', 'unsent', 'refused') then 0 else 1 end,
    fenced_at = excluded.fenced_at, horizon_at = excluded.horizon_at, options = excluded.options,
    position_key = excluded.position_key,
    spent_position = excluded.spent_position or (s.spent_position and s.position_key = excluded.position_key),
    answered_at = null, fate = null, answer = null, posted = null
  where s.attempt = excluded.attempt - 1
  returning s.horizon_at
),
barred as (
  update processor_status set revision = revision + 1, positions_spent = $11, barred_until = ${TO_BAR}
  from fenced where ${KEY}
),
noted as (
  update changes set first_fenced_at = coalesce(first_fenced_at, headgate_now()),
    state_before = case when first_fenced_at is null then coalesce($12, state_before) else state_before end,
    tier_before = case when first_fenced_at is null and $12::text is not null then $13 else tier_before end,
    owes_start = owes_start or (kind = 'restart' and $5 = 'stop')
  from fenced where id = $4
)
select from fenced`;

export interface Answering {
  readonly changeId: string;
  readonly ref: ProcessorRef;
  readonly step: StepName;
  readonly attempt: number;
  readonly fate: Fate;
  readonly answer: Answer | null;
}

/**
 * Writes down what became of a POST; when, in database time. Undefined if a later attempt has taken the step over: then
 * nothing is written. A known fate lifts the bar that its own fence raised, and no other; a refusal or a POST never
 * made gives the position back, unless somebody has fenced since; a stop that was not made owes nothing. It locks in
 * the order of a fence, so that of the two nobody is ever the victim of a deadlock. One statement. If Postgres refuses
 * Atlas's text, fate and status are written without it.
 */
export function recordAnswer(db: Db, answering: Answering): Promise<number | undefined> {
  return writeWithoutRefusedText((keepsText) =>
    answerOnce(db, keepsText ? answering : { ...answering, answer: withoutText(answering.answer) }),
  );
}

function withoutText(answer: Answer | null): Answer | null {
  if (answer === null) return null;
  const { code, status, isTransient } = answer;
  return { code, status, errorCode: null, detail: REFUSED_TEXT, isTransient };
}

async function answerOnce(db: Db, answering: Answering): Promise<number | undefined> {
  const { changeId, ref, step, attempt, fate, answer } = answering;
  const [row] = await db.query<{ answered_at: number }>(WRITE_ANSWER, [
    ...keyOf(ref),
    changeId,
    step,
    attempt,
    fate,
    answer === null ? null : toJson(answer),
  ]);
  return row?.answered_at;
}

/**
 * Each lock rests on the one before it. Whoever fenced last raised the bar that stands: an answer that comes after
 * another's fence leaves the status alone. While the fate is unknown the bar stays: until the horizon nobody knows
 * whether the POST takes effect.
 */
const WRITE_ANSWER = `
with status as (select from processor_status where ${KEY} for update),
locked as (select c.id from status cross join changes c where c.id = $4 for no key update of c),
answered as (
  update change_steps s set answered_at = headgate_now(), fate = $7, answer = $8::jsonb, posted = $7 <> 'unsent'
  from locked
  where s.change_id = locked.id and s.step = $5 and s.attempt = $6 and (s.fate is null or s.fate = 'unknown')
  returning s.answered_at, s.position_key, s.spent_position, s.posts, s.horizon_at
),
settled as (
  update processor_status set revision = revision + 1, barred_until = null,
    positions_spent = case when $7 <> 'applied' and posts = 1 and spent_position
      then array_remove(positions_spent, position_key) else positions_spent end
  from answered where ${KEY} and $7 <> 'unknown' and barred_until = ${TO_BAR}
),
released as (
  update changes set owes_start = false
  from answered where id = $4 and $5 = 'stop' and $7 not in ('applied', 'unknown') and posts = 1
)
select to_ms(answered_at) as answered_at from answered`;
