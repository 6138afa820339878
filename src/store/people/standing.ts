// Everything that is stored of one processor and of what it depends on, in one statement: what `explain` tells from.
// From two statements it would tell of a policy and of a status that never stood beside each other.
import type { ProcessorRef } from "../../domain/refs.js";
import { NEW_STATUS } from "../../domain/status.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../domain/status.js";
import type { Hold } from "../../domain/decide/workspace-facts.js";
import type { WrittenPolicy } from "../../domain/tell/written.js";
import type { PolicyRow } from "../rows/policy-rows.js";
import { fromPolicyRow } from "../rows/policy-rows.js";
import type { Db } from "../postgres/pool.js";
import type { StatusRow } from "../rows/status-rows.js";
import { fromStatusRow } from "../rows/status-rows.js";

/** Times in epoch milliseconds, by the database's clock as `now`. */
export interface Standing {
  readonly now: number;
  readonly policy:
    | {
        readonly declared: DeclaredPolicy;
        readonly author: string | null;
        /** Null if no file wrote this version. */
        readonly written: WrittenPolicy | null;
      }
    | undefined;
  readonly status: ProcessorStatus;
  /** Undefined if nothing was ever declared in the workspace: nobody looks at it. */
  readonly workspace: WorkspaceStanding | undefined;
  readonly hold: Hold | null;
}

interface WorkspaceStanding {
  readonly dueAt: number;
  /** When the newest complete LIST was sent. */
  readonly observedAt: number | null;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
}

interface StandingRow {
  readonly now: number;
  readonly policy: PolicyRow | null;
  readonly author: string | null;
  readonly written: WrittenPolicy | null;
  readonly status: StatusRow | null;
  readonly workspace: WorkspaceStanding | null;
  readonly hold: Hold | null;
}

/**
 * One statement, without a lock. Begins from the name and joins everything to it, so that there is one row whatever is
 * missing: a processor that nobody ever declared or saw has a new status, and no workspace.
 */
export async function readStanding(db: Db, ref: ProcessorRef): Promise<Standing> {
  const [row] = await db.query<StandingRow>(
    `select to_ms(headgate_now()) as now, to_jsonb(p) as policy, v.author, v.written, to_jsonb(s) as status,
       case when w.project is not null then jsonb_build_object('dueAt', to_ms(w.due_at), 'observedAt', to_ms(w.observed_at),
         'lastError', w.last_error, 'lastErrorAt', to_ms(w.last_error_at)) end as workspace,
       case when j.held_why is not null then jsonb_build_object('why', j.held_why, 'by', j.held_by,
         'recheckAt', to_ms(j.recheck_at)) end as hold
     from (select $1::text as project, $2::text as workspace, $3::text as processor) k
     left join start_policies p on p.project = k.project and p.workspace = k.workspace and p.processor = k.processor
     left join policy_versions v on v.project = k.project and v.workspace = k.workspace and v.processor = k.processor
       and v.version = p.version
     left join processor_status s on s.project = k.project and s.workspace = k.workspace and s.processor = k.processor
     left join workspaces w on w.project = k.project and w.workspace = k.workspace
     left join projects j on j.project = k.project`,
    [ref.project, ref.workspace, ref.processor],
  );
  if (row === undefined) throw new Error("the query answers one row");
  return {
    now: row.now,
    policy:
      row.policy === null
        ? undefined
        : { declared: fromPolicyRow(row.policy), author: row.author, written: row.written },
    status: row.status === null ? NEW_STATUS : fromStatusRow(row.status).status,
    workspace: row.workspace ?? undefined,
    hold: row.hold,
  };
}
