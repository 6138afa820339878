// The journal's line about a write that a client sent to Atlas through Headgate.
import { isName } from "../../domain/refs.js";
import { writeJournal } from "../../store/rows/journal.js";
import type { AppDeps } from "../deps.js";

export interface RelayedWrite {
  readonly project: string;
  readonly workspace: string | undefined;
  readonly processor: string | undefined;
  readonly method: string;
  readonly requestId: string;
}

/** Written before it is sent, because whoever is killed in between must be found. One statement. */
export async function noteRelayed(
  { store, actor }: Pick<AppDeps, "store" | "actor">,
  write: RelayedWrite,
): Promise<void> {
  const { project, workspace, processor, method, requestId } = write;
  // A name that Headgate cannot hold stands in no column.
  const isSayable = (name: string | undefined): name is string => name !== undefined && isName(name);
  const place = isSayable(workspace)
    ? { workspace, processor: isSayable(processor) ? processor : null }
    : NO_PLACE;
  const text = `${method} sent on to Atlas (request ${requestId})`;
  await writeJournal(store, [{ project, ...place, kind: "gateway.relayed", actor, text }]);
}

const NO_PLACE = { workspace: null, processor: null };
