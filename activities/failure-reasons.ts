// Why processors have just FAILED, where the list does not say: looked up in the project's events, one call, and only when
// there is such news. A reason is a comfort, not a condition: without it the pass goes on.
import type { Observation } from "../src/domain/observation.js";
import type { WorkspaceRef } from "../src/domain/refs.js";
import { isUnexplained } from "../src/domain/status.js";
import { AppError } from "../src/errors.js";
import type { LoadedWorkspace } from "../src/store/workspaces.js";
import type { ActivityDeps } from "./deps.js";

/** How far back it looks: a processor may have FAILED long before Headgate first saw it. */
const LOOK_BACK_MS = 7 * 86_400_000;

export async function explainFailures(
  deps: ActivityDeps,
  seen: {
    readonly ref: WorkspaceRef;
    readonly observations: readonly Observation[];
    readonly loaded: LoadedWorkspace;
    readonly signal: AbortSignal;
  },
): Promise<readonly Observation[]> {
  const { ref, observations, loaded, signal } = seen;
  const statuses = new Map(loaded.processors.map(({ processor, status }) => [processor, status]));
  const isNews = (one: Observation): boolean => isUnexplained(one, statuses.get(one.processor));
  if (!observations.some(isNews)) return observations;
  const reasons = await findReasons(deps, { ref, since: loaded.now - LOOK_BACK_MS, signal });
  return observations.map((one) => {
    const errorMessage = isNews(one) ? reasons.get(one.processor) : undefined;
    return errorMessage === undefined ? one : { ...one, errorMessage };
  });
}

async function findReasons(
  deps: ActivityDeps,
  {
    ref,
    since,
    signal,
  }: { readonly ref: WorkspaceRef; readonly since: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  try {
    const call = { signal, timeoutMs: deps.settings.readTimeoutMs };
    const failures = await deps.atlas.listFailures({ project: ref.project, since }, call);
    const here = failures.filter(({ workspace }) => workspace === ref.workspace);
    // They come newest first: reversed, the newest of several is written last and stays.
    return new Map(here.reverse().map(({ processor, why }) => [processor, why]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    deps.log.debug("reasons.not-read", { ...ref, code: error.code });
    return new Map();
  }
}
