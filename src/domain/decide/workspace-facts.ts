// What one pass over one workspace knows before it decides anything.
import type { Observation, ProcessorStats } from "../observation.js";
import type { WorkspaceIncident } from "./incident-turn.js";
import type { WorkspaceRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

export interface ProcessorFacts {
  readonly processor: string;
  readonly declared: DeclaredPolicy | undefined;
  readonly status: ProcessorStatus | undefined;
  readonly hasOpenChange: boolean;
}

export interface Hold {
  readonly why: string;
  readonly by: "list" | "post";
  readonly recheckAt: number;
}

export interface WorkspaceFacts {
  readonly ref: WorkspaceRef;
  readonly now: number;
  readonly observedAt: number;
  /** Of a complete LIST; undefined where Atlas says there is no such workspace. */
  readonly observations: readonly Observation[] | undefined;
  readonly processors: readonly ProcessorFacts[];
  readonly hold: Hold | null;
  /** Processor -> who moved it since the last look, as far as Atlas's events tell. */
  readonly movers: Readonly<Record<string, string>>;
  /** Processor -> how it gets on, of those that have something to prove or whose position is sampled. */
  readonly stats: Readonly<Record<string, ProcessorStats>>;
  /** Policy versions released from the brake. */
  readonly brakeReleased: Readonly<Record<string, number>>;
  /** Unscheduled, unreleased stops and restarts of passes, opened inside the brake's window. */
  readonly recentMutations: number;
  readonly openInWorkspace: number;
  readonly openInProject: number;
  /** Concurrency key -> its open changes, over all projects. */
  readonly openByKey: Readonly<Record<string, number>>;
  /** Open changes of the workspace that start something; null where as many as wanted may start at a time. */
  readonly openStartsInTurn: number | null;
  /** Open ones, with their members in this workspace. */
  readonly incidents: readonly WorkspaceIncident[];
  readonly settings: LoopSettings;
}
