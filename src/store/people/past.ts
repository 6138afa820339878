// What was stored of one processor at a moment of the past, in one statement: the policy version of then, the newest
// observation, the change that was open, and what the journal and the incidents say of what held it back. Reads only.
// Whatever is not kept is undefined here and never made up.
import type { Policy } from "../../domain/policy.js";
import { isSameRestart } from "../../domain/policy.js";
import type { IncidentPhase } from "../../domain/decide/incident-turn.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import type { Since } from "../../domain/tell/listing.js";
import type { WrittenPolicy } from "../../domain/tell/written.js";
import type { Db } from "../postgres/pool.js";
import { fromObservationRow } from "../rows/observation-rows.js";
import type { ObservationRow } from "../rows/observation-rows.js";
import { CHANGES } from "./listings/listed-policies.js";
import type { ChangeListing } from "./listings/listings.js";

/** Times in epoch milliseconds, by the database's clock. */
export interface Past {
  /** The moment that was asked about. */
  readonly at: number;
  readonly now: number;
  readonly policy:
    | {
        readonly declared: DeclaredPolicy;
        readonly author: string;
        readonly written: WrittenPolicy | null;
      }
    | undefined;
  readonly status: ProcessorStatus;
  /** Undefined: no observation is kept from then. */
  readonly observationAt: number | undefined;
  /** Why its project was held; undefined if the journal knows of no hold. */
  readonly heldWhy: string | undefined;
  readonly incident: PastIncident | undefined;
  /** The last reason that the journal has from before, and when it was written. */
  readonly reason: { readonly text: string; readonly at: number } | undefined;
  /** Those that were opened by then, the newest first, as they stood: one that closed later is open. */
  readonly changes: readonly ChangeListing[];
}

export interface PastIncident {
  readonly id: string;
  readonly why: string;
  readonly isAnnounced: boolean;
  readonly isAdmitted: boolean;
  readonly phase: IncidentPhase;
}

interface PastRow {
  readonly at: number;
  readonly now: number;
  readonly versions: readonly VersionOf[];
  readonly observation: ObservationRow | null;
  readonly barred_until: number | null;
  readonly hold: { readonly kind: string; readonly text: string } | null;
  readonly incident:
    (Omit<PastIncident, "phase"> & { readonly kind: string | null; readonly phase?: never }) | null;
  readonly reason: { readonly text: string; readonly at: number } | null;
}

/** A version of a policy as the past is made of it. */
export interface VersionOf {
  readonly version: number;
  readonly author: string;
  readonly at: number;
  /** Null: it was deleted. */
  readonly after: Policy | null;
  readonly written: WrittenPolicy | null;
}

/** Among which the one is looked for that declared the restart block as it was. */
const VERSIONS_READ = 200;
const CHANGES_READ = 50;

const IS_IT = "project = $1 and workspace = $2 and processor = $3";

const PAST = `
with moment as materialized (
  select coalesce(from_ms($4::bigint), headgate_now() - make_interval(secs => $5::double precision / 1000)) as at
)
select to_ms(m.at) as at, to_ms(headgate_now()) as now,
  coalesce((select json_agg(v) from (
    select version, author, to_ms(at) as at, after, written from policy_versions
    where ${IS_IT} and at <= m.at order by version desc limit ${String(VERSIONS_READ)}) v), '[]') as versions,
  (select to_json(o) from observations o where ${IS_IT} and o.at <= m.at order by o.id desc limit 1) as observation,
  (select to_ms(max(s.horizon_at)) from change_steps s join changes c on c.id = s.change_id
   where ${IS_IT} and c.opened_at <= m.at and s.fenced_at <= m.at and s.horizon_at > m.at
     and (s.answered_at is null or s.answered_at > m.at or s.fate = 'unknown')) as barred_until,
  (select json_build_object('kind', kind, 'text', text) from journal
   where project = $1 and kind in ('project.held', 'project.released') and at <= m.at
   order by id desc limit 1) as hold,
  (select json_build_object('id', i.id, 'why', i.why, 'isAnnounced', i.announced,
     'isAdmitted', coalesce(x.admitted_at <= m.at, false),
     'kind', (select kind from journal j where j.incident_id = i.id and j.at <= m.at and j.processor is null
              and j.kind <> 'incident.joined' order by j.id desc limit 1))
   from incident_members x join incidents i on i.id = x.incident_id
   where x.project = $1 and x.workspace = $2 and x.processor = $3 and x.joined_at <= m.at
     and (x.left_at is null or x.left_at > m.at) and (i.closed_at is null or i.closed_at > m.at)
   order by x.joined_at desc limit 1) as incident,
  (select json_build_object('text', text, 'at', to_ms(at)) from journal
   where ${IS_IT} and kind = 'reason.changed' and at <= m.at order by id desc limit 1) as reason
from moment m`;

