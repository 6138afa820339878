// Data on stdout, in the form that was asked for: a table for people, JSON or YAML for programs. Columns keep their order.
import Table from "cli-table3";
import { stringify } from "yaml";
import type { Terminal } from "./context.js";

export const FORMATS = ["table", "json", "yaml"] as const;
export type Format = (typeof FORMATS)[number];

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What is said instead of an empty table. */
  readonly empty: string;
}

export function printListing<Row>(terminal: Terminal, format: Format, listing: Listing<Row>): void {
  if (format !== "table") {
    printDocument(terminal, format, listing.rows);
    return;
  }
  if (listing.rows.length === 0) terminal.note(listing.empty);
  else terminal.out(formatTable(listing));
}

export function printDocument(terminal: Terminal, format: Exclude<Format, "table">, document: unknown): void {
  terminal.out(format === "json" ? JSON.stringify(document, null, 2) : stringify(document).trimEnd());
}

export function formatTable<Row>({ rows, columns }: Pick<Listing<Row>, "rows" | "columns">): string {
  const table = new Table({
    head: columns.map(({ title }) => title),
    chars: BORDERLESS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  for (const row of rows) table.push(columns.map(({ cell }) => cell(row)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const BORDERLESS = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((name) => [name, ""]),
);

/** `1 fault`, `2 faults`, `2 policies`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** `never`, `12s ago`, `3h ago`: ages for people, never in stored texts. */
export function formatAge(ms: number | null): string {
  if (ms === null) return "never";
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${String(seconds)}s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${String(minutes)}m ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${String(hours)}h ago` : `${String(Math.round(hours / 24))}d ago`;
}
