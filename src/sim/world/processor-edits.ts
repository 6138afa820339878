// Create, modify and delete of a processor, as clients ask for them. Headgate does none of the three, but others do
// while it works, and the contract tests of vendor clients need them. Unlike a start or stop they take effect at once.
// A refused one leaves nothing behind: no field, event or effect. Pure. Facts: docs/atlas.md 1b (no PATCH while it
// runs, delete stops first), 1e (409 on a duplicate name), 3 ($source).
import { recordEvent } from "./events.js";
import { recordEffect } from "./moves.js";
import { existsAlready, genericRefusal } from "./refusals.js";
import type { Refusal } from "./refusals.js";
import { refuseTier } from "./start-stop.js";
import type { Tier } from "./tiers.js";
import type {
  Autoscaling,
  Cause,
  ProcessorAddress,
  SimProcessor,
  SimWorkspace,
  World,
} from "./world-model.js";
import { addProcessor, isStartable } from "./world.js";
import { findTarget, findWorkspace, found, refused } from "./world-lookup.js";
import type { Found, Target } from "./world-lookup.js";

/** The body after its validation. Absent fields of a PATCH stay as they are. */
interface ProcessorDraft {
  readonly name?: string | undefined;
  readonly pipeline?: readonly unknown[] | undefined;
  readonly options?: Record<string, unknown> | undefined;
  readonly tier?: Tier | undefined;
  readonly failoverEnabled?: boolean | undefined;
}

/** The body, who asked, and the moment of the request in epoch milliseconds. */
export interface Edit {
  readonly draft: ProcessorDraft;
  readonly cause: Cause;
  readonly now: number;
}

type Options = Record<string, unknown> | undefined;

/**
 * Options as they are kept. `resumeFromCheckpoint` is an order and no property, and autoscaling is kept apart because
 * startWith sets it outside the options (docs/atlas.md 2a).
 */
function toStored(options: Options): {
  options: Record<string, unknown> | null;
  autoscaling: Autoscaling | null;
} {
  if (options === undefined) return { options: null, autoscaling: null };
  const { autoscaling, ...kept } = options;
  delete kept["resumeFromCheckpoint"];
  return {
    options: Object.keys(kept).length === 0 ? null : kept,
    autoscaling: (autoscaling as Autoscaling | null | undefined) ?? null,
  };
}

/** A new processor, CREATED, shown by the first GET after it (docs/atlas.md 1c). */
export function createProcessor(world: World, address: ProcessorAddress, edit: Edit): Found<SimProcessor> {
  const workspace = findWorkspace(world, address);
  if (workspace.kind === "refused") return workspace;
  if (workspace.value.processors.has(address.processor)) {
    return refused(existsAlready("STREAM_PROCESSOR", address.processor));
  }
  const { draft, now, cause } = edit;
  if (draft.tier !== undefined) {
    const of = { processor: address.processor, tier: draft.tier };
    const refusal = refuseTier(world, workspace.value, of);
    if (refusal !== null) return refused(refusal);
  }
  const processor = addProcessor(world, workspace.value, {
    name: address.processor,
    createdAt: now,
    pipeline: draft.pipeline ?? [],
    tier: draft.tier ?? null,
    failoverEnabled: draft.failoverEnabled ?? null,
    ...toStored(draft.options),
  });
  recordEvent(
    world,
    { address, processor },
    { type: "STREAM_PROCESSOR_CREATED", at: now, modifiedBy: cause.by },
  );
  recordEffect(world, cause, now);
  return found(processor);
}

/**
 * By the text: the order of keys counts in a pipeline (docs/atlas.md 7), so that another order is another source. Only
 * the first stage may be one.
 */
function changesSource(processor: SimProcessor, pipeline: readonly unknown[]): boolean {
  return JSON.stringify(processor.pipeline[0]) !== JSON.stringify(pipeline[0]);
}