const PAST_CHANGES = `${CHANGES.select} where c.project = $1 and c.workspace = $2 and c.processor = $3
  and c.opened_at <= from_ms($4::bigint) order by c.opened_at desc, c.id limit ${String(CHANGES_READ)}`;

/** Two statements, without a lock: what is past stays as it was. */
export async function readPast(db: Db, ref: ProcessorRef, moment: Since): Promise<Past> {
  const key = [ref.project, ref.workspace, ref.processor];
  const [row] = await db.query<PastRow>(PAST, [
    ...key,
    moment.kind === "at" ? moment.at : null,
    moment.kind === "ago" ? moment.ms : null,
  ]);
  if (row === undefined) throw new Error("the query answers one row");
  const changes = await db.query<ChangeListing>(PAST_CHANGES, [...key, row.at]);
  const { observation } = row;
  const status = observation === null ? NEW_STATUS : fromObservationRow(observation);
  return {
    at: row.at,
    now: row.now,
    policy: toPolicyOf(row.versions),
    status: { ...status, barredUntil: row.barred_until },
    observationAt: observation === null ? undefined : Date.parse(observation.at),
    heldWhy: row.hold?.kind === "project.held" ? row.hold.text : undefined,
    incident: toIncident(row.incident),
    reason: row.reason ?? undefined,
    changes: changes.map((change) => asOf(row.at, change)),
  };
}

/** From the newest on; undefined where that is a deletion. */
export function toPolicyOf(versions: readonly VersionOf[]): Past["policy"] {
  const [newest] = versions;
  if (newest === undefined || newest.after === null) return undefined;
  const { version, author, at, after, written } = newest;
  const restartSince = after.restart === undefined ? {} : { restartSince: findRestartSince(after, versions) };
  return { declared: { policy: after, version, declaredAt: at, ...restartSince }, author, written };
}

/** A schedule that stays as it was keeps the time since which its slots count; a deletion ends it. */
function findRestartSince(after: Policy, versions: readonly VersionOf[]): number {
  const end = versions.findIndex((one) => one.after === null || !isSameRestart(one.after, after));
  return versions[end === -1 ? versions.length - 1 : end - 1]?.at ?? 0;
}

/** What its timeline told last says where it stood. */
const PHASES: Readonly<Record<string, IncidentPhase>> = {
  "incident.trying": "trying",
  "incident.failed": "pausing",
  "incident.refilling": "refilling",
  "incident.resting": "resting",
  "incident.ending": "pausing",
};

function toIncident(row: PastRow["incident"]): PastIncident | undefined {
  if (row === null) return undefined;
  const { kind, ...incident } = row;
  const first: IncidentPhase = incident.isAnnounced ? "stopping" : "pausing";
  return { ...incident, phase: PHASES[kind ?? ""] ?? first };
}

function asOf(at: number, change: ChangeListing): ChangeListing {
  if (change.closedAt === null || change.closedAt <= at) return change;
  return { ...change, closedAt: null, outcome: null, outcomeCode: null, outcomeText: null };
}
