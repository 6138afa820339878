// Names of time zones: which ones there are, what an old one stands for, and what to write instead of any other. Pure.
// Intl takes more than names: `BST` is Asia/Dhaka to it, `AST` Anchorage, `+02:00` an offset without summer time. So
// names come from the rules, never from what Intl accepts.
import { findNearest } from "../nearest.js";
import { createMemory } from "./memory.js";
import { ZONE_RULES, listOldNames } from "./zone-rules.js";
import type { ZoneRules } from "./zone-rules.js";

interface ZoneName {
  /** As the database spells it. */
  readonly name: string;
  /** The zone of a place that an old name means; undefined if the name is one itself. */
  readonly standsFor: string | undefined;
}

const HOUR_MS = 3_600_000;
const QUARTER_MS = 91 * 24 * HOUR_MS;

/** What the data does not tell: four zones that are links since tzdata 2024b, and two that share another's rules. */
const KNOWN_OLD_NAMES: Readonly<Record<string, string>> = {
  EST5EDT: "America/New_York",
  CST6CDT: "America/Chicago",
  MST7MDT: "America/Denver",
  PST8PDT: "America/Los_Angeles",
  Iceland: "Atlantic/Reykjavik",
  Singapore: "Asia/Singapore",
};
const ZERO = /^(Etc\/.*|UTC|GMT)$/;
const ZERO_OLD = /^(Zulu|UCT|Universal|Greenwich|GMT0|GMT\+0|GMT-0)$/;

/** No names: each is used for the clocks of several places, or for half of a place's year. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  BST: "Europe/London",
  IST: "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin",
  WEST: "Europe/Lisbon",
  CEST: "Europe/Madrid",
  EEST: "Europe/Athens",
  MSK: "Europe/Moscow",
  AST: "America/Halifax",
  ADT: "America/Halifax",
  EDT: "America/New_York",
  ET: "America/New_York",
  CST: "America/Chicago or Asia/Shanghai",
  CDT: "America/Chicago",
  CT: "America/Chicago",
  MDT: "America/Denver",
  MT: "America/Denver",
  PST: "America/Los_Angeles",
  PDT: "America/Los_Angeles",
  PT: "America/Los_Angeles",
  AKST: "America/Anchorage",
  BRT: "America/Sao_Paulo",
  ART: "America/Argentina/Buenos_Aires",
  JST: "Asia/Tokyo",
  KST: "Asia/Seoul",
  HKT: "Asia/Hong_Kong",
  SGT: "Asia/Singapore",
  SST: "Pacific/Pago_Pago",
  AEST: "Australia/Sydney or Australia/Brisbane",
  AEDT: "Australia/Sydney",
  ACST: "Australia/Adelaide or Australia/Darwin",
  AWST: "Australia/Perth",
  NZST: "Pacific/Auckland",
  NZDT: "Pacific/Auckland",
  SAST: "Africa/Johannesburg",
  CAT: "Africa/Maputo",
  EAT: "Africa/Nairobi",
};

const spellings = createMemory<ZoneRules, ReadonlyMap<string, string>>(2);
const oldNames = createMemory<"all", ReadonlyMap<string, readonly string[]>>(1);

function toSpellings(rules: ZoneRules): ReadonlyMap<string, string> {
  return spellings.get(rules, () => new Map(rules.names().map((name) => [name.toLowerCase(), name])));
}

/** In any case: policies of earlier versions hold names as people typed them. */
export function findZoneName(written: string, rules: ZoneRules = ZONE_RULES): ZoneName | undefined {
  const name = toSpellings(rules).get(written.toLowerCase());
  return name === undefined ? undefined : { name, standsFor: findPlace(name) };
}

function findPlace(name: string): string | undefined {
  if (ZERO.test(name)) return undefined;
  if (ZERO_OLD.test(name)) return "UTC";
  return KNOWN_OLD_NAMES[name] ?? oldNames.get("all", listOldNames).get(name)?.[0];
}

/** What would be right in place of a name that is none; undefined for every name. */
export function findZoneFault(written: string, rules: ZoneRules = ZONE_RULES): string | undefined {
  if (findZoneName(written, rules) !== undefined) return undefined;
  const offset = toFixedOffset(written);
  if (offset !== undefined) return `an IANA time zone, not a fixed offset: ${toZonesAt(offset, rules)}`;
  const plain = `an IANA time zone such as Europe/Madrid or UTC, which ${JSON.stringify(written)} is not`;
  const places = ABBREVIATIONS[written.toUpperCase()];
  if (places !== undefined) return `${plain}: it is an abbreviation; write the zone of a place: ${places}`;
  const meant = findMeant(written, rules);
  return meant === undefined ? plain : `${plain}; did you mean ${meant}?`;
}

/** ms ahead of UTC. `UTC+2` and `+02:00` mean the same to everybody, unlike `Etc/GMT+2`. */
function toFixedOffset(written: string): number | undefined {
  const [, sign, hours, minutes = "0"] =
    /^(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?$/i.exec(written.trim()) ?? [];
  if (sign === undefined || Number(hours) > 14) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) + Number(minutes) / 60) * HOUR_MS;
}

function toZonesAt(offset: number, rules: ZoneRules): string {
  const hours = offset / HOUR_MS;
  if (hours === 0) return "UTC, or the zone of the place, such as Europe/London";
  // In the names of Etc the sign is the other way round, and there are whole hours only.
  const etc = `Etc/GMT${hours > 0 ? "-" : "+"}${String(Math.abs(hours))}`;
  if (findZoneName(etc, rules) === undefined) {
    return `the zone of the place, such as ${findZoneAt(offset, rules) ?? "Asia/Kolkata"}`;
  }
  const span = `${String(Math.abs(hours))}h ${hours > 0 ? "ahead of" : "behind"} UTC all year`;
  return `the zone of the place, such as Europe/Madrid, or ${etc}, which is ${span}`;
}

/** The first place whose clock is there all year, by the rules as they are. */
function findZoneAt(offset: number, rules: ZoneRules): string | undefined {
  return rules.names().find((name) => {
    if (name.startsWith("Etc/") || findPlace(name) !== undefined) return false;
    const offsetAt = rules.offsetsOf(name);
    return [0, 1, 2, 3].every((quarter) => offsetAt(rules.publishedAt + quarter * QUARTER_MS) === offset);
  });
}

/** `Madrid`, `New York`, `:Europe/Madrid`, `posix/Europe/Madrid`, `Europe/Madird`. */
function findMeant(written: string, rules: ZoneRules): string | undefined {
  const text = written
    .trim()
    .replaceAll(/\s+/g, "_")
    .replace(/^(:|posix\/|right\/)/i, "");
  const exact = findZoneName(text, rules);
  if (exact !== undefined) return exact.name;
  const known = rules.names();
  const city =
    text === "" ? undefined : known.find((name) => name.toLowerCase().endsWith(`/${text.toLowerCase()}`));
  // Three letters are near to any other three.
  return city ?? (text.includes("/") ? findNearest(text, known) : undefined);
}
