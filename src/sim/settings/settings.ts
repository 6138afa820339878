// Settings from `NAME=VALUE` assignments over the defaults of settings-table.ts. Pure; reports every fault at once, and
// accepts no value that the simulator could not keep to.
import { SETTINGS } from "./settings-table.js";
import type { SimSettings } from "./settings-table.js";
import type { SettingRow } from "./setting-row.js";

/** An option of the simulator that cannot be used; `faults` holds every one of them. */
export class SimOptionError extends Error {
  override readonly name = "SimOptionError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

export interface SettingDescription extends SettingRow {
  readonly name: string;
  /** What may be assigned, in words. */
  readonly allowed: string;
}

/** The whole table, for `--list-settings` and the documents. */
export function listSettings(): readonly SettingDescription[] {
  return Object.entries<SettingRow>(SETTINGS).map(([name, row]) => ({ name, ...row, allowed: allowed(row) }));
}

function parseValue(row: SettingRow, text: string): number | string | boolean | undefined {
  if (typeof row.value === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (typeof row.value === "string") {
    return row.choices === undefined || row.choices.includes(text) ? text : undefined;
  }
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) || value < (row.min ?? 0) ? undefined : value;
}

function allowed(row: SettingRow): string {
  if (row.choices !== undefined) return row.choices.join(" | ");
  return typeof row.value === "number"
    ? `a number from ${String(row.min ?? 0)} up`
    : typeof row.value === "boolean"
      ? "true | false"
      : "text";
}

/** The names of the same group, where the given one has a group that exists. */
function suggest(name: string): string {
  const group = name.split(".")[0] ?? "";
  const near = Object.keys(SETTINGS).filter((one) => one.split(".")[0] === group);
  return near.length === 0 ? "--list-settings shows them all" : `there are ${near.join(", ")}`;
}

type Assignment =
  | { readonly kind: "assigned"; readonly name: string; readonly value: number | string | boolean }
  | { readonly kind: "fault"; readonly text: string };

function readAssignment(assignment: string): Assignment {
  const rows: Record<string, SettingRow | undefined> = SETTINGS;
  const cut = assignment.indexOf("=");
  const fault = (text: string): Assignment => ({ kind: "fault", text: `--set ${assignment}: ${text}` });
  if (cut < 0) return fault("want NAME=VALUE");
  const name = assignment.slice(0, cut);
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) return fault(`no such setting; ${suggest(name)}`);
  const value = parseValue(row, assignment.slice(cut + 1));
  return value === undefined ? fault(`want ${allowed(row)}`) : { kind: "assigned", name, value };
}

/**
 * The settings with the given `NAME=VALUE` assignments over the defaults; a later one wins.
 * @throws SimOptionError with every unknown name and unusable value.
 */
export function buildSettings(assignments: readonly string[] = []): SimSettings {
  const values: Record<string, number | string | boolean> = {};
  const faults: string[] = [];
  for (const { name, value } of listSettings()) values[name] = value;
  for (const one of assignments.map(readAssignment)) {
    if (one.kind === "fault") faults.push(one.text);
    else values[one.name] = one.value;
  }
  if (faults.length > 0) throw new SimOptionError(faults);
  return values as SimSettings;
}
