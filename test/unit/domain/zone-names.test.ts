// Names of time zones: what is one, what an old one stands for, and what is said of all others. Source of names and
// links: IANA tzdata 2026f, files `zone.tab` and `backward`.
import { expect, it } from "vitest";
import { findZoneFault, findZoneName } from "../../../src/domain/decide/zone-names.js";

it.each([
  ["Europe/Madrid", "Europe/Madrid", undefined],
  ["europe/madrid", "Europe/Madrid", undefined],
  ["AMERICA/PORT-AU-PRINCE", "America/Port-au-Prince", undefined],
  ["UTC", "UTC", undefined],
  ["utc", "UTC", undefined],
  ["GMT", "GMT", undefined],
  ["Etc/GMT+5", "Etc/GMT+5", undefined],
  ["Zulu", "Zulu", "UTC"],
  ["US/Pacific", "US/Pacific", "America/Los_Angeles"],
  ["NZ", "NZ", "Pacific/Auckland"],
  ["Singapore", "Singapore", "Asia/Singapore"],
  ["Iceland", "Iceland", "Atlantic/Reykjavik"],
  ["Asia/Calcutta", "Asia/Calcutta", "Asia/Kolkata"],
  ["Europe/Kiev", "Europe/Kiev", "Europe/Kyiv"],
  ["Asia/Rangoon", "Asia/Rangoon", "Asia/Yangon"],
  ["America/Godthab", "America/Godthab", "America/Nuuk"],
  ["EST", "EST", "America/Panama"],
  ["MST", "MST", "America/Phoenix"],
  ["EST5EDT", "EST5EDT", "America/New_York"],
  ["CET", "CET", "Europe/Brussels"],
  // A place of its own, though its rules are another's.
  ["Europe/Stockholm", "Europe/Stockholm", undefined],
  ["America/Coyhaique", "America/Coyhaique", undefined],
])("%s is %s and stands for %s", (written, name, standsFor) => {
  expect(findZoneName(written)).toEqual({ name, standsFor });
  expect(findZoneFault(written)).toBeUndefined();
});

const none = (written: string, more: string): string =>
  `an IANA time zone such as Europe/Madrid or UTC, which ${JSON.stringify(written)} is not${more}`;
const abbreviated = (written: string, places: string): string =>
  none(written, `: it is an abbreviation; write the zone of a place: ${places}`);
const fixed = (more: string): string =>
  `an IANA time zone, not a fixed offset: the zone of the place, such as ${more}`;

it.each([
  // Intl of Node 20 takes each of these five, as Asia/Dhaka, Anchorage, Kolkata, Los_Angeles and Yerevan.
  ["BST", abbreviated("BST", "Europe/London")],
  ["AST", abbreviated("AST", "America/Halifax")],
  ["IST", abbreviated("IST", "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin")],
  ["pst", abbreviated("pst", "America/Los_Angeles")],
  ["NET", none("NET", "")],
  ["CEST", abbreviated("CEST", "Europe/Madrid")],
  ["+02:00", fixed("Europe/Madrid, or Etc/GMT-2, which is 2h ahead of UTC all year")],
  ["-0500", fixed("Europe/Madrid, or Etc/GMT+5, which is 5h behind UTC all year")],
  ["UTC+2", fixed("Europe/Madrid, or Etc/GMT-2, which is 2h ahead of UTC all year")],
  ["GMT-11", fixed("Europe/Madrid, or Etc/GMT+11, which is 11h behind UTC all year")],
  ["+05:45", fixed("Asia/Kathmandu")],
  ["-02:30", fixed("Asia/Kolkata")],
  ["+00:00", "an IANA time zone, not a fixed offset: UTC, or the zone of the place, such as Europe/London"],
  ["+15", none("+15", "")],
  ["Europe/Madird", none("Europe/Madird", "; did you mean Europe/Madrid?")],
  ["Madrid", none("Madrid", "; did you mean Europe/Madrid?")],
  ["new york", none("new york", "; did you mean America/New_York?")],
  ["America/New York", none("America/New York", "; did you mean America/New_York?")],
  [" Europe/Madrid ", none(" Europe/Madrid ", "; did you mean Europe/Madrid?")],
  [":Europe/Madrid", none(":Europe/Madrid", "; did you mean Europe/Madrid?")],
  ["Europe_Madrid", none("Europe_Madrid", "")],
  ["W. Europe Standard Time", none("W. Europe Standard Time", "")],
  ["local", none("local", "")],
  ["", none("", "")],
  ["__proto__", none("__proto__", "")],
  ["constructor", none("constructor", "")],
])("%j is refused", (written, fault) => {
  expect(findZoneName(written)).toBeUndefined();
  expect(findZoneFault(written)).toBe(fault);
});
