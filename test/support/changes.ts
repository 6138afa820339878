// What the tests of changes say and ask, one workspace with one processor `p` per test: declarations, passes, the calls
// that reached the simulator about it, its change and step rows. Asserts nothing itself.
import { findOpenChange } from "../../src/store/people/commands.js";
import type { OpenChangeRow } from "../../src/store/people/commands.js";
import { listChanges, listStoredProcessors } from "../../src/store/people/listings/listings.js";
import type { ChangeListing, ProcessorListing } from "../../src/store/people/listings/listings.js";
import { requestChange } from "../../src/app/act/change.js";
import type { PersonRequest, RequestedChange } from "../../src/app/act/change.js";
import { requestPass } from "../../src/app/act/pass.js";
import type { PassOutcome } from "../../src/app/act/pass.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { PROJECT, until } from "./fleets.js";
import type { TestLoop } from "./loop.js";
import { applyText } from "./policies.js";

export const refOf = (workspace: string): ProcessorRef => ({ project: PROJECT, workspace, processor: "p" });

/** Applies `p: { ... }` of one workspace, in YAML; applying asks for a pass. */
export async function declareIn(loop: TestLoop, workspace: string, policy: string): Promise<void> {
  await applyText(loop.app, `{ project: ${PROJECT}, workspace: ${workspace}, processors: { p: ${policy} } }`);
}

/** A pass of one workspace once `afterMs` more have gone by on the database's clock. */
export async function passLater(loop: TestLoop, workspace: string, afterMs = 1_000): Promise<PassOutcome> {
  await loop.database.advance(afterMs);
  return requestPass(loop.app, { only: [{ project: PROJECT, workspace }], isLookOnly: false });
}

export interface Asked extends Partial<Pick<PersonRequest, "options" | "suspendForMs">> {
  readonly actor?: string;
}

/** A person asks for a change of `p`. */
export function ask(
  loop: TestLoop,
  what: { readonly workspace: string; readonly kind: PersonRequest["kind"] },
  { actor = "ana", options = null, suspendForMs }: Asked = {},
): Promise<RequestedChange> {
  const request = { ref: refOf(what.workspace), kind: what.kind, why: "a test asks", options };
  return requestChange(
    { ...loop.app, actor },
    { ...request, ...(suspendForMs === undefined ? {} : { suspendForMs }) },
  );
}

/** The calls of one operation that reached the simulator about one workspace, in order. */
export function callsOf(loop: TestLoop, workspace: string, ...operations: string[]): readonly LogEntry[] {
  return loop.simulator
    .log()
    .filter((entry) => entry.workspace === workspace && operations.includes(entry.operation));
}

export const postsOf = (loop: TestLoop, workspace: string): readonly LogEntry[] =>
  callsOf(loop, workspace, "startWith", "stop");

/** The starts and stops that changed the world. */
export const effectsOf = (loop: TestLoop, workspace: string): readonly string[] =>
  postsOf(loop, workspace)
    .filter(({ effective }) => effective)
    .map(({ operation }) => operation);

/** Its changes, newest first, once that many have closed and none is open. */
export function untilClosedIn(
  loop: TestLoop,
  workspace: string,
  count = 1,
): Promise<readonly ChangeListing[]> {
  return until(async () => {
    const changes = await listChanges(loop.database.store, { project: PROJECT, workspace });
    return changes.length >= count && changes.every(({ closedAt }) => closedAt !== null)
      ? changes
      : undefined;
  });
}

/** The only change there is, closed. */
export async function theChangeOf(loop: TestLoop, workspace: string): Promise<ChangeListing> {
  const [change, ...others] = await untilClosedIn(loop, workspace);
  if (change === undefined || others.length > 0) throw new Error(`${workspace} has more than one change`);
  return change;
}

export function untilOpen(loop: TestLoop, workspace: string): Promise<OpenChangeRow> {
  return until(() => findOpenChange(loop.database.store, refOf(workspace)));
}

/** Waits for that many POSTs to have reached the simulator and to be answered or dropped. */
export function untilPosts(loop: TestLoop, workspace: string, count: number): Promise<readonly LogEntry[]> {
  return until(() => {
    const posts = postsOf(loop, workspace).filter(({ finishedAt }) => finishedAt !== null);
    return Promise.resolve(posts.length >= count ? posts : undefined);
  });
}

export async function processorIn(loop: TestLoop, workspace: string): Promise<ProcessorListing> {
  const [found] = await listStoredProcessors(loop.database.store, refOf(workspace));
  if (found === undefined) throw new Error(`${workspace}/p is not known`);
  return found;
}

export interface StepFacts {
  readonly step: string;
  readonly attempt: number;
  readonly posts: number;
  readonly fencedAt: number;
  readonly horizonAt: number;
  readonly fate: string | null;
}

/** The steps of all changes of one workspace, by their last fence. */
export function stepsIn(loop: TestLoop, workspace: string): Promise<readonly StepFacts[]> {
  return loop.database.store.query<StepFacts>(
    `select step, attempt, s.posts, to_ms(fenced_at) as "fencedAt", to_ms(horizon_at) as "horizonAt", fate
     from change_steps s join changes c on c.id = s.change_id where c.workspace = $1 order by fenced_at`,
    [workspace],
  );
}

/** How far the database's clock is ahead of the simulator's: what tests have moved it by. */
export async function readAheadMs(loop: TestLoop): Promise<number> {
  const [row] = await loop.database.store.query<{ ahead: number }>(
    "select ahead_ms::double precision as ahead from test_clock",
  );
  return row?.ahead ?? 0;
}

/** A scripted fault: what the nth call of that operation in that workspace meets. */
export function meets(
  operation: string,
  { workspace, nth = 1 }: { workspace: string; nth?: number },
  what: object,
): object {
  return { when: { operation, workspace, nth }, what };
}

/**
 * What a change begins from is the look that a pass has planned it from, if that is new enough. Here it is not, because
 * the pass's LIST is slow: the change looks itself, and that second LIST of the workspace meets `what`.
 */
export function onOwnLook(workspace: string, what: object): readonly object[] {
  return [meets("list", { workspace, nth: 1 }, LATE), meets("list", { workspace, nth: 2 }, what)];
}

/** Half a second in tests: longer than their poll interval. */
const LATE = { kind: "delay", ms: 10_000 };

/** A fault of the first `to` starts in a workspace. */
export function onStart(workspace: string, to: number, what: object): object {
  return { when: { operation: "startWith", workspace, to }, what };
}

/** A fault of the first stop in a workspace. */
export function onStop(workspace: string, what: object): object {
  return { when: { operation: "stop", workspace, to: 1 }, what };
}
