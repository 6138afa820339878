// One-offs for people: a start by hand, or through the gateway, with other options than its policy declares. Nothing is
// decided from them here; what stands of one after its start is remembered in the status.
import { START_OPTION_NAMES } from "../start-options.js";
import type { StartOptions } from "../start-options.js";

type Options = Readonly<Record<string, string | boolean>>;

/** The options that differ from the declared ones, by name; undefined: none does. */
export function findOneOff(options: Options | null, declared: StartOptions): Options | undefined {
  const others = START_OPTION_NAMES.flatMap((name) => {
    const value = options?.[name];
    return value === undefined || value === declared[name] ? [] : [[name, value] as const];
  });
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

/** `tier SP30, resumeFromCheckpoint false` */
export function formatOptions(options: Options): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}
