// The world on disk: read at start, written whole and atomically (temporary file, then rename) some time after each
// change and on close, so that a restarted simulator goes on where it was. Never holds a credential. A file that is not
// ours is refused and left alone: it may be somebody's, named by mistake.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FaultSnapshot } from "../faults/faults.js";
import { SimOptionError } from "../settings/settings.js";
import type { WorldSnapshot } from "../world/world-snapshot.js";

export interface SimState {
  readonly version: 1;
  /** The fault script the state was begun with, to tell when another is given. */
  readonly script: string;
  readonly world: WorldSnapshot;
  readonly faults: FaultSnapshot;
}

/** The stored state, or undefined when there is no file. @throws SimOptionError for a file that is not ours. */
export function readState(file: string): SimState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const state: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (isState(state)) return state;
  } catch (error) {
    throw new SimOptionError([`--state ${file}: cannot be read: ${String(error)}`]);
  }
  throw new SimOptionError([`--state ${file}: is not a state of this simulator`]);
}

/** Enough to tell a state from another file; what is inside was written by this program. */
function isState(value: unknown): value is SimState {
  const { version, world, faults } = (value ?? {}) as Partial<SimState>;
  const lists: readonly unknown[] = [world?.projects, world?.planned, faults?.rules, faults?.counts];
  return version === 1 && lists.every(Array.isArray);
}

function writeState(file: string, state: SimState): void {
  mkdirSync(dirname(file), { recursive: true });
  // Named after the process: another simulator on the same file must not write into it.
  const temporary = `${file}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, file);
}

export interface StateSaver {
  /** Saves soon; many calls make one save. */
  readonly touch: () => void;
  /** Saves now if anything changed since the last save. */
  readonly flush: () => void;
}

/** Saves `afterMs` after the first change since the last save; without a file, never. */
export function createStateSaver(
  to: { readonly file: string | undefined; readonly afterMs: number },
  takeState: () => SimState,
): StateSaver {
  const { file } = to;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    if (timer === undefined || file === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    writeState(file, takeState());
  };
  return {
    flush,
    touch: () => {
      // From the first change on, so that steady changes cannot put a save off for ever; never what keeps a process
      // alive.
      if (file !== undefined) timer ??= setTimeout(flush, to.afterMs).unref();
    },
  };
}
