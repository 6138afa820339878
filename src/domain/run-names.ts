// What an installation calls its Schedule and its runs in Temporal. Every name begins with that of its task queue, so
// that installations which share a namespace never meet. An installation from before that has the task queue
// `headgate`.
import { formatProcessorRef, formatWorkspaceRef } from "./refs.js";
import type { ProcessorRef, WorkspaceRef } from "./refs.js";

export interface Installation {
  /** 8 hex digits, random. */
  readonly id: string;
  readonly taskQueue: string;
}

/** Of an installation that is older than the ids; its changes carry no prefix. */
export const PLAIN_QUEUE = "headgate";

/** The Schedule that drives the loop. */
export function toScheduleId(taskQueue: string): string {
  return `${taskQueue}-reconcile`;
}

/** The mutex: one open run per id (docs/design.md 3b: one change at a time per processor, whoever asks). */
export function toChangeWorkflowId(taskQueue: string, ref: ProcessorRef): string {
  const id = `processor/${formatProcessorRef(ref)}`;
  return taskQueue === PLAIN_QUEUE ? id : `${taskQueue}/${id}`;
}

/** A pass of one workspace that somebody asked for; requests in between join it. */
export function toPassWorkflowId(taskQueue: string, ref: WorkspaceRef): string {
  return `${toScheduleId(taskQueue)}/${formatWorkspaceRef(ref)}`;
}

/** A pass of its own. */
export function toOnDemandWorkflowId(taskQueue: string, unique: string): string {
  return `${toScheduleId(taskQueue)}/on-demand/${unique}`;
}
