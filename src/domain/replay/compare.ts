// One span of the past under two sets of policies: what would have differed, processor by processor. Pure.
import type { Policy } from "../policy.js";
import { isSameRestart, toCanonicalPolicy } from "../policy.js";
import type { DeclaredPolicy } from "../status.js";
import type { InForce, Recording } from "./recording.js";
import { toScript } from "./recording.js";
import { DEED_KINDS } from "./deeds.js";
import type { DeedKind, ReplayedDeed } from "./deeds.js";
import { simulate } from "./simulate.js";
import type { Replay, Span } from "./simulate.js";

export type Counts = Readonly<Record<DeedKind, number>>;

/** A processor as it was recorded, and the policies it is replayed under. */
export interface Candidate {
  readonly recording: Recording;
  readonly inForce: readonly InForce[];
  /** As if it had been in force from the beginning of the span; undefined: no policy names it then. */
  readonly instead: Policy | undefined;
}

export interface ProcessorDifference {
  readonly processor: string;
  /** Replayed as well: so the two differ by the policies alone. */
  readonly inForce: Counts;
  readonly instead: Counts;
  /** Where the two part; null: nowhere. */
  readonly first: { readonly inForce: ReplayedDeed | null; readonly instead: ReplayedDeed | null } | null;
  /** The replay did not come to the end of the span. */
  readonly isCut: boolean;
}

export type Comparison = Omit<Replay, "members"> & { readonly candidates: readonly Candidate[] };

/** In the order of their names. */
export function comparePolicies({ candidates, ...replay }: Comparison): readonly ProcessorDifference[] {
  return toGroups(candidates)
    .flatMap((group) => compareGroup(group, replay))
    .sort((one, other) => (one.processor < other.processor ? -1 : 1));
}

function compareGroup(
  group: readonly Candidate[],
  replay: Omit<Replay, "members">,
): readonly ProcessorDifference[] {
  const run = (toPolicies: (one: Candidate) => readonly InForce[]): ReturnType<typeof simulate> =>
    simulate({
      ...replay,
      members: group.map((one) => ({ script: toScript(one.recording), policies: toPolicies(one) })),
    });
  const inForce = run((one) => one.inForce);
  const instead = run((one) => toInstead(one, replay.span));
  return group.map(({ recording: { processor } }) => {
    const [before, after] = [inForce, instead].map(({ deeds }) => deeds.get(processor) ?? []);
    return {
      processor,
      inForce: countDeeds(before ?? []),
      instead: countDeeds(after ?? []),
      first: findFirstDifference(before ?? [], after ?? []),
      isCut: inForce.isCut || instead.isCut,
    };
  });
}

/** A policy that was in force when the span began is that one: its counts go on, as they did. */
function toInstead({ inForce, instead }: Candidate, { from }: Span): readonly InForce[] {
  if (instead === undefined) return [];
  const before = inForce.findLast(({ at }) => at <= from)?.declared;
  const isSame = before !== undefined && toCanonicalPolicy(before.policy) === toCanonicalPolicy(instead);
  return [{ at: from, declared: isSame ? before : toDeclared(instead, { before, inForce, from }) }];
}

function toDeclared(
  policy: Policy,
  at: {
    readonly before: DeclaredPolicy | undefined;
    readonly inForce: readonly InForce[];
    readonly from: number;
  },
): DeclaredPolicy {
  const { before, inForce, from } = at;
  const version = 1 + Math.max(0, ...inForce.map(({ declared }) => declared?.version ?? 0));
  if (policy.restart === undefined) return { policy, version, declaredAt: from };
  const isKept = before !== undefined && isSameRestart(before.policy, policy);
  return { policy, version, declaredAt: from, restartSince: isKept ? (before.restartSince ?? from) : from };
}

/** Those that share a train under any of the policies decide together; every other one is alone. */
function toGroups(candidates: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const groups: { readonly trains: Set<string>; readonly members: Candidate[] }[] = [];
  for (const candidate of candidates) {
    const trains = toTrains(candidate);
    const joined = groups.filter((group) => trains.some((train) => group.trains.has(train)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push({
      trains: new Set([...trains, ...joined.flatMap((group) => [...group.trains])]),
      members: [...joined.flatMap(({ members }) => members), candidate],
    });
  }
  return groups.map(({ members }) => members);
}

function toTrains({ inForce, instead }: Candidate): readonly string[] {
  const policies = [instead, ...inForce.map(({ declared }) => declared?.policy)];
  return policies.flatMap((policy) => policy?.restart?.train ?? []);
}

function countDeeds(deeds: readonly ReplayedDeed[]): Counts {
  const counts = DEED_KINDS.map((kind) => [kind, deeds.filter((deed) => deed.kind === kind).length]);
  return Object.fromEntries(counts) as Counts;
}

export function addCounts(all: readonly Counts[]): Counts {
  const sums = DEED_KINDS.map((kind) => [kind, all.reduce((sum, counts) => sum + counts[kind], 0)]);
  return Object.fromEntries(sums) as Counts;
}

function findFirstDifference(
  before: readonly ReplayedDeed[],
  after: readonly ReplayedDeed[],
): ProcessorDifference["first"] {
  for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
    const [one, other] = [before[at], after[at]];
    if (one?.at !== other?.at || one?.kind !== other?.kind)
      return { inForce: one ?? null, instead: other ?? null };
  }
  return null;
}
