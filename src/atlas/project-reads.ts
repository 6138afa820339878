// What is read of a project besides its processors: the names of its workspaces, why processors FAILED, and how many
// calls Atlas allows. Read only; none of it decides anything.
import { AUTOSCALING } from "../domain/decide/attribution.js";
import type { ProcessorMove } from "../domain/decide/attribution.js";
import type { ReadCall } from "./caller.js";
import type { Caller } from "./caller.js";
import { checked, toPatience, parseReply } from "./caller.js";
import { readPages, withFittingPages } from "./listing.js";
import type { FailureEvent, Page, PageAsked, RateLimits } from "./wire.js";
import {
  MEDIA,
  parseFailureEvents,
  parseMoveEvents,
  parseRateLimits,
  parseWorkspaceNames,
  toFailuresPath,
  toMovesPath,
  toRateLimitsPath,
  toWorkspacesPath,
} from "./wire.js";

/** Complete or an error; undefined if the project is 404. Draws on the project's budget, one call per page. */
export async function listWorkspaces(
  caller: Caller,
  project: string,
  call: ReadCall,
): Promise<readonly string[] | undefined> {
  const patience = toPatience(call);
  const readPage = async (page: PageAsked): Promise<Page<string> | undefined> => {
    await call.admit?.();
    const path = checked(() => toWorkspacesPath(project, page));
    const accept = MEDIA.workspace;
    const reply = await caller.read({ operation: "workspaces", project, path, accept, patience });
    return reply === undefined ? undefined : parseReply("workspaces", reply, parseWorkspaceNames);
  };
  return (await readPages({ readPage, toName: (name) => name, plural: "workspaces" }, {}))?.items;
}

/** What is asked of a project's events: since when (epoch ms). */
interface EventsAsked {
  readonly project: string;
  readonly since: number;
}

/**
 * Failures of stream processors, newest first, at most one page (500, or as many as can be read at once). Empty if
 * the project is 404. Events are not of the budget's endpoint set (docs/atlas.md 6).
 */
export function listFailures(
  caller: Caller,
  asked: EventsAsked,
  call: ReadCall,
): Promise<readonly FailureEvent[]> {
  return listEvents(caller, { ...asked, call, toPath: toFailuresPath, parse: parseFailureEvents });
}

/** Who started, stopped, changed or scaled stream processors; as `listFailures`. */
export async function listMoves(
  caller: Caller,
  asked: EventsAsked,
  call: ReadCall,
): Promise<readonly ListedMove[]> {
  const own = caller.findOwnName(asked.project);
  const events = await listEvents(caller, { ...asked, call, toPath: toMovesPath, parse: parseMoveEvents });
  return events.map(({ at, workspace, processor, isAutoscaling, by }) => {
    if (isAutoscaling) return { at, workspace, processor, by: AUTOSCALING };
    if (by === undefined) return { at, workspace, processor };
    return { at, workspace, processor, by: by === own ? { isOwn: true } : by };
  });
}

/** A move with the workspace it was in. */
export interface ListedMove extends ProcessorMove {
  readonly workspace: string;
}

function listEvents<Event>(
  caller: Caller,
  asked: EventsAsked & {
    readonly call: ReadCall;
    readonly toPath: (project: string, since: number, page: PageAsked) => string;
    readonly parse: (value: unknown) => readonly Event[] | undefined;
  },
): Promise<readonly Event[]> {
  const { project, since, call } = asked;
  const patience = toPatience(call);
  return withFittingPages({}, async (pageSize) => {
    const path = checked(() => asked.toPath(project, since, { pageNum: 1, pageSize }));
    const reply = await caller.read({ operation: "events", project, path, accept: MEDIA.events, patience });
    return reply === undefined ? [] : parseReply("events", reply, asked.parse);
  });
}

/** Of the endpoint set that every streams call of the project draws on; undefined if Atlas tells of none. One call. */
export async function readRateLimits(
  caller: Caller,
  project: string,
  call: ReadCall,
): Promise<RateLimits | undefined> {
  const reply = await caller.read({
    operation: "rateLimits",
    project,
    path: checked(() => toRateLimitsPath(project)),
    accept: MEDIA.rateLimits,
    patience: toPatience(call),
  });
  return reply === undefined ? undefined : parseReply("rateLimits", reply, parseRateLimits)[0];
}
