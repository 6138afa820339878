// From the flags of `get` to what is asked of a listing. A wrong word is refused with the list of right ones and the
// nearest of them, before anything is opened.
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { CLASS_NAMES, isFailureClass } from "../../domain/failure-classes.js";
import { CONDITIONS, SINCE, SORTS } from "../../domain/tell/listing.js";
import type { ListQuery, ListingName, Since, Sort } from "../../domain/tell/listing.js";
import { findNearest } from "../../domain/nearest.js";
import { SELECTOR_RULE } from "../../domain/tell/selector.js";
import { toCount, toListFormat, toSelectors, toSince } from "../typed/arguments.js";
import { completing } from "../shell/completing.js";
import type { Completed } from "../shell/completing.js";
import type { ListFormat } from "../terminal/output.js";
import { toSelector } from "../typed/targets.js";

/** As Commander hands them over. What was not typed is absent, and narrows nothing. */
export interface GetFlags {
  readonly selector?: readonly string[];
  readonly condition?: readonly string[];
  /** Of `processors` alone. */
  readonly class?: readonly string[];
  readonly since?: Since;
  readonly sort?: Sort;
  readonly limit?: number;
  /** Of `schedules` alone. */
  readonly next?: number;
  readonly watch: boolean;
  readonly output: ListFormat;
}

/**
 * The arguments and options that every noun has. Conditions and columns are the noun's own: a wrong one is refused
 * here, so that none of these words reaches SQL unchecked.
 */
export function takingQuery(command: Command, noun: ListingName): Command {
  const [first] = SORTS[noun];
  return command
    .argument("[selector...]", `${SELECTOR_RULE}; default: all`, toSelectors)
    .option("--selector <selector...>", "the same, as an option", toSelectors)
    .option("--condition <name...>", "only those in any of these conditions, listed below", toCondition(noun))
    .option(
      "--since <duration|time>",
      `only those ${SINCE[noun]} since then: a duration back (30m, 2d) or an ISO 8601 UTC time`,
      toSince,
    )
    .option("--sort <column>", `by ${SORTS[noun].join(", ")}; ${first}:desc reverses it`, toSort(noun))
    .option("--limit <n>", "at most this many", toCount)
    .option("-w, --watch", "keep printing what has changed, every 2 s, until Ctrl-C", false)
    .option("-o, --output <format>", "table, json, yaml or name", toListFormat, "table");
}

/** Each slot is reckoned by the cron library. More of thousands of schedules would keep the first row waiting. */
const NEXT_MAX = 100;

export function toNext(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= NEXT_MAX) return count;
  throw new InvalidArgumentError(
    `"${text}" is not a number of slots: a whole number from 1 to ${String(NEXT_MAX)}.`,
  );
}

/** Throws UsageError where a selector is none. */
export function toQuery(words: readonly string[], flags: GetFlags): ListQuery {
  const selectors = [...words, ...(flags.selector ?? [])].map(toSelector);
  return {
    selectors,
    ...(flags.condition === undefined ? {} : { conditions: flags.condition }),
    ...(flags.class === undefined ? {} : { classes: flags.class }),
    ...(flags.since === undefined ? {} : { since: flags.since }),
    ...(flags.sort === undefined ? {} : { sort: flags.sort }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
  };
}

/** The help's list of what is true of a row in each condition. */
export function formatConditions(noun: ListingName): string {
  const conditions = Object.entries(CONDITIONS[noun]);
  const width = Math.max(...conditions.map(([name]) => name.length));
  return conditions.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join("\n");
}

function toCondition(
  noun: ListingName,
): Completed<(text: string, before?: readonly string[]) => readonly string[]> {
  const known = Object.keys(CONDITIONS[noun]);
  return completing(known, (text: string, before: readonly string[] = []) => {
    if (known.includes(text)) return [...before, text];
    throw new InvalidArgumentError(`"${text}" is not a condition of ${noun}: ${oneOf(text, known)}.`);
  });
}

export const toFailureClass = completing(
  CLASS_NAMES,
  (text: string, before: readonly string[] = []): readonly string[] => {
    if (isFailureClass(text)) return [...before, text];
    throw new InvalidArgumentError(`"${text}" is not a class of failures: ${oneOf(text, CLASS_NAMES)}.`);
  },
);

/** A column, by itself upward. Only `:desc` is offered: `:asc` is taken because people type it. */
function toSort(noun: ListingName): Completed<(text: string) => Sort> {
  const known: readonly string[] = SORTS[noun];
  return completing([...known, ...known.map((column) => `${column}:desc`)], (text: string): Sort => {
    const [column = "", direction = "asc", ...rest] = text.split(":");
    if (known.includes(column) && (direction === "asc" || direction === "desc") && rest.length === 0)
      return { column, isDescending: direction === "desc" };
    throw new InvalidArgumentError(
      `"${text}" is not a column ${noun} sort by, with :desc or without: ${oneOf(column, known)}.`,
    );
  });
}

function oneOf(text: string, known: readonly string[]): string {
  const nearest = findNearest(text, known);
  return `one of ${known.join(", ")}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}
