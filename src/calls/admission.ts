// The gate before every call to Atlas, whoever makes it: the project's budget in Postgres, shared by workers and
// people. Whatever it needs is an argument, so that activities and use cases can share it. A call that skipped it would
// be paid by nobody, and the next 429 would hit somebody else.
import type { AtlasClient } from "../atlas/client.js";
import type { LoopSettings } from "../domain/settings.js";
import { TIMES } from "../domain/times.js";
import { AppError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { BudgetGrant, BudgetLimits, BudgetRequest } from "../store/pass/budgets.js";

export interface AdmissionDeps {
  readonly store: {
    takeCalls(request: BudgetRequest): Promise<BudgetGrant>;
    writeLimits(limits: BudgetLimits): Promise<void>;
  };
  readonly atlas: Pick<AtlasClient, "readRateLimits">;
  readonly settings: Pick<LoopSettings, "readTimeoutMs">;
  readonly log: Logger;
}

/**
 * Takes calls from the project's budget; the database time they were granted at. Waits in place for at most
 * `TIMES.budgetWaitMs` in sum; throws `atlas.rate_limited` past that, with the wait that is left. One statement per
 * try.
 */
export async function admitCalls(deps: AdmissionDeps, request: BudgetRequest): Promise<number> {
  for (let waitedMs = 0; ;) {
    const grant = await deps.store.takeCalls(request);
    if (grant.kind === "granted") {
      if (grant.areLimitsDue) await askForLimits(deps, request.project);
      return grant.at;
    }
    // Before it waits: a wait that cannot be enough is time lost for the caller, who has a better use for it.
    if (waitedMs + grant.waitMs > TIMES.budgetWaitMs) {
      throw new AppError("atlas.rate_limited", "the project's budget of calls is used up", {
        retryAfterMs: grant.waitMs,
        context: { project: request.project },
      });
    }
    waitedMs += grant.waitMs;
    await new Promise((resolve) => setTimeout(resolve, grant.waitMs));
  }
}

/** Not every credential may read them: then the documented ones stand. */
async function askForLimits(deps: AdmissionDeps, project: string): Promise<void> {
  try {
    const limits = await deps.atlas.readRateLimits(project, { timeoutMs: deps.settings.readTimeoutMs });
    if (limits !== undefined) await deps.store.writeLimits({ project, ...limits });
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "store.unavailable") throw error;
    deps.log.debug("limits.not-read", { project, code: error.code });
  }
}
