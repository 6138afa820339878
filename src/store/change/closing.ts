// Closing a change: its outcome, what the processor's status remembers, and what becomes of a held project, in one
// transaction. A change must never be seen closed by somebody who does not see its status yet: the next pass would
// start what has just been started. What the outcome is, the domain says; this file locks, writes and never judges.
import { toJournalInsert } from "../rows/journal.js";
import { reasonIn } from "../rows/status-rows.js";
import type { Ending, StepRow } from "../../domain/change/change.js";
import type { CloseFacts, Closing, StandingHold } from "../../domain/change/outcome.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { toKept } from "../../base/text.js";
import type { ChangeRow, Locked } from "../rows/change-rows.js";
import { lockProcessor, readChange, writeStatus } from "../rows/change-rows.js";
import { toJson } from "../postgres/parameters.js";
import type { Db, Store } from "../postgres/pool.js";
import { REFUSED_TEXT, writeWithoutRefusedText } from "./refused-text.js";

/** Characters that are kept of an ending, and of why a project is held. Both hold texts of Atlas, of any length. */
const MAX_OUTCOME = 1_000;
const MAX_WHY = 500;

export interface ClosingRequest {
  readonly runId: string;
  /** Called under the locks, and once more if the text of its first verdict is refused: it must only judge. */
  readonly judge: (
    facts: Locked & Pick<CloseFacts, "change" | "steps" | "hold">,
  ) => Closing & { readonly ending: Ending };
  readonly holdRecheckMs: number;
}

interface Closed {
  readonly ending: Ending;
  readonly othersWait: boolean;
}

/**
 * Closes a change, once. Answers how it ended and whether others wait for its place; undefined if no row names the run.
 * Idempotent by `closed_at is null`: a second close finds the ending of the first and writes nothing. If Postgres
 * refuses a text of Atlas in it, everything else is written without.
 *
 * Locks the project, the processor's status, its policy (shared) and the change, in this order. Costs eleven statements
 * between begin and commit, twelve if a hold begins or ends. Throws `store.unavailable`; then nothing was written,
 * unless it was the answer to the commit that was lost: the retry finds out.
 */
export function closeChangeRow(store: Store, closing: ClosingRequest): Promise<Closed | undefined> {
  return writeWithoutRefusedText((keepsText) =>
    closeOnce(
      store,
      keepsText ? closing : { ...closing, judge: (facts) => withoutTexts(closing.judge(facts)) },
    ),
  );
}

/** Postgres does not say which text it refused, so every one that may hold words of Atlas goes. */
function withoutTexts(judged: ReturnType<ClosingRequest["judge"]>): ReturnType<ClosingRequest["judge"]> {
  const { status, hold, ending } = judged;
  const { observed, reason, parked, lastFailure } = status;
  return {
    ending: { ...ending, text: REFUSED_TEXT },
    hold: hold.kind === "hold" ? { ...hold, why: REFUSED_TEXT } : hold,
    status: {
      ...status,
      observed: observed?.errorMessage === undefined ? observed : { ...observed, errorMessage: REFUSED_TEXT },
      reason: reason === null ? null : { ...reason, text: REFUSED_TEXT },
      parked: parked === null ? null : { ...parked, why: REFUSED_TEXT },
      lastFailure: lastFailure === null ? null : REFUSED_TEXT,
    },
  };
}

async function closeOnce(store: Store, closing: ClosingRequest): Promise<Closed | undefined> {
  return store.transaction(async (db) => {
    // Without a lock, for the names of what is to be locked: they never change.
    const before = await readChange(db, closing.runId);
    if (before === undefined) return undefined;
    const { ref } = before.change.request;
    const hold = await lockHold(db, ref.project);
    const locked = await lockProcessor(db, ref);
    // Again, now that nobody else may write: the answer to its last POST may have come while this waited.
    const found = (await readChange(db, closing.runId)) ?? before;
    const already = await findEnding(db, before.change.id);
    if (already !== undefined) return { ending: already, othersWait: false };
    const judged = closing.judge({ ...locked, ...found, hold });
    await writeStatus(db, ref, judged.status);
    await writeEnding(db, before.change.id, { ending: judged.ending, steps: found.steps });
    await writeHold(db, { project: ref.project, hold: judged.hold, recheckMs: closing.holdRecheckMs });
    return { ending: judged.ending, othersWait: await hasWaiting(db, ref) };
  });
}

