// What is read of a project besides its processors: the names of its workspaces, why processors FAILED, and how many
// calls Atlas allows. Read only; none of it decides anything.
import type { ReadCall } from "./caller.js";
import type { Caller } from "./caller.js";
import { checked, toPatience, parseReply } from "./caller.js";
import { readPages, withFittingPages } from "./listing.js";
import type { FailureEvent, Page, PageAsked, RateLimits } from "./wire.js";
import {
  MEDIA,
  parseFailureEvents,
  parseRateLimits,
  parseWorkspaceNames,
  toEventsPath,
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

/**
 * Failures of stream processors, newest first, at most one page (500, or as many as can be read at once). Empty if
 * the project is 404. Events are not of the budget's endpoint set (docs/atlas.md 6).
 */
export async function listFailures(
  caller: Caller,
  from: { readonly project: string; readonly since: number },
  call: ReadCall,
): Promise<readonly FailureEvent[]> {
  const patience = toPatience(call);
  return withFittingPages({}, async (pageSize) => {
    const path = checked(() => toEventsPath(from.project, from.since, { pageNum: 1, pageSize }));
    const accept = MEDIA.events;
    const reply = await caller.read({ operation: "events", project: from.project, path, accept, patience });
    return reply === undefined ? [] : parseReply("events", reply, parseFailureEvents);
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