/** Everything is looked at before anything is written: a PATCH is carried out whole or not at all. */
function refuseDraft(world: World, target: Target, draft: ProcessorDraft): Refusal | null {
  const { processor, workspace } = target;
  const isFresh = draft.options?.["resumeFromCheckpoint"] === false;
  const { pipeline, tier, name } = draft;
  if (
    pipeline !== undefined &&
    processor.checkpointAt !== null &&
    !isFresh &&
    changesSource(processor, pipeline)
  ) {
    return genericRefusal(processor.name, "$source cannot change while resuming from a checkpoint");
  }
  const isTaken = name !== undefined && name !== processor.name && workspace.processors.has(name);
  if (isTaken) return existsAlready("STREAM_PROCESSOR", name);
  return tier === undefined ? null : refuseTier(world, workspace, { processor: processor.name, tier });
}

/** A PATCH: refused while it runs; a changed $source needs `options.resumeFromCheckpoint: false` (docs/atlas.md 2b). */
export function modifyProcessor(world: World, address: ProcessorAddress, edit: Edit): Found<SimProcessor> {
  const hit = findTarget(world, address);
  if (hit.kind === "refused") return hit;
  const { processor, workspace } = hit.value;
  const { draft, now, cause } = edit;
  // A start that is still held counts as running: it would meet a processor other than the one it was accepted for.
  if (!isStartable(processor) || processor.pending !== null) {
    if (world.settings.modifyOfStarted === "200") return found(processor);
    return refused(genericRefusal(processor.name, "cannot modify a running stream processor"));
  }
  const refusal = refuseDraft(world, hit.value, draft);
  if (refusal !== null) return refused(refusal);
  rename(workspace, processor, draft.name ?? processor.name);
  applyDraft(processor, draft);
  if (draft.options?.["resumeFromCheckpoint"] === false) processor.checkpointAt = null;
  // Under its new name: that is how the next reader of the events will look for it.
  const about = { address: { ...address, processor: processor.name }, processor };
  recordEvent(world, about, { type: "STREAM_PROCESSOR_MODIFIED", at: now, modifiedBy: cause.by });
  recordEffect(world, cause, now);
  world.revision += 1;
  return found(processor);
}

/** Keeps its place in the list: a PATCH must not make another caller's paging miss one. */
function rename(workspace: SimWorkspace, processor: SimProcessor, name: string): void {
  if (name === processor.name) return;
  const all = [...workspace.processors.values()];
  processor.name = name;
  workspace.processors.clear();
  for (const one of all) workspace.processors.set(one.name, one);
}

/** Options are merged by their names, one level deep; null resets autoscaling, absent keeps it (docs/atlas.md 2a). */
function applyDraft(processor: SimProcessor, draft: ProcessorDraft): void {
  processor.pipeline = draft.pipeline ?? processor.pipeline;
  processor.tier = draft.tier ?? processor.tier;
  processor.failoverEnabled = draft.failoverEnabled ?? processor.failoverEnabled;
  if (draft.options === undefined) return;
  const stored = toStored(draft.options);
  if (stored.options !== null) processor.options = { ...processor.options, ...stored.options };
  if (draft.options["autoscaling"] !== undefined) processor.autoscaling = stored.autoscaling;
}

/**
 * Delete, also of a running one (docs/atlas.md 1b); destroys its checkpoint. What was planned for it stays in the queue
 * and is dropped when due, because its id is gone.
 */
export function deleteProcessor(
  world: World,
  address: ProcessorAddress,
  edit: { readonly cause: Cause; readonly now: number },
): Found<SimProcessor> {
  const hit = findTarget(world, address);
  if (hit.kind === "refused") return hit;
  const { processor, workspace } = hit.value;
  workspace.processors.delete(processor.name);
  world.revision += 1;
  recordEvent(
    world,
    { address, processor },
    {
      type: "STREAM_PROCESSOR_DROPPED",
      at: edit.now,
      modifiedBy: edit.cause.by,
    },
  );
  recordEffect(world, edit.cause, edit.now);
  return found(processor);
}
