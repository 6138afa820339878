// The rules of all time zones: moment-timezone's, or those of Node's Intl if Node has newer ones. Everything that turns
// instants into wall clocks asks here, so that slots, previews and warnings agree. Pure.
// A Node release keeps the rules of its day, and half a dozen new ones come a year. moment-timezone publishes them
// within days, so a new version of Headgate has them whatever Node it runs on.
import { createRequire } from "node:module";
import { versions } from "node:process";
import type Moment from "moment-timezone";

export interface ZoneRules {
  /** Of the IANA database: a year and a letter. Versions sort as texts. */
  readonly version: string;
  readonly from: "moment-timezone" | "Node";
  /** Epoch ms. They were published then or later. */
  readonly publishedAt: number;
  /** Every name of the database, links included, as it is spelled there. */
  names(): readonly string[];
  /** Wall clock less UTC at an instant, ms. The name is one of `names()`. */
  offsetsOf(name: string): (instant: number) => number;
}

/** Of the pinned moment-timezone. A test compares both with the package and its changelog. */
export const BUNDLED_RULES = { version: "2026f", publishedAt: Date.parse("2026-10-29T00:00:00Z") } as const;

const MINUTE_MS = 60_000;

/** Loading costs 15 ms: only those pay it who ask for a zone. */
const require = createRequire(import.meta.url);
const loadMoment = (): typeof Moment => require("moment-timezone") as typeof Moment;

/** Names with the same rules, one of them first; and the zones of each country. */
interface PackedNames {
  readonly zones: readonly string[];
  readonly links: readonly string[];
  readonly countries: readonly string[];
}

/** The part of the bundled data that moment-timezone has no function for. */
function readPackedNames(): PackedNames {
  return require("moment-timezone/data/packed/latest.json") as PackedNames;
}

const bundled: ZoneRules = {
  ...BUNDLED_RULES,
  from: "moment-timezone",
  names: () => loadMoment().tz.names(),
  offsetsOf: (name) => {
    const zone = loadMoment().tz.zone(name);
    if (zone === null) throw new Error(`no time zone ${name}`);
    // Minutes to the west. From 0, because -0 is another value to some who compare.
    return (instant) => 0 - zone.utcOffset(instant) * MINUTE_MS;
  },
};

function toNodeRules(version: string): ZoneRules {
  return {
    version,
    from: "Node",
    // Newer than the bundled ones: not published before them, nor before their own year.
    publishedAt: Math.max(BUNDLED_RULES.publishedAt, Date.UTC(Number(version.slice(0, 4)), 0)),
    // Intl lists no links, and a zone that is new there may be missing in the bundled rules.
    names: () => [...new Set([...bundled.names(), ...Intl.supportedValuesOf("timeZone")])],
    offsetsOf: readOffsets,
  };
}

function readOffsets(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const day = Date.UTC(part("year"), part("month") - 1, part("day"));
    const wall = day + ((part("hour") * 60 + part("minute")) * 60 + part("second")) * 1_000;
    return wall - Math.floor(instant / 1_000) * 1_000;
  };
}

/** `ofNode`: what `process.versions.tz` says. */
export function chooseRules(ofNode: string | undefined): ZoneRules {
  return ofNode !== undefined && ofNode > BUNDLED_RULES.version ? toNodeRules(ofNode) : bundled;
}

/** Of this process, as long as it lives. */
export const ZONE_RULES: ZoneRules = chooseRules(versions["tz"]);

/** `2026f (moment-timezone)`. */
export function describeRules({ version, from }: Pick<ZoneRules, "version" | "from">): string {
  return `${version} (${from})`;
}

/**
 * Every name that is no place's zone itself -> those that share its rules and are. A country's list has just the names
 * that are kept for places, so the others are old spellings and abbreviations.
 */
export function listOldNames(): ReadonlyMap<string, readonly string[]> {
  const { zones, links, countries } = readPackedNames();
  const places = new Set(countries.flatMap((one) => (one.split("|")[1] ?? "").split(" ")));
  const groups = new Map(zones.map((packed) => [packed.split("|")[0] ?? "", [packed.split("|")[0] ?? ""]]));
  for (const link of links) {
    const [target = "", name = ""] = link.split("|");
    groups.get(target)?.push(name);
  }
  return new Map(
    [...groups.values()].flatMap((group) => {
      const current = group.filter((name) => places.has(name));
      return group.filter((name) => !places.has(name)).map((name) => [name, current] as const);
    }),
  );
}
