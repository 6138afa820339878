// Opening a change: one transaction, one open change per processor, caps counted under the project row's lock. Nothing
// is written before, and nothing if it may not open, but for what says nothing: the project's row, a status that nobody
// has written yet, and when a held project may be tried next. Two openings of one project never count at the same time,
// so that no cap is passed.
import type { Ending, OpenChange } from "../../domain/change/change.js";
import type { ChangeRequest } from "../../domain/change/requests.js";
import { noPlace } from "../../domain/change/place.js";
import { findFullCap } from "../../domain/decide/caps.js";
import type { Places } from "../../domain/decide/caps.js";
import type { LoopSettings } from "../../domain/settings.js";
import type { ChangeRow, Locked } from "../rows/change-rows.js";
import { KEY, keyOf, lockProcessor, readChange, toOpenChange } from "../rows/change-rows.js";
import { toJournalInsert } from "../rows/journal.js";
import { toJson } from "../postgres/parameters.js";
import type { Db, Store } from "../postgres/pool.js";

export interface Opening {
  readonly request: ChangeRequest;
  readonly workflowId: string;
  readonly runId: string;
  readonly caps: Pick<LoopSettings, "capPerWorkspace" | "capPerProject" | "capPerKey" | "holdRecheckMs">;
  /** Why it may not open, judged under the locks; undefined if it may. */
  readonly judge: (locked: Locked) => Ending | undefined;
}

export type OpenResult =
  | { readonly kind: "open"; readonly change: OpenChange }
  /** Nothing was written. */
  | { readonly kind: "refused"; readonly ending: Ending };

/**
 * Opens the row of a change, once per run: one that raced its own earlier attempt finds it by its `run_id`. A refusal
 * is an answer, not an error, and `noPlace` makes one that is worth asking again.
 *
 * Locks the project, the processor's status, its policy (shared) and its concurrency key, in this order; a take-over
 * locks the change alone. Costs six statements between begin and commit, one more for a bulk change or a trial, two for
 * a concurrency key, two for the first change of a project or of a processor that nobody has seen; one for a take-over
 * or a bulk change that finds no place. Throws `store.unavailable`.
 */
export async function openChangeRow(store: Store, opening: Opening): Promise<OpenResult> {
  return store.transaction(async (db) => {
    const { request } = opening;
    if (request.resumes !== null) return takeOver(db, opening, request.resumes);
    // Hundreds may wait for their places and ask again and again: whoever would find none does not queue for the lock.
    const full = request.isBulk ? await findFull(db, opening) : undefined;
    if (full !== undefined) return { kind: "refused", ending: noPlace(full) };
    await lockProject(db, request.ref.project);
    const locked = await lockProcessor(db, request.ref);
    const facts = await readObstacles(db, opening);
    // An earlier attempt of this run, given up by its caller, may have opened the row while this one waited for the
    // lock.
    const mine = facts.is_mine ? await readChange(db, opening.runId) : undefined;
    if (mine !== undefined) return { kind: "open", change: mine.change };
    const key = locked.declared?.policy.concurrencyKey;
    const refusal =
      (await findObstacle(db, opening, {
        ...facts,
        open_of_key: await countUnderLock(db, request, key),
        key,
      })) ?? opening.judge(locked);
    if (refusal !== undefined) return { kind: "refused", ending: refusal };
    return { kind: "open", change: await insertChange(db, opening, locked) };
  });
}

/**
 * The row of a lost run that still owes a start goes on under a new run. Of two that want it the second finds another
 * `run_id` there and takes it over again; the fence's attempt decides between them.
 */
async function takeOver(db: Db, opening: Opening, id: string): Promise<OpenResult> {
  const [row] = await db.query<{ row: ChangeRow }>(
    `update changes c set run_id = $2, workflow_id = $3 where id = $1 and closed_at is null and owes_start
     returning to_jsonb(c) as row`,
    [id, opening.runId, opening.workflowId],
  );
  if (row !== undefined) return { kind: "open", change: toOpenChange(row.row) };
  return {
    kind: "refused",
    ending: { outcome: "superseded", code: "superseded", text: "closed by somebody else" },
  };
}

interface OpenCounts {
  readonly in_workspace: number;
  readonly in_project: number;
  /** Null where the workspace takes any number of starts at a time. */
  readonly starts_in_turn: number | null;
}

/** Counts of open rows. The index of open changes serves all: they cost what is open, not what is kept. */
const COUNTS = `(select count(*) from changes where project = $1 and workspace = $2 and closed_at is null) as in_workspace,
       (select count(*) from changes where project = $1 and closed_at is null) as in_project,
       (select (select count(*) from changes c where c.project = w.project and c.workspace = w.workspace
          and c.closed_at is null and c.kind <> 'stop')
        from workspaces w where project = $1 and workspace = $2 and one_by_one_until > headgate_now()) as starts_in_turn`;

/** Without a lock, so it may be out of date at once: it spares the queue, and decides nothing that it says yes to. */
async function findFull(db: Db, { request, caps }: Opening): Promise<string | undefined> {
  const [counts] = await db.query<OpenCounts & Pick<Obstacles, "key" | "open_of_key">>(
    `select ${COUNTS}, p.concurrency_key as key,
       (select count(*) from changes where concurrency_key = p.concurrency_key and closed_at is null) as open_of_key
     from (select) one left join start_policies p on ${KEY}`,
    keyOf(request.ref),
  );
  return counts === undefined ? undefined : findFullCap(toPlaces(request, counts), caps);
}

