// Scripted faults as data: which calls they meet, and what becomes of those. Parsed with zod; matching counts calls and
// draws its luck from a seed, so that a script gives the same run again. Pure: carrying a fault out is fault-flow.ts. A
// kind says exactly whether the world carries the request out, because that is what a client cannot know.
import { z } from "zod";
import { unitOf } from "../world/random.js";

/** Simulated milliseconds. */
const ms = z.number().nonnegative();
const headers = z.record(z.string(), z.string());
const status = z.number().int().min(200).max(599);

const what = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status,
    errorCode: z.string().optional(),
    detail: z.string().optional(),
    parameters: z.array(z.union([z.string(), z.number()])).optional(),
    body: z.unknown().optional(),
    headers: headers.optional(),
    retryAfter: z.union([z.string(), z.number()]).optional(),
  }),
  // Later, but whole: the world carries it out behind the delay.
  z.strictObject({ kind: z.literal("delay"), ms }),
  // The same reset for the caller; the world has not, or has, carried the request out.
  z.strictObject({ kind: z.literal("reset-before") }),
  z.strictObject({ kind: z.literal("reset-after") }),
  z.strictObject({
    // Carried out, and answered with an error all the same.
    kind: z.literal("status-after-apply"),
    status,
    errorCode: z.string().optional(),
    detail: z.string().optional(),
  }),
  z.strictObject({
    // Answered first and carried out later: what a 504 of Atlas may mean (docs/atlas.md 1e).
    kind: z.literal("late-apply"),
    afterMs: ms,
    status: status.default(504),
    errorCode: z.string().optional(),
    detail: z.string().optional(),
  }),
  // A start that is answered 200 and is FAILED soon after.
  z.strictObject({ kind: z.literal("then-failed"), afterMs: ms }),
  z.strictObject({ kind: z.literal("hang"), applies: z.boolean().default(false) }),
  z.strictObject({
    kind: z.literal("trickle"),
    everyMs: ms.default(20),
    bytes: z.number().int().min(1).default(8),
  }),
  z.strictObject({ kind: z.literal("truncated") }),
  z.strictObject({ kind: z.literal("garbage"), applies: z.boolean().default(true) }),
  z.strictObject({
    kind: z.literal("html"),
    status: status.default(502),
    applies: z.boolean().default(false),
  }),
  // No byte of a body: one client takes that for success, whatever the status (docs/atlas.md 12). `status` with a body
  // of "" or null sends those two as JSON.
  z.strictObject({
    kind: z.literal("empty"),
    status: status.default(502),
    applies: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("oversized"),
    bytes: z
      .number()
      .int()
      .positive()
      .default(64 * 1024 * 1024),
  }),
  /** An answer that quotes the request's Authorization header, as gateways that help with debugging do. */
  z.strictObject({
    kind: z.literal("echo"),
    status: status.default(400),
    /** The header, or what follows its scheme. */
    quotes: z.enum(["header", "credential"]).default("header"),
    /** In an error body's detail, or in a text that is not JSON. */
    as: z.enum(["detail", "text"]).default("detail"),
  }),
  // Reads: the world of before the last move, or a state that no client knows.
  z.strictObject({ kind: z.literal("stale-read") }),
  z.strictObject({ kind: z.literal("unknown-state"), state: z.string() }),
]);

/**
 * Conditions are joined by "and"; absent ones meet every call. Calls are counted per rule, from 1; `from` and `to` are
 * inclusive.
 */
const rule = z.strictObject({
  id: z.string().optional(),
  when: z
    .strictObject({
      operation: z.union([z.string(), z.array(z.string())]).optional(),
      project: z.string().optional(),
      workspace: z.string().optional(),
      processor: z.string().optional(),
      /** The project and workspace that it names come later: else they must be there. */
      later: z.boolean().optional(),
      nth: z.number().int().positive().optional(),
      from: z.number().int().positive().optional(),
      to: z.number().int().positive().optional(),
      probability: z.number().min(0).max(1).optional(),
    })
    .default({}),
  what,
});

export type FaultAction = z.infer<typeof what>;
export type FaultRule = z.infer<typeof rule>;
/** A rule as written in a script: defaults may be left out. */
export type FaultScript = readonly z.input<typeof rule>[];

/** A list of rules, or one. Whether what they name exists is wire/fault-script.ts's matter. @throws ZodError */
export function parseFaults(input: unknown): readonly FaultRule[] {
  return z.array(rule).parse(Array.isArray(input) ? input : [input]);
}

export interface FaultCall {
  readonly operation: string;
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
}

export interface Fault {
  readonly id: string;
  readonly action: FaultAction;
}

/** The rules in force with their counts, as JSON for the state file. */
export interface FaultSnapshot {
  readonly rules: readonly FaultRule[];
  readonly counts: readonly number[];
}

/** The rules in force and how many calls each has met. `seed` decides the luck of rules with a probability. */
export class FaultPlan {
  private rules: FaultRule[] = [];
  private counts: number[] = [];
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Adds rules behind those in force; with `replaces` they take their place and counting begins anew. */
  install(rules: readonly FaultRule[], replaces: boolean): void {
    if (replaces) this.clear();
    for (const one of rules) {
      this.rules.push({ ...one, id: one.id ?? `fault-${String(this.rules.length + 1)}` });
      this.counts.push(0);
    }
  }

  clear(): void {
    this.rules = [];
    this.counts = [];
  }

  toSnapshot(): FaultSnapshot {
    return { rules: [...this.rules], counts: [...this.counts] };
  }

  restore(snapshot: FaultSnapshot): void {
    this.rules = [...snapshot.rules];
    this.counts = [...snapshot.counts];
  }

  /** Counts the call with every rule that names it; the first of them that fires is its fault. */
  match(call: FaultCall): Fault | undefined {
    let hit: Fault | undefined;
    this.rules.forEach((one, index) => {
      if (!isNamed(one, call)) return;
      const count = (this.counts[index] ?? 0) + 1;
      this.counts[index] = count;
      if (hit === undefined && this.fires(one, { index, count })) {
        // The rules behind it are asked too, for their counts alone.
        hit = { id: one.id ?? `fault-${String(index + 1)}`, action: one.what };
      }
    });
    return hit;
  }

  private fires({ when }: FaultRule, at: { readonly index: number; readonly count: number }): boolean {
    if (when.nth !== undefined && at.count !== when.nth) return false;
    if (when.from !== undefined && at.count < when.from) return false;
    if (when.to !== undefined && at.count > when.to) return false;
    return when.probability === undefined || unitOf(this.seed, at.index, at.count) < when.probability;
  }
}

function isNamed({ when }: FaultRule, call: FaultCall): boolean {
  const operations = typeof when.operation === "string" ? [when.operation] : when.operation;
  if (operations !== undefined && !operations.includes(call.operation)) return false;
  return (
    (when.project === undefined || when.project === call.project) &&
    (when.workspace === undefined || when.workspace === call.workspace) &&
    (when.processor === undefined || when.processor === call.processor)
  );
}
