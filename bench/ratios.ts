// One contender beside another.
import type { DuelResult } from "./duel.js";
import type { BenchSpan } from "./meters.js";
import { toSpread } from "./spread.js";
import type { Spread } from "./spread.js";

export type Measure = (span: BenchSpan) => number;

export const toCpuMs: Measure = ({ workerCpuMs, serverCpuMs, postgresCpuMs }) =>
  workerCpuMs + serverCpuMs + postgresCpuMs;

/** Of the medians; its range is that of the rounds' own ratios. Undefined if one of the two was not there. */
export function toRatio(
  spans: DuelResult["spans"],
  [name, other]: readonly [string, string],
  measure: Measure,
): Spread | undefined {
  const medianOf = (round: readonly BenchSpan[]): number => toSpread(round.map(measure)).median;
  const rounds = (spans[name] ?? [])
    .map((round, index) => ({ ours: round, theirs: spans[other]?.[index] ?? [] }))
    // A round in which one of them failed has no ratio.
    .filter(({ ours, theirs }) => ours.length > 0 && theirs.length > 0)
    .map(({ ours, theirs }) => ({ ours: medianOf(ours), theirs: medianOf(theirs) }))
    // CPU is counted in ticks: less than one is nothing.
    .filter(({ theirs }) => theirs > 0);
  if (rounds.length === 0) return undefined;
  const { least, most } = toSpread(rounds.map(({ ours, theirs }) => ours / theirs));
  const [ours, theirs] = [toSpread(rounds.map((one) => one.ours)), toSpread(rounds.map((one) => one.theirs))];
  return { median: ours.median / theirs.median, least, most };
}
