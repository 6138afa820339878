// What a failure may be, by what helps against it: a closed list of classes, each with what Headgate does by itself.
// Names are stored (`processor_status.failure_class`), written in policy files and printed, so one may be added but
// none renamed. Which failure belongs to which class is recover/failure-table.ts. Pure data.
import type { Tier } from "./start-options.js";

interface ClassProperties {
  readonly meaning: string;
  /**
   * `resume`: another start after the back-off. `climb`: the next tier up, inside a ceiling that the policy declares.
   * `ladder`: the next rung of the ladder that the policy declares. `wait`: parked at once. `hold`: the whole project
   * waits, and is looked at again slowly.
   */
  readonly action: "resume" | "climb" | "ladder" | "wait" | "hold";
  /** What a `climb` is where no ceiling is declared or it is reached, and a `ladder` where none is declared. */
  readonly otherwise?: "resume" | "wait";
  /** Why that is the right thing to do without being asked. */
  readonly because: string;
}

const FAILURE_CLASSES = {
  "no-billing": {
    meaning: "Atlas wants payment information first",
    action: "hold",
    because: "no start of the project can work before somebody has seen to it",
  },
  denied: {
    meaning: "Atlas denies Headgate the call",
    action: "hold",
    because: "the credentials are those of the whole project",
  },
  "out-of-memory": {
    meaning: "the tier has too little memory for the pipeline",
    action: "climb",
    otherwise: "resume",
    because: "a larger tier helps and costs money; without one, a later start may meet less load",
  },
  "partitions-over-tier": {
    meaning: "the source has more Kafka partitions than the tier takes",
    action: "climb",
    otherwise: "wait",
    because: "only a larger tier or a smaller topic helps",
  },
  "start-time-outside-oplog": {
    meaning: "the time to start at is older than the source's oplog",
    action: "ladder",
    otherwise: "wait",
    because: "the oplog only gets younger, and any other position may lose data",
  },
  "checkpoint-lost": {
    meaning: "the position to resume from is no longer in the source",
    action: "ladder",
    otherwise: "wait",
    because: "a resume cannot help, and a fresh start loses data",
  },
  "invalid-pipeline": {
    meaning: "Atlas refuses the pipeline or its options",
    action: "wait",
    because: "it stays invalid until somebody edits it",
  },
  connection: {
    meaning: "a source or a sink cannot be reached, or refuses the credentials",
    action: "resume",
    because: "networks and brokers come back by themselves",
  },
  transient: {
    meaning: "a fault of the platform that passes",
    action: "resume",
    because: "it passes by itself",
  },
  unknown: {
    meaning: "no rule knows it",
    action: "resume",
    because: "the back-off and the number of attempts bound what it costs",
  },
} as const satisfies Record<string, ClassProperties>;

export type FailureClass = keyof typeof FAILURE_CLASSES;

export function isFailureClass(text: string): text is FailureClass {
  return Object.hasOwn(FAILURE_CLASSES, text);
}

export function toClassProperties(failureClass: FailureClass): ClassProperties {
  return FAILURE_CLASSES[failureClass];
}

export const CLASS_NAMES: readonly FailureClass[] = Object.keys(FAILURE_CLASSES).filter(isFailureClass);

/** Those about one processor. The others are the whole project's, which no policy of one processor may hold or free. */
export const OWN_CLASSES: readonly FailureClass[] = CLASS_NAMES.filter(
  (name) => toClassProperties(name).action !== "hold",
);

/** What another position helps against. */
export function isAboutPosition(failureClass: FailureClass | null): boolean {
  return failureClass === "checkpoint-lost" || failureClass === "start-time-outside-oplog";
}

/** What a policy does about a class, where that is not what Headgate does by itself. */
export type ClassRule =
  | { readonly action: "resume" | "ladder" | "wait" }
  | {
      readonly action: "climb";
      readonly ceiling: Tier;
      /** STARTED so long on the larger tier, it goes back to the declared one. */
      readonly stepBackAfterMs: number;
    };

/** An owner's own way to tell a class, tried before the shipped ones: by a code in the text, or by a pattern. */
export type FailureRule = { readonly class: FailureClass } & (
  | { readonly code: number }
  /** RE2 syntax. */
  | { readonly pattern: string }
);

/** A refused start, as the last change left it. */
export interface Refusal {
  /** Of the refused call; null for a processor that FAILED. */
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly text: string;
}

/** What was so before it failed. */
export interface Preceding {
  /** Its last start began at a time, and not from a checkpoint. */
  readonly startedAtTime: boolean;
  /** Of the memory of its tier, from 0, when it was first seen FAILED; null: not known, or little. */
  readonly memoryShare: number | null;
}

/** What one failure is known by. */
export interface FailureFacts extends Refusal {
  readonly preceding: Preceding | null;
}

/** A larger tier than the declared one, chosen after a failure. */
export interface Climb {
  readonly tier: Tier;
  /** It ends with this version of the policy. */
  readonly version: number;
  /** What failed before then was answered by it. */
  readonly at: number;
  readonly stepBackAfterMs: number;
  /** Atlas did not take the tier: it is not tried again under this version. */
  readonly isRefused: boolean;
}
