// Closing a change: its outcome, what the processor's status remembers, and what becomes of a held project, in one
// transaction. A change must never be seen closed by somebody who does not see its status yet: the next pass would
// start what has just been started. What the outcome is, the domain says; this file locks, writes and never judges.
import { toJournalInsert } from "../rows/journal.js";
import { reasonIn } from "../rows/status-rows.js";
import type { Ending, StepRow } from "../../domain/change/change.js";
import type { CloseFacts, Closing, StandingHold } from "../../domain/change/outcome.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { toKept } from "../../base/text.js";
import type { Locked } from "../rows/change-rows.js";
import { lockProcessor, readChange, toStatusDocument, toStatusWrite } from "../rows/change-rows.js";
import { toJson } from "../postgres/parameters.js";
import type { Db, Store } from "../postgres/pool.js";
import { REFUSED_TEXT, writeWithoutRefusedText } from "./refused-text.js";

/** Characters that are kept of an ending, and of why a project is held. Both hold texts of Atlas, of any length. */
const MAX_OUTCOME = 1_000;
const MAX_WHY = 500;

export interface ClosingRequest {
  readonly runId: string;
  readonly ref: ProcessorRef;
  /** Called under the locks, and once more if the text of its first verdict is refused: it must only judge. */
  readonly judge: (
    facts: Locked & Pick<CloseFacts, "change" | "steps" | "hold">,
  ) => Closing & { readonly ending: Ending };
  readonly holdRecheckMs: number;
}

interface Closed {
  readonly ending: Ending;
  readonly othersWait: boolean;
  /** As they stood before; undefined if it was closed before. */
  readonly facts: (Locked & Pick<CloseFacts, "change">) | undefined;
}

/**
 * Closes a change, once. Answers how it ended and whether others wait for its place; undefined if no row names the run.
 * Idempotent by `closed_at is null`: a second close finds the ending of the first and writes nothing. If Postgres
 * refuses a text of Atlas in it, everything else is written without.
 *
 * Locks the project, the processor's status, its policy (shared) and the change, in this order. Costs six statements
 * between begin and commit, seven if a hold begins or ends. Throws `store.unavailable`; then nothing was written,
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
  const { observed, reason, parked, lastFailure, refusal } = status;
  return {
    ending: { ...ending, text: REFUSED_TEXT },
    hold: hold.kind === "hold" ? { ...hold, why: REFUSED_TEXT } : hold,
    status: {
      ...status,
      observed: observed?.errorMessage === undefined ? observed : { ...observed, errorMessage: REFUSED_TEXT },
      reason: reason === null ? null : { ...reason, text: REFUSED_TEXT },
      parked: parked === null ? null : { ...parked, why: REFUSED_TEXT },
      lastFailure: lastFailure === null ? null : REFUSED_TEXT,
      refusal: refusal === null ? null : { ...refusal, errorCode: null, text: REFUSED_TEXT },
    },
  };
}

async function closeOnce(store: Store, closing: ClosingRequest): Promise<Closed | undefined> {
  const { runId, ref } = closing;
  return store.transaction(async (db) => {
    const project = await lockHold(db, ref.project, runId);
    if (project?.hasRow !== true) return undefined;
    const locked = await lockProcessor(db, ref);
    // Now that nobody else may write: the answer to its last POST may have come while this waited.
    const found = await readChange(db, runId);
    if (found === undefined) return undefined;
    // Of an earlier close: of a retry whose first commit was not heard of, or of a pass that found the run lost.
    if (found.ending !== undefined) return { ending: found.ending, othersWait: false, facts: undefined };
    const judged = closing.judge({ ...locked, ...found, hold: project.hold });
    const othersWait = await writeClosing(db, { ref, judged, id: found.change.id, steps: found.steps });
    await writeHold(db, { project: ref.project, hold: judged.hold, recheckMs: closing.holdRecheckMs });
    return { ending: judged.ending, othersWait, facts: { ...locked, change: found.change } };
  });
}

/** Locks the project's row, the first of all that are locked; whether it is held, and whether a row names the run. */
async function lockHold(
  db: Db,
  project: string,
  runId: string,
): Promise<{ readonly hold: StandingHold | null; readonly hasRow: boolean } | undefined> {
  const [row] = await db.query<(StandingHold | { readonly by: null }) & { readonly has_row: boolean }>(
    `select held_why as why, held_by as by, held_since as since,
       exists (select from changes where run_id = $2) as has_row
     from projects where project = $1 for no key update`,
    [project, runId],
  );
  if (row === undefined) return undefined;
  const { has_row: hasRow, ...standing } = row;
  return { hold: standing.by === null ? null : standing, hasRow };
}

/**
 * The status, the ending and its journal line; whether the place that comes free is wanted, so that the caller asks for
 * a pass instead of leaving it to the next tick.
 */
async function writeClosing(
  db: Db,
  closed: {
    readonly ref: ProcessorRef;
    readonly judged: ReturnType<ClosingRequest["judge"]>;
    readonly id: string;
    readonly steps: readonly StepRow[];
  },
): Promise<boolean> {
  const { ref, judged, id, steps } = closed;
  const { outcome, code, text } = judged.ending;
  const answer = steps.findLast((step) => step.answer !== null)?.answer ?? null;
  const [row] = await db.query<{ waits: boolean }>(WRITE_CLOSING, [
    id,
    outcome,
    code,
    toKept(text, MAX_OUTCOME),
    answer === null ? null : toJson(answer),
    toStatusDocument(ref, judged.status),
    ref.project,
    ref.workspace,
    ref.processor,
  ]);
  return row?.waits ?? false;
}

const WRITE_CLOSING = `
with status as (${toStatusWrite("$6")}),
closed as (
  update changes set closed_at = headgate_now(), outcome = $2, outcome_code = $3, outcome_text = $4, answer = $5::jsonb
  where id = $1 and closed_at is null returning *
),
line as (
  ${toJournalInsert({
    project: "project",
    workspace: "workspace",
    processor: "processor",
    kind: "change.closed",
    actor: "actor",
    text: "kind || ' ' || $2 || ': ' || $4",
    changeId: "id",
    from: "closed",
  })}
)
select exists (select from processor_status
  where project = $7 and workspace = $8 and processor <> $9 and ${reasonIn("waiting-for-place", "in-incident")}) as waits`;

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
