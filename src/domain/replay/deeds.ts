// What a replay tells of a processor. Apart from the simulation, so that the command line names its columns without
// loading what decides. Pure data.

/** What a replay counts of one processor. */
export const DEED_KINDS = ["attempts", "restarts", "stops", "parked", "pages"] as const;

/** `attempts`: starts. `pages`: lines that people are told of. */
export type DeedKind = (typeof DEED_KINDS)[number];

export interface ReplayedDeed {
  readonly at: number;
  readonly kind: DeedKind;
  readonly text: string;
}
