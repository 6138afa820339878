// How `dev` shows the fleet: a table that is drawn over itself where it fits the terminal, one line per transition
// elsewhere, one document at the end for programs.
import type { FleetRow } from "../../app/look/fleet.js";
import type { FleetWatch } from "../../app/look/fleet-watch.js";
import { formatProcessorRef } from "../../domain/refs.js";
import type { Terminal } from "./context.js";
import { formatTable } from "./output.js";

export function formatFleet(rows: readonly FleetRow[]): string {
  return formatTable({
    rows,
    columns: [
      { title: "PROCESSOR", cell: ({ ref }) => `${ref.workspace}/${ref.processor}` },
      { title: "WAS", cell: ({ was }) => was },
      { title: "DECLARED", cell: ({ declared }) => declared },
      { title: "NOW", cell: ({ now }) => now },
      { title: "DID", cell: ({ did }) => did },
      { title: "WHY", cell: ({ why }) => why },
    ],
  });
}

/** Shown look after look: it remembers what it has printed. */
export interface FleetView {
  /** The rows of a look, and the fleet that they are of. */
  show(rows: readonly FleetRow[], fleet: Pick<FleetWatch, "rows" | "count">): void;
}

/** Lines that a prompt and the notes above the table take: a table that scrolls cannot be drawn over. */
const HEADROOM = 4;

export function createFleetView(terminal: Terminal): FleetView {
  const shown = new Map<string, string>();
  return {
    show: (rows, fleet) => {
      if (terminal.isInteractive && terminal.height > fleet.count() + HEADROOM) {
        terminal.redraw(formatFleet(fleet.rows()));
        return;
      }
      // A log of transitions: what is piped, or is higher than the screen, must not repeat what stands.
      for (const row of rows) {
        const name = formatProcessorRef(row.ref);
        const line = toLine(row);
        if (shown.get(name) !== line && row.now !== "-") terminal.note(`${name}: ${line}`);
        shown.set(name, line);
      }
    },
  };
}

function toLine({ was, declared, now, did, why }: FleetRow): string {
  const goal = declared === "-" ? "not declared" : `declared ${declared}`;
  return `${was === now ? now : `${was} -> ${now}`}, ${goal}${did === "" ? "" : `; ${did}`}; ${why}`;
}

/**
 * The document of `--once -o json`. For CI. The ref is one text there, because that is what the next command takes.
 */
export function toFleetDocument(
  rows: readonly FleetRow[],
  facts: { readonly converged: boolean; readonly temporalUi: string | undefined },
): object {
  return {
    converged: facts.converged,
    temporalUi: facts.temporalUi ?? null,
    processors: rows.map(({ ref, ...row }) => ({ processor: formatProcessorRef(ref), ...row })),
  };
}
