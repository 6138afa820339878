// The conditions of a processor: a closed set of eight statements, each true, false or unknown, with the time since
// when. The names are stored (`processor_status.conditions`) and printed, so one may be added but none renamed. The
// words that `--condition` takes are filters of listings (tell/listing.ts) and older than these. Pure data.

export const CONDITIONS_OF_PROCESSORS = {
  Ready: "STARTED and getting on, or at rest where it is declared STOPPED",
  Synced: "as its policy says",
  Recovering: "it failed, and Headgate goes on until it is as declared",
  Suspended: "left alone for now, because a person said so",
  Parked: "Headgate gave up on it under this version",
  Stuck: "in transition for too long",
  Degraded: "runs, and has not proved itself since its start",
  Missing: "declared, but not in Atlas",
} as const;

export type ConditionName = keyof typeof CONDITIONS_OF_PROCESSORS;

/** In the order in which people read them. */
export const CONDITION_NAMES = Object.keys(CONDITIONS_OF_PROCESSORS) as [ConditionName, ...ConditionName[]];

export type ConditionStatus = "true" | "false" | "unknown";

export interface ConditionMark {
  readonly status: ConditionStatus;
  /** Database time of the write that found it so first. */
  readonly since: number;
}

/** Of those that ever changed, and of what a first look found: nothing is written of what has always been so. */
export type ConditionMarks = Readonly<Partial<Record<ConditionName, ConditionMark>>>;

/** What an observed processor without a mark is. */
export const UNMARKED: Readonly<Record<ConditionName, ConditionStatus>> = {
  Ready: "true",
  Synced: "true",
  Recovering: "false",
  Suspended: "false",
  Parked: "false",
  Stuck: "false",
  Degraded: "false",
  Missing: "false",
};

/** The mark of one condition as a person's command changes it. */
export function markedAs(
  marks: ConditionMarks,
  name: ConditionName,
  { status, since }: ConditionMark,
): ConditionMarks {
  const was = marks[name]?.status ?? UNMARKED[name];
  return was === status ? marks : { ...marks, [name]: { status, since } };
}