function toPlaces(
  { kind }: ChangeRequest,
  counts: OpenCounts & Pick<Obstacles, "key" | "open_of_key">,
): Places {
  return {
    inWorkspace: counts.in_workspace,
    inProject: counts.in_project,
    key: counts.key ?? undefined,
    ofKey: counts.open_of_key,
    startsInTurn: kind === "stop" ? 0 : (counts.starts_in_turn ?? 0),
  };
}

/**
 * Counts the open changes of a key once no other opening of it is under way, in whatever project. The lock is the last
 * that an opening takes, so nobody who holds it waits for anybody. Nothing is locked or counted for who needs no place.
 */
async function countUnderLock(db: Db, request: ChangeRequest, key: string | undefined): Promise<number> {
  if (key === undefined || !needsPlace(request)) return 0;
  await db.query("select pg_advisory_xact_lock($1, hashtext($2))", [KEY_LOCKS, key]);
  // A statement of its own: what others have committed while this one waited has to be seen.
  const [row] = await db.query<{ count: number }>(
    "select count(*) from changes where concurrency_key = $1 and closed_at is null",
    [key],
  );
  return row?.count ?? 0;
}

/** Names our locks of keys among all advisory locks of the database; any number that nobody else uses. */
const KEY_LOCKS = 1_937_204;

const needsPlace = ({ requestedBy, isBulk }: ChangeRequest): boolean => requestedBy === "pass" || isBulk;

/** Not `for update`: whoever writes policies shares this row's key while they hold rows that are waited for here. */
const LOCK_PROJECT = "select project from projects where project = $1 for no key update";

async function lockProject(db: Db, project: string): Promise<void> {
  if ((await db.query(LOCK_PROJECT, [project])).length > 0) return;
  await db.query("insert into projects (project) values ($1) on conflict do nothing", [project]);
  await db.query(LOCK_PROJECT, [project]);
}

interface Obstacles extends ObstacleRow {
  /** Of its policy. */
  readonly key: string | null | undefined;
  readonly open_of_key: number;
}

interface ObstacleRow extends OpenCounts {
  readonly is_mine: boolean;
  readonly open_here: string | null;
  readonly is_slot_used: boolean;
  readonly held_by: string | null;
  readonly is_trial_due: boolean;
}

async function readObstacles(db: Db, { request, runId }: Opening): Promise<ObstacleRow> {
  const [row] = await db.query<ObstacleRow>(
    `select exists (select from changes where run_id = $5) as is_mine,
       (select id from changes where ${KEY} and closed_at is null) as open_here,
       ${COUNTS},
       exists (select from changes where ${KEY} and slot_at = from_ms($4) and first_fenced_at is not null) as is_slot_used,
       held_by, coalesce(recheck_at <= headgate_now(), false) as is_trial_due
     from projects where project = $1`,
    [...keyOf(request.ref), request.slotAt, runId],
  );
  if (row === undefined) throw new Error("the project row was made just before");
  return row;
}

/**
 * Why the tables do not let it open, from the surest reason to the one that passes by itself. People need no place and
 * pass a hold; what is planned by hundreds needs a place, whoever asked for it.
 */
async function findObstacle(db: Db, { request, caps }: Opening, row: Obstacles): Promise<Ending | undefined> {
  if (row.open_here !== null) {
    return { outcome: "superseded", code: "change-running", text: `change ${row.open_here} is running` };
  }
  if (row.is_slot_used) {
    return { outcome: "superseded", code: "slot-used", text: "its slot was used by an earlier change" };
  }
  const full = needsPlace(request) ? findFullCap(toPlaces(request, row), caps) : undefined;
  if (full !== undefined) return noPlace(full);
  if (request.requestedBy === "person" || row.held_by === null) return undefined;
  if (!request.isTrial || !row.is_trial_due) {
    return { outcome: "superseded", code: "held", text: "the whole project is held" };
  }
  // The one change that tries a held project. The next trial is put off here, under the lock, so that there is no
  // second.
  await db.query(
    "update projects set recheck_at = headgate_now() + make_interval(secs => $2::double precision / 1000) where project = $1",
    [request.ref.project, caps.holdRecheckMs],
  );
  return undefined;
}

async function insertChange(db: Db, opening: Opening, locked: Locked): Promise<OpenChange> {
  const { request } = opening;
  const { observed } = locked.status;
  const [row] = await db.query<{ row: ChangeRow }>(INSERT_CHANGE, [
    ...keyOf(request.ref),
    request.kind,
    request.requestedBy,
    request.actor,
    request.why,
    request.policyVersion,
    request.slotAt,
    toJson(request),
    request.isReleased,
    request.isTrial,
    observed?.state ?? null,
    observed?.tier ?? null,
    opening.workflowId,
    opening.runId,
    request.plannedFrom,
    locked.declared?.policy.concurrencyKey ?? null,
  ]);
  if (row === undefined) throw new Error("the insert answers its row");
  return toOpenChange(row.row);
}

const INSERT_CHANGE = `
with opened as (
  insert into changes (project, workspace, processor, kind, requested_by, actor, why, policy_version, slot_at,
    request, released, trial, state_before, tier_before, workflow_id, run_id, opened_at, planned_from,
    concurrency_key)
  values ($1, $2, $3, $4, $5, $6, $7, $8, from_ms($9), $10::jsonb, $11, $12, $13, $14, $15, $16, headgate_now(), from_ms($17), $18)
  returning *
),
line as (
  ${toJournalInsert({
    project: "project",
    workspace: "workspace",
    processor: "processor",
    kind: "change.opened",
    actor: "actor",
    text: "kind || ': ' || why || coalesce(' (request ' || (request->>'requestId') || ')', '')",
    changeId: "id",
    from: "opened",
  })}
)
select row_to_json(opened) as row from opened`;
