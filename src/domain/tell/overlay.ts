// Policies that are not written yet, laid over the stored ones: what a pass would find if they were. Pure; it says
// nothing about what the pass would do.
import { isSameRestart } from "../policy.js";
import type { Policy } from "../policy.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import type { ProcessorFacts } from "../decide/workspace-facts.js";

/** One policy as it would be; null deletes it. */
interface UnwrittenPolicy {
  readonly processor: string;
  readonly after: Policy | null;
}

/**
 * A policy that would be written is a new version, declared now. Its restart block keeps its age where it stays as it
 * is.
 */
export function layOver(
  known: readonly ProcessorFacts[],
  unwritten: readonly UnwrittenPolicy[],
  now: number,
): readonly ProcessorFacts[] {
  const byName = new Map(known.map((one) => [one.processor, one]));
  for (const { processor, after } of unwritten) {
    const old = byName.get(processor);
    byName.set(processor, {
      processor,
      declared: after === null ? undefined : toDeclared(after, { old, now }),
      status: old?.status,
      hasOpenChange: old?.hasOpenChange ?? false,
    });
  }
  return [...byName.values()];
}

function toDeclared(
  policy: Policy,
  { old, now }: { readonly old: ProcessorFacts | undefined; readonly now: number },
): DeclaredPolicy {
  const before = old?.declared;
  const version = 1 + Math.max(before?.version ?? 0, ...toRememberedVersions(old?.status));
  if (policy.restart === undefined) return { policy, version, declaredAt: now };
  const isKept = before !== undefined && isSameRestart(before.policy, policy);
  return { policy, version, declaredAt: now, restartSince: isKept ? (before.restartSince ?? now) : now };
}

/** Numbering goes on after a deletion: what was counted under an older version must not count under the next one. */
function toRememberedVersions(status: ProcessorStatus | undefined): readonly number[] {
  if (status === undefined) return [];
  const { attemptsVersion, parked, refusedVersion, oneOff } = status;
  return [attemptsVersion ?? 0, parked?.version ?? 0, refusedVersion ?? 0, oneOff?.version ?? 0];
}
