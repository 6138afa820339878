// Looks up who moved processors that are not as declared: one call to the project's events, and only where that is
// news. Best effort: if the look-up fails, nobody is named. Whatever it needs is an argument.
import type { AtlasClient, ReadCall } from "../atlas/client.js";
import { findMover } from "../domain/decide/attribution.js";
import type { WorkspaceRef } from "../domain/refs.js";
import { AppError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";

interface MoverDeps {
  readonly atlas: Pick<AtlasClient, "listMoves">;
  readonly log: Logger;
}

/** Processor -> who moved it, without those for whom nobody is named. No call where nothing is wanted. */
export async function findMovers(
  { atlas, log }: MoverDeps,
  asked: {
    readonly ref: WorkspaceRef;
    /** Since when each has to be looked for, epoch ms. */
    readonly wanted: readonly { readonly processor: string; readonly since: number }[];
    readonly call: ReadCall;
  },
): Promise<Readonly<Record<string, string>>> {
  const { ref, wanted, call } = asked;
  if (wanted.length === 0) return {};
  const since = Math.max(0, Math.min(...wanted.map((one) => one.since)));
  try {
    // Not of the endpoint set that the budget counts (docs/atlas.md 6).
    const moves = await atlas.listMoves({ project: ref.project, since }, call);
    const here = moves.filter(({ workspace }) => workspace === ref.workspace);
    const found = wanted.map((one) => [one.processor, findMover(here, one)] as const);
    return Object.fromEntries(found.filter((one): one is readonly [string, string] => one[1] !== undefined));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.debug("movers.not-read", { ...ref, code: error.code });
    return {};
  }
}
