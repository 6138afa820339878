// One change from its opening to its end, as it happens: by its rows, so that it can be followed while Temporal is
// down.
import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "../../domain/change/change.js";
import { isChangeId } from "../../domain/refs.js";
import type { Happening, ToldSoFar } from "../../domain/tell/story.js";
import { tellNews, toToldSoFar } from "../../domain/tell/story.js";
import { AppError } from "../../base/errors.js";
import { readFollowed } from "../../store/change/following.js";
import type { AppDeps } from "../deps.js";

export interface Followed {
  readonly happenings: readonly Happening[];
  /** What has been told with this: for whoever goes on from here. */
  readonly told: ToldSoFar;
  /** Null while it is open. */
  readonly outcome: Outcome | null;
}

/** As often as an eye follows; each look is one statement by the change's id. */
const LOOK_MS = 300;

/**
 * What has happened since the last turn, or since `after`, until it has closed or the signal is aborted. Throws
 * `request.unknown` where there is no such change.
 */
export async function* followChange(
  { store }: Pick<AppDeps, "store">,
  { id, after }: { readonly id: string; readonly after?: ToldSoFar | undefined },
  leaveOff: AbortSignal,
): AsyncGenerator<Followed> {
  let before = after;
  while (!leaveOff.aborted) {
    // Postgres refuses a text that is no uuid with an error of its own: nothing has such an id.
    const now = isChangeId(id) ? await readFollowed(store, id) : undefined;
    if (now === undefined) throw new AppError("request.unknown", `no change has the id ${id}`);
    const told = toToldSoFar(now);
    yield { happenings: tellNews(before, now), told, outcome: now.outcome };
    if (now.closedAt !== null) return;
    before = told;
    await delay(LOOK_MS, undefined, { signal: leaveOff }).catch(() => undefined);
  }
}
