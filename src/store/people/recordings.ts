// What is recorded of one processor over a span: its observations, its closed changes and the policies that were in
// force. Reads only, one statement, bounded in rows: what is left out is said.
import type { InForce, RecordedChange, Recording } from "../../domain/replay/recording.js";
import type { ProcessorRef } from "../../domain/refs.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { Db } from "../postgres/pool.js";
import { fromObservationRow } from "../rows/observation-rows.js";
import type { ObservationRow } from "../rows/observation-rows.js";
import { toPolicyOf } from "./past.js";
import type { VersionOf } from "./past.js";

export interface StoredRecording {
  readonly recording: Recording;
  /** By time. */
  readonly inForce: readonly InForce[];
  /** Nothing was ever seen of it. */
  readonly isEmpty: boolean;
  /** There is more than is read: the end of the span is missing. */
  readonly isCut: boolean;
}

/** Rows of each kind: what differs so often in a month is told by its beginning. */
const ROWS_MAX = 5_000;
const VERSIONS_MAX = 200;

interface RecordingRow {
  readonly before: ObservationRow | null;
  readonly rows: readonly ObservationRow[];
  readonly changes: readonly RecordedChange[];
  readonly versions: readonly VersionOf[];
}

const IS_IT = "project = $1 and workspace = $2 and processor = $3";
const MAX = String(ROWS_MAX + 1);

const RECORDING = `
select
  (select to_json(o) from observations o where ${IS_IT} and at <= from_ms($4::bigint) order by id desc limit 1) as before,
  coalesce((select json_agg(o) from (
    select * from observations where ${IS_IT} and at > from_ms($4::bigint) order by id limit ${MAX}) o), '[]') as rows,
  coalesce((select json_agg(c) from (
    select kind, requested_by as "requestedBy", to_ms(closed_at) as "closedAt", outcome = 'succeeded' as "isSuccess",
      outcome_code as code, outcome_text as text, answer
    from changes where ${IS_IT} and closed_at > from_ms($4::bigint) and outcome in ('succeeded', 'failed')
    order by closed_at limit ${MAX}) c), '[]') as changes,
  coalesce((select json_agg(v) from (
    select version, author, to_ms(at) as at, after, written from policy_versions
    where ${IS_IT} order by version desc limit ${String(VERSIONS_MAX)}) v), '[]') as versions`;

export async function readRecording(db: Db, ref: ProcessorRef, from: number): Promise<StoredRecording> {
  const [row] = await db.query<RecordingRow>(RECORDING, [ref.project, ref.workspace, ref.processor, from]);
  if (row === undefined) throw new Error("the query answers one row");
  const { before, rows, changes, versions } = row;
  return {
    recording: {
      processor: ref.processor,
      status: before === null ? NEW_STATUS : fromObservationRow(before),
      rows: rows
        .slice(0, ROWS_MAX)
        .map((one) => ({ at: Date.parse(one.at), status: fromObservationRow(one) })),
      changes: changes.slice(0, ROWS_MAX),
    },
    inForce: versions
      .map(({ at }, index) => ({ at, declared: toPolicyOf(versions.slice(index))?.declared }))
      .reverse(),
    isEmpty: before === null && rows.length === 0,
    isCut: rows.length > ROWS_MAX || changes.length > ROWS_MAX,
  };
}
