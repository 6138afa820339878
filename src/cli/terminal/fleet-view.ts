// How `dev` shows the fleet: on a terminal a table that is drawn over itself, of all of it or of what moved last; one
// line per transition elsewhere; one document at the end for programs.
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

/** The fleet that the rows of a look are of. */
export interface ShownFleet extends Pick<FleetWatch, "rows" | "count"> {
  /** Those that are not where they should be yet. */
  readonly open: number;
  /** What to try next, once there is something: below the table, or a note. */
  readonly next: readonly string[];
}

/** Shown look after look: it remembers what it has printed. */
export interface FleetView {
  show(rows: readonly FleetRow[], fleet: ShownFleet): void;
}

/** Lines that a prompt, the heads and a line of notes take: a table that scrolls cannot be drawn over. */
const HEADROOM = 5;

export function createFleetView(terminal: Terminal): FleetView {
  const shown = new Map<string, string>();
  /** What moved last, the newest at the end: as many as the terminal is high. */
  const moved = new Map<string, FleetRow>();
  let hasToldNext = false;
  const follow = (rows: readonly FleetRow[]): readonly FleetRow[] => {
    const news = rows.filter((row) => shown.get(formatProcessorRef(row.ref)) !== toLine(row));
    for (const row of news) shown.set(formatProcessorRef(row.ref), toLine(row));
    return news;
  };
  const draw = (news: readonly FleetRow[], fleet: ShownFleet): void => {
    const room = terminal.height - HEADROOM - fleet.next.length;
    if (fleet.count() <= room) {
      terminal.redraw([formatFleet(fleet.rows()), ...fleet.next].join("\n"));
      return;
    }
    // What has arrived scrolls away first.
    for (const row of [...news].sort((one, other) => Number(isOpen(one)) - Number(isOpen(other)))) {
      const name = formatProcessorRef(row.ref);
      moved.delete(name);
      moved.set(name, row);
    }
    const gone = [...moved.keys()].slice(0, Math.max(0, moved.size - Math.max(1, room)));
    for (const name of gone) moved.delete(name);
    const count = `${String(fleet.count() - fleet.open)} of ${String(fleet.count())} processors are where they should be`;
    terminal.redraw(
      [`${count}; the last that moved:`, formatFleet([...moved.values()]), ...fleet.next].join("\n"),
    );
  };
  return {
    show: (rows, fleet) => {
      const news = follow(rows);
      if (terminal.isInteractive) {
        draw(news, fleet);
        return;
      }
      // A log of transitions: what is piped must not repeat what stands.
      for (const row of news.filter(({ now }) => now !== "-"))
        terminal.note(`${formatProcessorRef(row.ref)}: ${toLine(row)}`);
      if (!hasToldNext) terminal.note(...fleet.next);
      hasToldNext ||= fleet.next.length > 0;
    },
  };
}

function isOpen({ standing }: FleetRow): boolean {
  return standing !== "settled";
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
