// How one row of a noun of `get` reads, cell by cell.
import type { Noun } from "../../../src/cli/get/noun.js";
import type { Tone } from "../../../src/cli/terminal/context.js";
import { NOW } from "../../support/domain-builders.js";

/** Title -> what stands there, with its tone where it has one. */
export function show<Row>(noun: Noun<Row>, row: Row): Readonly<Record<string, string>> {
  const cells = noun
    .columns(() => NOW)
    .map(({ title, cell, tone }) => {
      const shown: Tone | undefined = tone?.(row);
      return [title, shown === undefined ? cell(row) : `${cell(row)} <${shown}>`] as const;
    });
  return Object.fromEntries(cells);
}

export type RowOf<Of> = Of extends Noun<infer Row> ? Row : never;
