// Whether the loop stands still, and the lines of the journal that say so, from which word goes out. Whoever asks is
// not the loop: a loop that stands still cannot say so.
import { toJournalInsert } from "./rows/journal.js";
import type { Db, Store } from "./postgres/pool.js";

/** Of the shortest interval of any workspace: so long without one observation is a silence. */
const INTERVALS = 5;
const LOCK = 4_137_208_019;

export interface LoopSilence {
  readonly isSilent: boolean;
  /** Of the newest observation; null before the first. */
  readonly observedAt: number | null;
  /** Whether the last word in the journal was that it is silent. */
  readonly isTold: boolean;
}

/**
 * Silent: something is due, or was looked at in vain, and nothing was observed. Held projects do not count: they wait.
 * One read of every workspace, for once a minute.
 */
export async function readSilence(db: Db): Promise<LoopSilence> {
  const [row] = await db.query<LoopSilence>(SILENCE);
  if (row === undefined) throw new Error("the query answers one row");
  return row;
}

const PATIENCE = `${String(INTERVALS)} * make_interval(secs => min(w.interval_ms) / 1000.0)`;
const IS_TOLD = `coalesce((
  select l.kind = 'loop.silent' from journal l where l.kind in ('loop.silent', 'loop.back') order by l.id desc limit 1), false)`;
const SILENCE = `
select to_ms(max(w.observed_at)) as "observedAt", ${IS_TOLD} as "isTold",
  coalesce((bool_or(w.last_error is not null) or min(w.due_at) + ${PATIENCE} < headgate_now())
    and coalesce(max(w.observed_at), min(w.due_at)) + ${PATIENCE} < headgate_now(), false) as "isSilent"
from workspaces w join projects p using (project) where p.held_why is null`;

/** One line however many say so at once; none where the last line says the same. Whether it was this one. */
export async function tellSilence(
  store: Store,
  kind: "loop.silent" | "loop.back",
  text: string,
): Promise<boolean> {
  return store.transaction(async (db) => {
    await db.query("select pg_advisory_xact_lock($1)", [LOCK]);
    const told = await db.query(TELL[kind], [text]);
    return told.length === 1;
  });
}

const toTell = (kind: "loop.silent" | "loop.back", condition: string): string =>
  `${toJournalInsert({ kind, text: "$1", from: `(select 1 where ${condition}) one` })} returning 1`;
const TELL = {
  "loop.silent": toTell("loop.silent", `not ${IS_TOLD}`),
  "loop.back": toTell("loop.back", IS_TOLD),
} as const;
