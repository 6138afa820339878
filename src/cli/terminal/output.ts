// Data on stdout, in the form that was asked for: a table for people, JSON or YAML for programs, names for pipes.
// Columns keep their order. A listing is printed page by page, so that its first rows show at once and no more is held.
import { formatSpan } from "../../domain/tell/wording.js";
import { toOneLine, toVisible } from "../../base/text.js";
import type { Piece, Terminal, Tone } from "./context.js";

export const FORMATS = ["table", "json", "yaml"] as const;
export type Format = (typeof FORMATS)[number];
/** Of listings: `name` prints one name per line, for the next command. */
export const LIST_FORMATS = [...FORMATS, "name"] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** How it looks on a terminal with colours. */
  readonly tone?: (row: Row) => Tone | undefined;
}

export interface PrintedListing<Row> {
  readonly pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
  readonly columns: readonly Column<Row>[];
  /** What `-o name` prints. */
  readonly name: (row: Row) => string;
  /** What is said instead of an empty table. */
  readonly empty: string;
  /** Goes on until somebody ends it: then JSON is one document per line, YAML one per `---`, and nothing closes it. */
  readonly isEndless?: boolean;
}

/**
 * Prints every page as it comes, and asks for the next when the reader has taken it; how many rows there were. Ends
 * where the reader goes away. Widths are those of the first page: later rows may run over.
 */
export async function printListing<Row>(
  terminal: Terminal,
  format: ListFormat,
  listing: PrintedListing<Row>,
): Promise<number> {
  const printer = await toPrinter(terminal, format, listing);
  // A page is asked for only when the one before was taken. So memory is bounded by a page, however slow the reader.
  let count = 0;
  for await (const rows of listing.pages) {
    if (rows.length === 0) continue;
    printer.page(rows, count);
    count += rows.length;
    // Nothing is closed then: half an array must not parse as a whole one.
    if (!(await terminal.taken())) return count;
  }
  if (listing.isEndless !== true) printer.end(count);
  return count;
}

interface Printer<Row> {
  page(rows: readonly Row[], printed: number): void;
  end(count: number): void;
}

async function toPrinter<Row>(
  terminal: Terminal,
  format: ListFormat,
  listing: PrintedListing<Row>,
): Promise<Printer<Row>> {
  switch (format) {
    case "json":
      return listing.isEndless === true
        ? toLinePrinter(terminal, (row) => JSON.stringify(row))
        : toJsonPrinter(terminal);
    case "yaml":
      return toYamlPrinter(terminal, listing.isEndless === true);
    case "name":
      return toLinePrinter(terminal, listing.name);
    case "table":
      return toTablePrinter(terminal, listing);
  }
}

function toTablePrinter<Row>(terminal: Terminal, { columns, empty }: PrintedListing<Row>): Printer<Row> {
  let widths: readonly number[] = [];
  return {
    page: (rows, printed) => {
      const cells = toCells(columns, rows);
      if (printed === 0) widths = toWidths(columns, cells);
      if (printed === 0)
        terminal.out(
          toLine(
            columns.map(({ title }) => title),
            widths,
          ),
        );
      rows.forEach((row, index) => {
        terminal.line(...toPieces({ columns, row, cells: cells[index] ?? [], widths }));
      });
    },
    end: (count) => {
      if (count === 0) terminal.note(empty);
    },
  };
}

/** One line a row and nothing between: it can be cut off anywhere. */
function toLinePrinter<Row>({ out }: Terminal, toText: (row: Row) => string): Printer<Row> {
  return {
    page: (rows) => {
      for (const row of rows) out(toText(row));
    },
    end: () => undefined,
  };
}

/** An array whose elements are written as they come. */
function toJsonPrinter<Row>({ out }: Terminal): Printer<Row> {
  // The comma belongs behind an element only if another follows, so each is held back until then.
  let last: string | undefined;
  return {
    page: (rows, printed) => {
      if (printed === 0) out("[");
      for (const row of rows) {
        if (last !== undefined) out(`${last},`);
        last = JSON.stringify(row, null, 2).replace(/^/gm, "  ");
      }
    },
    end: () => {
      if (last === undefined) out("[]");
      else out(`${last}\n]`);
    },
  };
}

async function toYamlPrinter<Row>(terminal: Terminal, isEndless: boolean): Promise<Printer<Row>> {
  const { out } = terminal;
  const toYaml = await loadYaml();
  if (isEndless) return toLinePrinter(terminal, (row) => `---\n${toYaml(row)}`);
  return {
    page: (rows) => {
      out(toYaml(rows));
    },
    end: (count) => {
      if (count === 0) out("[]");
    },
  };
}

export async function printDocument(
  terminal: Terminal,
  format: Exclude<Format, "table">,
  document: unknown,
): Promise<void> {
  terminal.out(format === "json" ? JSON.stringify(document, null, 2) : (await loadYaml())(document));
}

/** Loaded here: it costs more time than most verbs take, and tables and JSON do without. */
async function loadYaml(): Promise<(value: unknown) => string> {
  const { toYamlText } = await import("./yaml-text.js");
  return toYamlText;
}

/** Two blanks: texts have single ones inside, so a column can still be told from a text. */
const GAP = "  ";

/** A whole table, for what is bounded. */
export function formatTable<Row>({
  rows,
  columns,
}: {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
}): string {
  const cells = toCells(columns, rows);
  const widths = toWidths(columns, cells);
  return [columns.map(({ title }) => title), ...cells].map((line) => toLine(line, widths)).join("\n");
}

/** One line per row whatever a text holds, and as wide as it will be shown. */
function toCells<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly (readonly string[])[] {
  return rows.map((row) => columns.map(({ cell }) => toVisible(toOneLine(cell(row)))));
}

function toWidths<Row>(
  columns: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
): readonly number[] {
  return columns.map(({ title }, index) =>
    cells.reduce((width, line) => Math.max(width, line[index]?.length ?? 0), title.length),
  );
}

function toLine(cells: readonly string[], widths: readonly number[]): string {
  // Blanks at the end of a line only show when somebody copies it.
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join(GAP)
    .trimEnd();
}

/** Cells as they are printed, beside the row that their tones are asked of. */
interface TonedRow<Row> {
  readonly columns: readonly Column<Row>[];
  readonly row: Row;
  readonly cells: readonly string[];
  readonly widths: readonly number[];
}

/** Nothing stands behind the last cell that says something. */
function toPieces<Row>({ columns, row, cells, widths }: TonedRow<Row>): readonly Piece[] {
  const last = cells.findLastIndex((cell) => cell !== "");
  return columns.slice(0, last + 1).flatMap(({ tone }, index) => {
    const cell = cells[index] ?? "";
    const text = index === last ? cell : cell.padEnd(widths[index] ?? 0);
    return [...(index === 0 ? [] : [GAP]), { text, tone: tone?.(row) }];
  });
}

/** `never`, `12s ago`, `3h ago`: ages for people, never in stored texts. */
export function formatAge(ms: number | null): string {
  return ms === null ? "never" : `${formatSpan(ms)} ago`;
}

/** `32s`, `3h`; `now` where it is due: how long until then. */
export function formatUntil(ms: number): string {
  return ms <= 0 ? "now" : formatSpan(ms);
}

/** `2026-05-04T09:42:00Z`: to the second, UTC. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
