// What becomes of the tables when the database's clock goes back, as it may at a failover. Whatever was dated by the
// old clock then lies ahead of the new one: workspaces are not due, leases do not end, and nothing is "newer" than what
// is stored, until the clock has caught up. It is noticed by the newest time that a worker has noted down.
import { toJournalInsert } from "../rows/journal.js";
import type { Store } from "../postgres/pool.js";

/** A clock that went back by less has caught up before anybody looks again. */
const SLACK_MS = 5_000;

/**
 * Notes the database's time. If the clock is behind the time noted last, mends what is dated ahead of it, journals
 * it, and answers by how many milliseconds it went back, at least; 0 if it did not, or if another worker says so.
 */
export async function watchClock(store: Store): Promise<number> {
  const [clock] = await store.query<{ seen_at: number | null; ahead_ms: number }>(
    `select to_ms(clock_seen_at) as seen_at, coalesce(to_ms(clock_seen_at) - to_ms(headgate_now()), 0) as ahead_ms
     from installation`,
  );
  if (clock === undefined) return 0;
  if (clock.seen_at === null || clock.ahead_ms <= SLACK_MS) {
    await store.query(
      "update installation set clock_seen_at = headgate_now() where clock_seen_at is null or clock_seen_at < headgate_now()",
    );
    return 0;
  }
  for (const mend of MENDS) await store.query(mend);
  await store.query(FREE_LEASES, [clock.seen_at]);
  const told = await store.query(TELL, [clock.seen_at, Math.floor(clock.ahead_ms / 1_000)]);
  return told.length === 1 ? clock.ahead_ms : 0;
}

/** Now at the latest; what is null stays null. */
const notAhead = (column: string): string =>
  `${column} = case when ${column} > headgate_now() then headgate_now() else ${column} end`;

/** Of the position that a status remembers: none is written that is not newer. */
const SEEN_AT = "from_ms((position->>'seenAt')::bigint)";

/**
 * One statement per table, each locking its rows in one order and holding no others; repeating one changes nothing.
 * Deadlines of single processors (bars, horizons, back-off, suspensions) stay: they end late by as much as the clock
 * went back, which is safe.
 */
const MENDS: readonly string[] = [
  `update projects set ${notAhead("recheck_at")}, ${notAhead("held_since")} where recheck_at > headgate_now()`,
  `update call_budgets set ${notAhead("refilled_at")}, ${notAhead("limits_read_at")},
     ${notAhead("blocked_until")}
   where greatest(refilled_at, limits_read_at, blocked_until) > headgate_now()`,
  `update workspaces w set ${notAhead("due_at")}, ${notAhead("observed_at")},
     ${notAhead("last_error_at")}
   from (select project, workspace from workspaces where greatest(due_at, observed_at, last_error_at) > headgate_now()
         order by project, workspace for no key update) ahead
   where w.project = ahead.project and w.workspace = ahead.workspace`,
  `update processor_status s set revision = revision + 1, ${notAhead("observed_at")},
     ${notAhead("state_since")}, ${notAhead("last_start_at")},
     ${notAhead("last_close_at")}, ${notAhead("climbed_at")}, ${notAhead("forgiven_at")},
     position = case when ${SEEN_AT} > headgate_now()
       then jsonb_set(position, '{seenAt}', to_jsonb(to_ms(headgate_now()))) else position end
   from (select project, workspace, processor from processor_status
         where greatest(observed_at, state_since, last_start_at, last_close_at, climbed_at, forgiven_at, ${SEEN_AT})
           > headgate_now()
         order by project, workspace, processor for no key update) ahead
   where s.project = ahead.project and s.workspace = ahead.workspace and s.processor = ahead.processor`,
  `update changes set ${notAhead("opened_at")}, ${notAhead("first_fenced_at")}
   where closed_at is null and greatest(opened_at, first_fenced_at) > headgate_now()`,
  `update change_steps s set ${notAhead("fenced_at")}, ${notAhead("answered_at")}
   from changes c where c.id = s.change_id and c.closed_at is null and greatest(fenced_at, answered_at) > headgate_now()`,
  `update notify_channels set ${notAhead("due_at")}, ${notAhead("failed_at")}
   where greatest(due_at, failed_at) > headgate_now()`,
  `update notifications set ${notAhead("at")} where outcome is null and at > headgate_now()`,
];

/** Those taken before the clock went back; whoever still works under one stores nothing. */
const FREE_LEASES = `update workspaces w set lease_token = null, lease_owner = null, lease_until = null
  from (select project, workspace from workspaces where lease_until > from_ms($1)
        order by project, workspace for no key update) ahead
  where w.project = ahead.project and w.workspace = ahead.workspace`;

/** Of the workers that have noticed it, the first says so. */
const TELL = `
with noted as (
  update installation set clock_seen_at = headgate_now() where to_ms(clock_seen_at) = $1::bigint returning 1
)
${toJournalInsert({
  kind: "clock.went-back",
  text: "'the clock of Postgres went back by ' || $2 || ' s or more: what was dated ahead of it is mended'",
  from: "noted",
})} returning 1`;
