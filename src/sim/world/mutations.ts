// Scripted changes of the world from outside the API: what Atlas itself or somebody else does to a processor. Parsed
// with zod, applied at a given moment. Pure. They are taken in any state, because a script describes what has happened
// rather than asks for it, and they never count as the effect of a request. A name that is not there is a fault in
// words, not a throw: the rest of a script is still carried out.
import { z } from "zod";
import { recordEvent } from "./events.js";
import { applyStart, applyStop, fail, moveState, provision } from "./moves.js";
import { TIERS } from "./tiers.js";
import { findTarget, findWorkspace } from "./world-lookup.js";
import type { Target } from "./world-lookup.js";
import type { Autoscaling, Cause, World } from "./world-model.js";
import { addProcessor, addWorkspace } from "./world.js";

/** Strict objects throughout: a misspelt field would make a test pass that has changed nothing. */
const tier = z.enum(TIERS);
const ms = z.number().nonnegative();
const place = { project: z.string(), workspace: z.string() };
const address = { ...place, processor: z.string() };
const autoscaling = z.strictObject({
  enabled: z.boolean(),
  minTier: tier.optional(),
  maxTier: tier.optional(),
});
/**
 * The fields that may be set on a processor. Absent leaves a field alone, null empties it; times are epoch milliseconds
 * and spans simulated ones.
 */
const fields = {
  tier: tier.nullable().optional(),
  effectiveTier: tier.nullable().optional(),
  autoscaling: autoscaling.nullable().optional(),
  crashAfterMs: ms.nullable().optional(),
  oplogWindowMs: ms.nullable().optional(),
  checkpointAt: z.number().nullable().optional(),
  stoppedAt: z.number().nullable().optional(),
  messagesPerSecond: ms.optional(),
  pipeline: z.array(z.unknown()).optional(),
};
/** Who shows in the events as having done it. */
const by = z.string().default("somebody@example.com");

const mutation = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("set"),
    ...address,
    ...fields,
    state: z.string().optional(),
    errorMsg: z.string().optional(),
  }),
  // Made in this state, under a new id; a namesake is replaced, with whatever was planned for it.
  z.strictObject({ op: z.literal("add"), ...address, ...fields, state: z.string().default("CREATED") }),
  z.strictObject({ op: z.literal("remove"), ...address }),
  z.strictObject({
    // FAILED now, with an event that says why.
    op: z.literal("crash"),
    ...address,
    errorMsg: z.string().default("Stream processor failed"),
  }),
  z.strictObject({
    // PROVISIONING for a span, as when Atlas moves a running one elsewhere (docs/atlas.md 1a).
    op: z.literal("provision"),
    ...address,
    forMs: ms,
    then: z.enum(["STARTED", "FAILED"]).default("STARTED"),
  }),
  z.strictObject({ op: z.literal("autoscale"), ...address, to: tier, forMs: ms.default(5_000) }),
  // At once, without hold or lock: somebody else's request was answered before.
  z.strictObject({ op: z.literal("start"), ...address, by, tier: tier.optional() }),
  z.strictObject({ op: z.literal("stop"), ...address, by }),
  z.strictObject({
    // Made if there is none; else only what is named changes.
    op: z.literal("workspace"),
    ...place,
    tier: tier.optional(),
    maxTierSize: tier.nullable().optional(),
  }),
  z.strictObject({ op: z.literal("remove-workspace"), ...place }),
]);

export type Mutation = z.infer<typeof mutation>;

/** One mutation or a list of them. @throws ZodError */
export function parseMutations(input: unknown): readonly Mutation[] {
  return z.array(mutation).parse(Array.isArray(input) ? input : [input]);
}

/**
 * Applies one mutation at `now`; the fault text when it names something that is not there, and then nothing has changed
 * but `revision`. Mutates `world`. Those that set something may be repeated; crash, start, stop and autoscale happen
 * again.
 */
