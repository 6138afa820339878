// What Atlas said about one processor, in our words. Atlas's state is an open set: a word we do not know plans nothing.

export interface Observation {
  /** Atlas `_id`, 24 hex digits: a new one under an old name is a new processor. */
  readonly atlasId: string;
  readonly processor: string;
  /** The word Atlas sent, raw. */
  readonly state: string;
  /** The tier Atlas shows, raw; absent where Atlas shows none. */
  readonly tier?: string;
  readonly effectiveTier?: string;
  readonly autoscaled: boolean;
  /** Why it FAILED, where Atlas says so. At most 500 characters. */
  readonly errorMessage?: string;
  /** Connections that its pipeline names, each once, where the look showed the pipeline. Not remembered. */
  readonly connections?: readonly string[];
}

/** How far a processor has read its change stream, as one look showed it. */
export interface SourcePosition {
  /** Epoch ms: what happened in the source until then has been read. */
  readonly at: number;
  /** Database time of the look. */
  readonly seenAt: number;
}

export type ObservedState = "STARTED" | "STOPPED" | "CREATED" | "FAILED" | "TRANSITIONAL" | "UNKNOWN";

/**
 * Sorts Atlas's word: PROVISIONING, INIT and CREATING pass by themselves; everything else we do not know is UNKNOWN.
 */
export function toObservedState(state: string): ObservedState {
  switch (state) {
    case "STARTED":
    case "STOPPED":
    case "CREATED":
    case "FAILED":
      return state;
    case "PROVISIONING":
    case "INIT":
    case "CREATING":
      return "TRANSITIONAL";
    default:
      return "UNKNOWN";
  }
}

/** What else Atlas shows of a processor, for people to read: nothing is decided by it, and nothing of it is stored. */
export interface ProcessorDetails extends Observation {
  /** Where Atlas chooses the tier, and between which ones. */
  readonly autoscaling?: { readonly minTier?: string; readonly maxTier?: string };
  /** Where messages go that it could not process. */
  readonly deadLetters?: { readonly connection?: string; readonly db?: string; readonly coll?: string };
  readonly failoverEnabled: boolean;
  /** Absent before its first start. */
  readonly stats?: ProcessorStats;
}

/** How it gets on, counted over its runs; each absent where Atlas does not say. Sizes in bytes. */
export interface ProcessorStats {
  readonly messagesIn?: number;
  readonly messagesOut?: number;
  readonly deadLetterMessages?: number;
  readonly stateBytes?: number;
  readonly memoryBytes?: number;
  /** Epoch ms. */
  readonly lastMessageAt?: number;
  /** Epoch ms: earlier events are late. */
  readonly watermarkAt?: number;
  /** How far behind its change stream is. */
  readonly lagSeconds?: number;
  /** Epoch ms: the cluster's time in the token of its change stream. */
  readonly positionAt?: number;
  /** Messages of Kafka not read yet. */
  readonly kafkaLag?: number;
}

/** What GET workspace tells about tiers; absent where Atlas sets none. */
export interface WorkspaceLimits {
  readonly defaultTier?: string;
  readonly maxTier?: string;
}
