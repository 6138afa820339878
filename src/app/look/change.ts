// One change as it is stored: by its id, or by the run that makes it, for whoever has just asked for it.
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessorRef } from "../../domain/refs.js";
import { isChangeId } from "../../domain/refs.js";
import { findListedChange, listChanges } from "../../store/people/listings/listings.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import type { AppDeps } from "../deps.js";

type StoreDeps = Pick<AppDeps, "store">;

/** Undefined where there is none. */
export async function findChangeById({ store }: StoreDeps, id: string): Promise<ChangeListing | undefined> {
  return isChangeId(id) ? findListedChange(store, id) : undefined;
}

/** A run opens its row as soon as a worker takes it up. */
const POLL_MS = 100;
/** More than there can be between the start of a run and the look for its row. */
const NEWEST = 5;

/**
 * The change of that run, as soon as it has a row; undefined where it has none in time, because no worker runs or it
 * waits for a place.
 */
export async function awaitChangeOf(
  { store }: StoreDeps,
  { ref, runId }: { readonly ref: ProcessorRef; readonly runId: string },
  patienceMs: number,
): Promise<ChangeListing | undefined> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const rows = await listChanges(store, { ...ref, limit: NEWEST });
    const found = rows.find((row) => row.runId === runId);
    if (found !== undefined || performance.now() > giveUpAt) return found;
    await delay(POLL_MS);
  }
}
