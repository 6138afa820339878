// What writes of policies would do, and what the next pass would do, as they are answered: less than the use cases
// know, so that what is decided inside may change without a client noticing.
import { z } from "zod";
import type { Right } from "../../domain/access.js";
import type { ApplyPlan, Applied } from "../../app/declare/apply.js";
import { toToldWrites } from "../../app/declare/told-writes.js";
import type { PlannedProcessor, PlannedWorkspace } from "../../app/look/plan.js";
import { judgedFailure } from "./failures.js";
import { processorRef, startOptions, workspaceRef } from "./names.js";

const fieldChange = z.object({ path: z.string(), before: z.string(), after: z.string() });

const plannedProcessor = z
  .object({
    ref: processorRef,
    version: z.int().nullable().meta({ description: "Of its policy; null: unmanaged." }),
    state: z.string().nullable(),
    tier: z.string().nullable(),
    isChange: z.boolean().meta({ description: "Whether the next pass would open this change." }),
    action: z
      .object({ kind: z.enum(["start", "stop", "restart"]), options: startOptions })
      .nullable()
      .meta({ description: "What is decided; it may still be held back." }),
    would: z
      .enum(["start", "stop", "restart"])
      .nullable()
      .meta({ description: "What mode enforce would do." }),
    code: z.string(),
    why: z.string(),
    failure: judgedFailure.nullable().meta({ description: "null: nothing has failed." }),
  })
  .meta({ id: "PlannedProcessor" });

const plannedWorkspace = z
  .object({
    ref: workspaceRef,
    observedAgeMs: z
      .number()
      .nullable()
      .meta({ description: "Of what the plan rests on; null: never seen." }),
    isBraked: z.boolean(),
    processors: z.array(plannedProcessor),
  })
  .meta({ id: "PlannedWorkspace" });

const writesPart = {
  writes: z.array(
    z.object({
      ref: processorRef,
      kind: z.enum(["create", "change", "delete"]),
      changes: z.array(fieldChange).meta({ description: "Of a change." }),
    }),
  ),
  unchanged: z.int().meta({ description: "Policies that stand so already." }),
  positions: z
    .array(
      z.object({
        ref: processorRef,
        kind: z.enum(["will-be-spent", "no-effect-running", "already-spent"]),
      }),
    )
    .meta({ description: "What becomes of declared positions other than the checkpoint." }),
};

export const appliedSchema = z
  .object({
    ...writesPart,
    isDryRun: z.boolean(),
    isBraked: z
      .boolean()
      .meta({ description: "More is stopped or restarted than the brake lets through: it holds them." }),
    effects: z.array(plannedProcessor).meta({ description: "What the next pass would do about them." }),
    pass: z
      .string()
      .nullable()
      .meta({ description: "The run that carries it out; null: the next tick does." }),
    warning: z.string().optional(),
  })
  .meta({ id: "Applied" });

export const diffSchema = z
  .object({
    ...writesPart,
    changes: z.int().meta({ description: "That the next pass would open." }),
    workspaces: z.array(plannedWorkspace),
  })
  .meta({ id: "Diff" });

export const planSchema = z
  .object({
    changes: z.int().meta({ description: "Of this page, that the next pass would open." }),
    workspaces: z.array(plannedWorkspace),
    next: z.string().nullable().meta({ description: "The cursor of the next page; null: this is the last." }),
  })
  .meta({ id: "Plan" });

function toPlannedBody({
  ref,
  declared,
  state,
  tier,
  decision,
  failure,
  isChange,
}: PlannedProcessor): object {
  const { action, would, reason } = decision;
  return {
    ref,
    version: declared?.version ?? null,
    state,
    tier,
    isChange,
    action: action === undefined ? null : { kind: action.kind, options: action.options },
    would: would?.kind ?? null,
    code: reason.code,
    why: reason.text,
    failure,
  };
}

export function toWorkspaceBody(
  { ref, observedAgeMs, isBraked, processors }: PlannedWorkspace,
  isShown: (processor: PlannedProcessor) => boolean,
): object {
  return { ref, observedAgeMs, isBraked, processors: processors.filter(isShown).map(toPlannedBody) };
}

export function toWritesBody(plan: ApplyPlan): object {
  return { writes: toToldWrites(plan), unchanged: plan.unchanged, positions: plan.positions };
}

/** Without what was done: a dry run. */
export function toAppliedBody(plan: ApplyPlan, done?: Applied): object {
  return {
    ...toWritesBody(plan),
    isDryRun: done === undefined,
    isBraked: plan.isBraked,
    effects: plan.effects.map(toPlannedBody),
    pass: done?.pass?.workflowId ?? null,
    ...(done?.warning === undefined ? {} : { warning: done.warning }),
  };
}

/** Beside the right to write policies: a position that a start will use discards the checkpoint. */
export function findNeededRights({ positions }: Pick<ApplyPlan, "positions">): readonly Right[] {
  return positions.some(({ kind }) => kind !== "already-spent")
    ? ["edit-policy", "start-fresh"]
    : ["edit-policy"];
}