export function applyMutation(world: World, wanted: Mutation, now: number): string | null {
  world.revision += 1;
  if (wanted.op === "workspace") return setWorkspace(world, wanted);
  const workspace = findWorkspace(world, wanted);
  if (workspace.kind === "refused") return workspace.refusal.detail;
  if (wanted.op === "remove-workspace") {
    world.projects.get(wanted.project)?.workspaces.delete(wanted.workspace);
    return null;
  }
  if (wanted.op === "add") {
    const processor = addProcessor(world, workspace.value, {
      name: wanted.processor,
      createdAt: now,
      state: wanted.state,
    });
    setFields({ processor }, wanted);
    return null;
  }
  const hit = findTarget(world, wanted);
  if (hit.kind === "refused") return hit.refusal.detail;
  mutateTarget(world, hit.value, { wanted, now });
  return null;
}

type TargetMutation = Exclude<Mutation, { op: "workspace" | "remove-workspace" | "add" }>;

function mutateTarget(world: World, target: Target, change: { wanted: TargetMutation; now: number }): void {
  const { wanted, now: at } = change;
  switch (wanted.op) {
    case "set":
      setFields(target, wanted);
      // The fields once more behind the move, which writes some of them itself (checkpoint, `stoppedAt`, the error):
      // what the script says of them wins.
      if (wanted.state !== undefined) {
        moveState(world, target, { state: wanted.state, at, errorMsg: wanted.errorMsg ?? null });
        setFields(target, wanted);
      }
      return;
    case "remove":
      target.workspace.processors.delete(target.processor.name);
      return;
    case "crash":
      fail(world, target, { at, errorMsg: wanted.errorMsg });
      return;
    case "provision":
      provision(world, target, { at, forMs: wanted.forMs, then: wanted.then });
      return;
    case "autoscale":
      autoscale(world, target, { wanted, at });
      return;
    case "start": {
      const step = { kind: "start", cause: toCause(wanted.by), failAfterMs: null, at } as const;
      applyStart(world, target, { ...step, options: wanted.tier === undefined ? {} : { tier: wanted.tier } });
      return;
    }
    case "stop":
      applyStop(world, target, { at, cause: toCause(wanted.by) });
  }
}

const toCause = (name: string): Cause => ({ requestSeq: null, by: name });

/** Atlas re-tiers by itself: `effectiveTier` moves, `tier` stays (docs/atlas.md 2c). */
function autoscale(
  world: World,
  target: Target,
  how: { readonly wanted: Extract<Mutation, { op: "autoscale" }>; readonly at: number },
): void {
  const { processor } = target;
  const fromTier = processor.effectiveTier ?? processor.tier ?? target.workspace.tier;
  processor.effectiveTier = how.wanted.to;
  // Without limits of its own it would not have been scaled; the widest ones, so that the next start is not refused.
  processor.autoscaling ??= { enabled: true, maxTier: "SP50" };
  recordEvent(world, target, {
    type: "STREAM_PROCESSOR_AUTOSCALE_INITIATED",
    at: how.at,
    fromTier,
    toTier: how.wanted.to,
    reason: "memory",
  });
  provision(world, target, { at: how.at, forMs: how.wanted.forMs, then: "STARTED" });
}

/** Never a fault: a workspace that is not there is made, with its project. */
function setWorkspace(world: World, wanted: Extract<Mutation, { op: "workspace" }>): null {
  const present = world.projects.get(wanted.project)?.workspaces.get(wanted.workspace);
  const workspace = present ?? addWorkspace(world, { project: wanted.project, name: wanted.workspace });
  workspace.tier = wanted.tier ?? workspace.tier;
  if (wanted.maxTierSize !== undefined) workspace.maxTierSize = wanted.maxTierSize;
  return null;
}

/** The fields of `fields` that a processor has under the same name, and the error, which "set" alone takes. */
const SETTABLE = [
  "errorMsg",
  "tier",
  "effectiveTier",
  "crashAfterMs",
  "oplogWindowMs",
  "checkpointAt",
  "stoppedAt",
  "messagesPerSecond",
  "pipeline",
] as const;

function setFields(
  target: Pick<Target, "processor">,
  wanted: Partial<Record<(typeof SETTABLE)[number], unknown>> & {
    autoscaling?: Autoscaling | null | undefined;
  },
): void {
  for (const field of SETTABLE) {
    const value = wanted[field];
    if (value !== undefined) Object.assign(target.processor, { [field]: value });
  }
  if (wanted.autoscaling !== undefined) target.processor.autoscaling = wanted.autoscaling;
}
