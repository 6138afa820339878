// What the lists are lists of, as schemas for the OpenAPI document. Nothing is checked by them while a page is served:
// tests hold every answer to them.
import { z } from "zod";
import type {
  BudgetListing,
  ChangeListing,
  IncidentListing,
  JournalListing,
  NotificationListing,
  ProcessorListing,
  ProjectListing,
  ScheduleListing,
  SuspensionListing,
  WorkspaceListing,
} from "../../app/look/page-listing.js";
import { CONDITIONS_OF_PROCESSORS, CONDITION_NAMES } from "../../domain/conditions.js";
import type { ProcessorCondition } from "../../domain/tell/conditions.js";
import { CHANNELS } from "../../domain/tell/notices.js";
import { processorRef, sourcePosition, time, workspaceRef } from "./names.js";

/** A schema that a row of the use case fits. */
type RowOf<Row> = z.ZodType<Row>;

const text = z.string();
const since = time.nullable();
const count = z.int();

function describeConditions(): string {
  return Object.entries(CONDITIONS_OF_PROCESSORS)
    .map(([name, meaning]) => `${name}: ${meaning}`)
    .join("; ");
}

export const processorCondition: RowOf<ProcessorCondition> = z
  .object({
    name: z.enum(CONDITION_NAMES).meta({ description: describeConditions() }),
    status: z.enum(["true", "false", "unknown"]),
    reason: text.meta({ description: "A code: what is decided, or the condition's own." }),
    since: since.meta({ description: "null: since before Headgate kept it, or always." }),
  })
  .meta({ id: "Condition", description: "As the last write of the processor's status found it." });

export const processorRow: RowOf<ProcessorListing> = z
  .object({
    ref: processorRef,
    declaredState: z.enum(["STARTED", "STOPPED"]).nullable(),
    declaredTier: text.nullable(),
    mode: z.enum(["enforce", "observe"]).nullable(),
    version: count.nullable().meta({ description: "Of its policy; null: unmanaged." }),
    state: text.nullable().meta({ description: "Atlas's word, as it was last seen." }),
    stateBy: text.nullable().meta({ description: "Who brought it there, where somebody is named." }),
    tier: text.nullable(),
    isAbsent: z.boolean(),
    observedAt: since.meta({ description: "When its workspace was last seen." }),
    reasonCode: text.nullable(),
    reason: text.nullable(),
    reasonSince: since,
    attempts: count,
    nextAttemptAt: since,
    suspendedBy: text.nullable(),
    suspendedUntil: since,
    parkedWhy: text.nullable(),
    barredUntil: since,
    failureClass: text.nullable().meta({ description: "Of what has failed; docs/recovery.md lists them." }),
    position: sourcePosition,
    openChange: text.nullable().meta({ description: "The id of the change that runs on it." }),
    conditions: z.array(processorCondition),
  })
  .meta({ id: "Processor" });

export const workspaceRow: RowOf<WorkspaceListing> = z
  .object({
    ref: workspaceRef,
    intervalMs: count,
    dueAt: time,
    observedAt: since,
    processors: count,
    drifting: count,
    openChanges: count,
    isAbsent: z.boolean(),
    lastError: text.nullable(),
    brakedSince: since,
    braked: z
      .object({ stops: count, restarts: count })
      .nullable()
      .meta({ description: "What the mutation brake holds back; null: nothing." }),
    heldWhy: text.nullable(),
  })
  .meta({ id: "Workspace" });

export const projectRow: RowOf<ProjectListing> = z
  .object({
    project: text,
    workspaces: count,
    processors: count,
    drifting: count,
    openChanges: count,
    observedAt: since,
    failing: count,
    braked: count,
    heldWhy: text.nullable(),
    heldSince: since,
    blockedUntil: since,
  })
  .meta({ id: "Project" });

export const changeRow: RowOf<ChangeListing> = z
  .object({
    id: text,
    ref: processorRef,
    kind: text,
    requestedBy: text,
    actor: text,
    why: text,
    options: z
      .record(text, z.union([text, z.boolean()]))
      .nullable()
      .meta({ description: "A person's own start options; null: as declared." }),
    policyVersion: count.nullable(),
    slotAt: since,
    stateBefore: text.nullable(),
    tierBefore: text.nullable(),
    openedAt: time,
    closedAt: since,
    outcome: text.nullable(),
    outcomeCode: text.nullable(),
    outcomeText: text.nullable(),
    posts: count,
    workflowId: text,
    runId: text,
  })
  .meta({ id: "Change" });

export const suspensionRow: RowOf<SuspensionListing> = z
  .object({
    ref: processorRef,
    by: text,
    why: text,
    until: time,
    since,
    declaredState: text.nullable(),
    state: text.nullable(),
    openChange: text.nullable(),
  })
  .meta({ id: "Suspension" });

export const budgetRow: RowOf<BudgetListing> = z
  .object({
    project: text,
    capacity: z.number(),
    refillPerMinute: z.number(),
    blockedUntil: since,
    left: z.number(),
    usedAt: time,
  })
  .meta({ id: "Budget" });

export const incidentRow: RowOf<IncidentListing> = z
  .object({
    id: text,
    project: text,
    workspace: text.nullable().meta({ description: "null: the whole project." }),
    connection: text.nullable().meta({ description: "null: all of the workspace." }),
    isAnnounced: z.boolean(),
    phase: z.enum(["stopping", "resting", "pausing", "trying", "refilling", "closed"]),
    why: text,
    openedAt: time,
    openedBy: text,
    members: count,
    down: count.meta({ description: "Members that Atlas does not show STARTED." }),
    nextTryAt: since,
    tries: count,
    wave: count,
    closedAt: since,
    closedBy: text.nullable(),
    closedText: text.nullable(),
  })
  .meta({ id: "Incident" });

export const journalRow: RowOf<JournalListing> = z
  .object({
    id: text,
    project: text.nullable(),
    workspace: text.nullable(),
    processor: text.nullable(),
    at: time,
    kind: text,
    actor: text,
    text,
    changeId: text.nullable(),
  })
  .meta({ id: "JournalLine" });

export const notificationRow: RowOf<NotificationListing> = z
  .object({
    line: text.meta({ description: "The line of the journal that it tells of." }),
    channel: z.enum(CHANNELS),
    kind: text,
    project: text.nullable(),
    workspace: text.nullable(),
    processor: text.nullable(),
    text,
    at: time,
    attempts: count,
    outcome: text.nullable().meta({ description: "null: it waits." }),
    endedAt: since,
    error: text.nullable(),
  })
  .meta({ id: "Notification" });

export const scheduleRow: RowOf<ScheduleListing> = z
  .object({
    ref: processorRef,
    cron: text,
    timezone: text,
    spreadMs: count,
    catchUpMs: count,
    train: text.nullable(),
    since: time,
    state: z.enum(["STARTED", "STOPPED"]),
    mode: z.enum(["enforce", "observe"]),
    suspendedUntil: since,
    isParked: z.boolean(),
    slotAt: time,
    firesAt: time,
    slotLocal: text,
    firesLocal: text,
    firesUtc: text,
    zoneRules: text,
    isOverCaps: z.boolean(),
  })
  .meta({ id: "ScheduledSlot" });