/** Locks the project's row, the first of all that are locked, and reads whether it is held. */
async function lockHold(db: Db, project: string): Promise<StandingHold | null> {
  const [row] = await db.query<StandingHold | { readonly by: null }>(
    `select held_why as why, held_by as by, held_since as since from projects
     where project = $1 for no key update`,
    [project],
  );
  return row === undefined || row.by === null ? null : row;
}

/**
 * The ending of an earlier close: of a retry whose first commit was not heard of, or of a pass that found the run lost.
 */
async function findEnding(db: Db, id: string): Promise<Ending | undefined> {
  const [row] = await db.query<{ row: ChangeRow }>(
    "select to_jsonb(c) as row from changes c where id = $1 and closed_at is not null",
    [id],
  );
  const { outcome, outcome_code: code, outcome_text: text } = row?.row ?? {};
  if (outcome === null || outcome === undefined) return undefined;
  return { outcome, code: code ?? "", text: text ?? "" };
}

async function writeEnding(
  db: Db,
  id: string,
  closed: { readonly ending: Ending; readonly steps: readonly StepRow[] },
): Promise<void> {
  const { ending } = closed;
  const answer = closed.steps.findLast((step) => step.answer !== null)?.answer ?? null;
  await db.query(
    `with closed as (
       update changes set closed_at = headgate_now(), outcome = $2, outcome_code = $3, outcome_text = $4, answer = $5::jsonb
       where id = $1 and closed_at is null returning *
     )
     ${toJournalInsert({
       project: "project",
       workspace: "workspace",
       processor: "processor",
       kind: "change.closed",
       actor: "actor",
       text: "kind || ' ' || $2 || ': ' || $4",
       changeId: "id",
       from: "closed",
     })}`,
    [
      id,
      ending.outcome,
      ending.code,
      toKept(ending.text, MAX_OUTCOME),
      answer === null ? null : toJson(answer),
    ],
  );
}

async function writeHold(
  db: Db,
  held: { readonly project: string; readonly hold: Closing["hold"]; readonly recheckMs: number },
): Promise<void> {
  if (held.hold.kind === "none") return;
  if (held.hold.kind === "release") {
    // A hold by a LIST stays: that a POST passed says nothing of whether Atlas lets us look.
    await db.query(
      `with freed as (update projects set held_why = null, held_by = null, held_since = null, recheck_at = null
         where project = $1 and held_by = 'post' returning project)
       ${toJournalInsert({ project: "project", kind: "project.released", text: "'a call passed'", from: "freed" })}`,
      [held.project],
    );
    return;
  }
  // The first to hold says why and since when; whoever comes later leaves that standing.
  await db.query(
    `with taken as (
       update projects set held_why = $2, held_by = 'post', held_since = headgate_now(),
         recheck_at = headgate_now() + make_interval(secs => $3::double precision / 1000)
       where project = $1 and held_why is null returning project)
     ${toJournalInsert({ project: "project", kind: "project.held", text: "$2", from: "taken" })}`,
    [held.project, toKept(held.hold.why, MAX_WHY), held.recheckMs],
  );
}

/**
 * Whether the place that comes free is wanted: then the caller asks for a pass instead of leaving it to the next tick.
 */
async function hasWaiting(db: Db, ref: ProcessorRef): Promise<boolean> {
  const [row] = await db.query<{ waits: boolean }>(
    `select exists (select from processor_status
       where project = $1 and workspace = $2 and ${reasonIn("waiting-for-place")}) as waits`,
    [ref.project, ref.workspace],
  );
  return row?.waits ?? false;
}
