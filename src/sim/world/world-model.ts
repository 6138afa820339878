// The shapes of the simulated Atlas: projects, workspaces, processors, and the transitions that are due. Types only.
// Everything is JSON but the Maps, which world-snapshot.ts unfolds: a Date, a class or an undefined in here would not
// survive the state file. `at` and `...At` are epoch milliseconds, `...Ms` simulated spans.
import type { RandomState } from "./random.js";
import type { SimSettings } from "../settings/settings-table.js";
import type { Tier } from "./tiers.js";
import type { TransitionQueue } from "./transition-queue.js";

export interface ProcessorAddress {
  readonly project: string;
  readonly workspace: string;
  readonly processor: string;
}

export interface Autoscaling {
  readonly enabled?: boolean | undefined;
  /** Null: the workspace's. */
  readonly minTier?: Tier | null | undefined;
  readonly maxTier?: Tier | null | undefined;
}

interface FailoverRequest {
  readonly region: string;
  readonly mode?: "GRACEFUL" | "FORCED" | undefined;
  readonly dryRun?: boolean | undefined;
  readonly clearCheckpoint?: boolean | undefined;
}

/** The body of startWith, after validation (docs/atlas.md 2a). An `autoscaling` of null resets it. */
export interface StartOptions {
  readonly tier?: Tier | undefined;
  readonly resumeFromCheckpoint?: boolean | undefined;
  readonly startAtOperationTime?: string | undefined;
  readonly failover?: FailoverRequest | undefined;
  readonly autoscaling?: Autoscaling | null | undefined;
}

/** Who did it: the log entry of the request, or null for the admin path and Atlas itself. */
export interface Cause {
  readonly requestSeq: number | null;
  readonly by: string;
}

/** Where a start began, as the world decided it. */
export interface Position {
  readonly kind: "checkpoint" | "time" | "fresh";
  readonly at: number | null;
}

interface LastStart {
  readonly at: number;
  readonly tier: string | null;
  readonly position: Position;
  readonly by: string;
  readonly requestSeq: number | null;
}

/** One processor. `state` is an open word, as on the wire. Times are epoch milliseconds. */
export interface SimProcessor {
  id: string;
  name: string;
  pipeline: readonly unknown[];
  options: Record<string, unknown> | null;
  state: string;
  tier: Tier | null;
  effectiveTier: Tier | null;
  autoscaling: Autoscaling | null;
  failoverEnabled: boolean | null;
  region: string | null;
  createdAt: number;
  startedAt: number | null;
  stoppedAt: number | null;
  hasEverStarted: boolean;
  /** Last checkpoint while at rest; while STARTED see checkpointOf(). */
  checkpointAt: number | null;
  errorMsg: string | null;
  /** A crash loop: FAILED this long after each start. */
  crashAfterMs: number | null;
  /** How far back the source's oplog reaches; null: for ever. */
  oplogWindowMs: number | null;
  messagesPerSecond: number;
  /** Messages counted up to the last rest. */
  inputCount: number;
  pending: "start" | "stop" | null;
  /** What a stale read still shows: the state and tier before the last move; null right after its creation. */
  before: { readonly state: string; readonly tier: Tier | null } | null;
  /** Grows with each move, so that a transition planned for an earlier life is dropped. */
  generation: number;
  startCount: number;
  lastStart: LastStart | null;
}

interface SimRegion {
  readonly cloudProvider: string;
  readonly region: string;
}

export interface SimConnection {
  readonly name: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface SimWorkspace {
  id: string;
  name: string;
  tier: Tier;
  maxTierSize: Tier | null;
  dataProcessRegion: SimRegion;
  failoverRegions: readonly SimRegion[];
  connections: Map<string, SimConnection>;
  processors: Map<string, SimProcessor>;
  pendingStarts: number;
}

/** A project event as Atlas reports it (docs/atlas.md 4), without its links. */
export interface SimEvent {
  readonly id: string;
  readonly at: number;
  readonly eventTypeName: string;
  readonly instanceName: string;
  readonly processorName: string;
  readonly processorState: string;
  readonly processorErrorMsg?: string;
  readonly modifiedBy?: string;
  readonly fromTier?: string;
  readonly toTier?: string;
  readonly reason?: string;
}

export interface SimProject {
  id: string;
  orgId: string;
  workspaces: Map<string, SimWorkspace>;
  events: SimEvent[];
}

export type Step =
  | {
      readonly kind: "start";
      readonly options: StartOptions;
      readonly cause: Cause;
      readonly failAfterMs: number | null;
    }
  | { readonly kind: "stop"; readonly cause: Cause }
  | {
      readonly kind: "provisioned";
      readonly then: "STARTED" | "FAILED";
      readonly errorMsg: string;
      readonly failAfterMs: number | null;
    }
  | { readonly kind: "fail"; readonly errorMsg: string }
  /** Atlas restarts a running processor by itself. */
  | { readonly kind: "own-restart" }
  /** A start or stop that was answered 504 and is given up. */
  | { readonly kind: "abandon"; readonly what: "start" | "stop" };

/** A step that becomes true at `at`. `processorId` guards against a namesake created meanwhile. */
export interface Transition {
  readonly at: number;
  readonly address: ProcessorAddress;
  readonly processorId: string;
  readonly generation: number;
  readonly step: Step;
}

/** A request changed the world at `at`: what tests call an effective start, stop ... */
export interface Effect {
  readonly requestSeq: number;
  readonly at: number;
}

export interface World {
  readonly settings: SimSettings;
  /** Simulated milliseconds per real one. */
  readonly timeScale: number;
  readonly projects: Map<string, SimProject>;
  readonly queue: TransitionQueue<Transition>;
  readonly random: RandomState;
  /** Effects nobody has collected yet. */
  effects: Effect[];
  /** Grows with every change, so that a saver knows when to save. */
  revision: number;
}
