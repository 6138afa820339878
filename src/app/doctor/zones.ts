// The rules of time zones: how old they are, and whether Postgres has the same for the zones in use. Slots never depend
// on Postgres's: but whoever compares its clock with a schedule sees where they differ.
import { findZoneName } from "../../domain/decide/zone-names.js";
import { ZONE_RULES, describeRules } from "../../domain/decide/zone-rules.js";
import type { ZoneRules } from "../../domain/decide/zone-rules.js";
import { createZone, findGapEnd } from "../../domain/decide/zone.js";
import { formatCount } from "../../domain/tell/wording.js";
import { listZonesInUse, readZoneOffsets } from "../../store/checkup.js";
import type { Store } from "../../store/postgres/pool.js";
import type { Found } from "./checks.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Thirteen months: every clock change of a year, whenever it is asked. */
const SPAN_DAYS = 396;

export function judgeRules(rules: Pick<ZoneRules, "version" | "from" | "publishedAt">, now: number): Found {
  const told = `time zone rules ${describeRules(rules)}, of ${new Date(rules.publishedAt).toISOString().slice(0, 10)}`;
  if (now - rules.publishedAt <= YEAR_MS) return { found: told };
  return {
    verdict: "warning",
    found: `${told}: older than a year, so slots may fire an hour off`,
    remedy: "use a newer version of headgate, or a newer Node.js",
  };
}

/** One warning for each zone that differs. */
export async function examineZones(store: Store, now: number): Promise<Found | readonly Found[]> {
  const names = await listZonesInUse(store);
  // A place's own name: some builds of Postgres leave the old ones out.
  const zones = [...new Set(names.flatMap((name) => toPlace(name) ?? []))].sort();
  if (zones.length === 0) return { found: "no restart schedule is declared" };
  const instants = listProbes(zones, now);
  const theirs = new Map(
    (await readZoneOffsets(store, zones, instants)).map((one) => [one.zone, one.offsets]),
  );
  const found = zones.flatMap((zone) => judgeZone({ zone, offsets: theirs.get(zone), instants }) ?? []);
  if (found.length > 0) return found;
  return {
    found: `${formatCount(zones.length, "time zone")} in use; Postgres has the same offsets for the next 13 months`,
  };
}

function toPlace(written: string): string | undefined {
  const zone = findZoneName(written);
  return zone?.standsFor ?? zone?.name;
}

/** Every day, and both sides of each of our own clock changes. */
function listProbes(zones: readonly string[], now: number): readonly number[] {
  const first = Math.floor(now / DAY_MS) * DAY_MS;
  const days = Array.from({ length: SPAN_DAYS + 1 }, (_, day) => first + day * DAY_MS);
  const changes = zones.flatMap((name) => {
    const zone = createZone(name, ZONE_RULES);
    return days
      .filter((day) => zone.offsetAt(day) !== zone.offsetAt(day + DAY_MS))
      .flatMap((day) => {
        const at = findGapEnd(zone, day, day + DAY_MS);
        return [at - MINUTE_MS, at];
      });
  });
  return [...new Set([...days, ...changes])].sort((one, other) => one - other);
}

interface ProbedZone {
  readonly zone: string;
  /** Postgres's, ms, one for each instant; undefined if it knows no such zone. */
  readonly offsets: readonly number[] | undefined;
  readonly instants: readonly number[];
}

export function judgeZone({ zone, offsets, instants }: ProbedZone): Found | undefined {
  const remedy =
    "update Postgres, or the tzdata package of its machine; slots go by Headgate's rules all the same";
  if (offsets === undefined) {
    return { of: zone, verdict: "warning", found: "Postgres knows no such time zone", remedy };
  }
  const ours = createZone(zone, ZONE_RULES);
  const index = instants.findIndex((at, place) => ours.offsetAt(at) !== offsets[place]);
  const at = instants[index];
  if (at === undefined) return undefined;
  const time = `${new Date(at).toISOString().slice(0, 16)}Z`;
  return {
    of: zone,
    verdict: "warning",
    found: `Postgres is at ${toOffsetText(offsets[index] ?? 0)} on ${time}, Headgate at ${toOffsetText(ours.offsetAt(at))}`,
    remedy,
  };
}

/** `-04:00`. */
function toOffsetText(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${new Date(Math.abs(ms)).toISOString().slice(11, 16)}`;
}
