// Looks up why processors have FAILED, if the list does not say: one call to the project's events, and only if a reason
// is missing. Best effort: if the look-up fails, the list is used unchanged. Whatever it needs is an argument, so that
// activities and use cases can share it.
import type { AtlasClient, ReadCall } from "../atlas/client.js";
import type { Observation } from "../domain/observation.js";
import type { WorkspaceRef } from "../domain/refs.js";
import { AppError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";

/** How far back it looks: a processor may have FAILED long before Headgate first saw it. */
const LOOK_BACK_MS = 7 * 86_400_000;

interface ReasonDeps {
  readonly atlas: Pick<AtlasClient, "listFailures">;
  readonly log: Logger;
}

interface Sightings<Seen> {
  readonly ref: WorkspaceRef;
  readonly seen: readonly Seen[];
  /** Whose reason is wanted. */
  readonly isUnexplained: (one: Seen) => boolean;
  /** Database time; asked for where it is needed. */
  readonly now: () => number | Promise<number>;
  readonly call: ReadCall;
}

/** The same, with the newest reason of each that is unexplained. */
export async function explainFailures<Seen extends Observation>(
  deps: ReasonDeps,
  { ref, seen, isUnexplained, now, call }: Sightings<Seen>,
): Promise<readonly Seen[]> {
  if (!seen.some(isUnexplained)) return seen;
  const reasons = await findReasons(deps, { ref, since: (await now()) - LOOK_BACK_MS, call });
  return seen.map((one) => {
    const errorMessage = isUnexplained(one) ? reasons.get(one.processor) : undefined;
    return errorMessage === undefined ? one : { ...one, errorMessage };
  });
}

async function findReasons(
  { atlas, log }: ReasonDeps,
  { ref, since, call }: { readonly ref: WorkspaceRef; readonly since: number; readonly call: ReadCall },
): Promise<ReadonlyMap<string, string>> {
  try {
    // Not of the endpoint set that the budget counts (docs/atlas.md 6).
    const failures = await atlas.listFailures({ project: ref.project, since }, call);
    const here = failures.filter(({ workspace }) => workspace === ref.workspace);
    // They come newest first: reversed, the newest of several is written last and stays.
    return new Map(here.reverse().map(({ processor, why }) => [processor, why]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.debug("reasons.not-read", { ...ref, code: error.code });
    return new Map();
  }
}
