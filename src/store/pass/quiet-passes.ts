// Passes that write their workspace's row and nothing else, stored many at a time: nearly all of a fleet at rest.
import { toJson } from "../postgres/parameters.js";
import type { Db } from "../postgres/pool.js";
import { IS_MINE, OBSERVED, STORE_OBSERVED, toObservedRow } from "./observed.js";
import type { Look, ObservedRow } from "./observed.js";
import { toRowOfPass } from "./passes.js";
import type { StoredPass } from "./passes.js";
import { STAMP } from "./stamps.js";
import type { QuietWorkspace } from "./stamps.js";

/** A look that saw what the worker's last pass saw, and is not judged again. */
export interface UnchangedPass extends Look {
  readonly last: QuietWorkspace;
}

/** Whether the workspace's row is all that this pass writes. */
export function isQuiet({ plan, endsHold }: StoredPass): boolean {
  return (
    !endsHold &&
    plan.transitions.length === 0 &&
    plan.processors.every(({ hasStatusChanged }) => !hasStatusChanged)
  );
}

/**
 * Stores many quiet passes in one statement, as `storePass` stores each; the tokens of those that it has stored. It
 * waits for no lock. What it leaves out is locked, lost or, of an unchanged pass, changed after all: `storePass` after
 * a load finds out which. Idempotent by the tokens.
 */
export async function storeQuietPasses(
  db: Db,
  passes: readonly (StoredPass | UnchangedPass)[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ token: string }>(STORE_QUIET, [toJson(passes.map(toQuietRow))]);
  return new Set(rows.map(({ token }) => token));
}

function toQuietRow(pass: StoredPass | UnchangedPass): ObservedRow {
  if ("plan" in pass) return toRowOfPass(pass);
  const { stamp, from, until, pagesInProject } = pass.last;
  return { ...toObservedRow(pass), stamp, from_at: from, until_at: until, pages_in_project: pagesInProject };
}

const IS_UNCHANGED = `o.stamp is null or (
  to_ms(headgate_now()) >= o.from_at and to_ms(headgate_now()) < o.until_at and o.stamp = ${STAMP}
  and o.pages_in_project = (select sum(observed_pages) from workspaces x where x.project = w.project))`;

const STORE_QUIET = `
with free as (
  select w.project, w.workspace from ${OBSERVED} join workspaces w on ${IS_MINE}
  for no key update of w skip locked
)
update workspaces w ${STORE_OBSERVED}
from ${OBSERVED} join free using (project, workspace) where ${IS_MINE} and (${IS_UNCHANGED})
returning o.token`;
