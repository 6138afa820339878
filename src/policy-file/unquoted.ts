// Values that YAML cannot read without quotes and that people write without: `cron: * 3 * * *` is an alias to it, and
// `@daily` begins with a reserved character. What the parser says of them helps nobody who does not know YAML.
import { isAlias, visit } from "yaml";
import { findScheduleFaults } from "../domain/decide/schedule.js";
import { toLineNumber, toName } from "./source.js";
import type { Source } from "./source.js";

interface UnquotedValue {
  readonly line: number;
  readonly value: string;
  readonly allowed: string;
}

/** A real alias goes on with its anchor's name. */
const UNQUOTED = /(?:^|[\s{,])(?:(cron):\s+(\*(?!\w).*)|([\w-]+):\s+([@`%].*))$/;

/** What stands on that line. */
export function findUnquoted({ text }: Source, line: number): UnquotedValue | undefined {
  const written =
    text
      .split("\n")
      [line - 1]?.replace(/\s+#.*$/, "")
      .trimEnd() ?? "";
  const match = UNQUOTED.exec(written);
  const [, cron, stars, other, reserved] = match ?? [];
  const key = cron ?? other;
  if (match === null || key === undefined) return undefined;
  const rest = stars ?? reserved ?? "";
  // Behind a brace the value ends where the next field or the map's end begins.
  const isFlow = written.slice(0, match.index + 1).includes("{");
  const value = isFlow ? rest.replace(/\s*(?:\}|,\s*\w+:).*$/, "") : rest;
  return { line, value: `${value} without quotes`, allowed: toAllowed(key, value) };
}

function toAllowed(key: string, value: string): string {
  const fault = key === "cron" ? findScheduleFaults(value, "UTC")[0]?.allowed : undefined;
  return `${key} in quotes: ${fault ?? JSON.stringify(value)}`;
}

/** Crons that parse as an alias, such as `*-*-*`: the parser finds no fault with them before they are followed. */
export function findCronAliases(source: Source): readonly UnquotedValue[] {
  const found: (UnquotedValue | undefined)[] = [];
  visit(source.document, {
    Pair: (_index, { key, value }) => {
      if (toName(key) === "cron" && isAlias(value))
        found.push(findUnquoted(source, toLineNumber(source, key)));
    },
  });
  return found.filter((one) => one !== undefined);
}
