// Versions by the Accept header: the newest one that is not after what was asked, in the format asked, and what an old
// one says of itself.
import fc from "fast-check";
import { expect, it } from "vitest";
import { OPERATIONS } from "../../../../src/sim/wire/routes.js";
import { goneVersion, invalidVersion, resolveVersion } from "../../../../src/sim/wire/versions.js";
import type { ResourceVersion, Version } from "../../../../src/sim/wire/versions.js";

const TWO: readonly ResourceVersion[] = [
  { date: "2023-02-01", format: "json", sunset: "2027-01-15" },
  { date: "2024-08-05", format: "json" },
];
const PREVIEWED: readonly ResourceVersion[] = [
  { date: "preview", format: "json", sunset: "2026-04-21" },
  { date: "2025-03-12", format: "json" },
];
const PACKED: readonly ResourceVersion[] = [{ date: "2025-03-12", format: "gzip" }];

const dateOf = (version: Version): string =>
  version.kind === "none" ? "none" : version.mediaType.replace("application/vnd.atlas.", "");

it.each([
  { reason: "the oldest itself", asked: "2023-02-01+json", versions: TWO, want: "2023-02-01+json" },
  { reason: "a day before the oldest", asked: "2023-01-31+json", versions: TWO, want: "none" },
  { reason: "between the two", asked: "2024-08-04+json", versions: TWO, want: "2023-02-01+json" },
  { reason: "the newest itself", asked: "2024-08-05+json", versions: TWO, want: "2024-08-05+json" },
  { reason: "after the newest", asked: "2099-12-31+json", versions: TWO, want: "2024-08-05+json" },
  { reason: "a preview that there is none of", asked: "preview+json", versions: TWO, want: "none" },
  { reason: "a preview", asked: "preview+json", versions: PREVIEWED, want: "preview+json" },
  { reason: "a date never gets the preview", asked: "2025-03-11+json", versions: PREVIEWED, want: "none" },
  { reason: "another format", asked: "2025-03-12+gzip", versions: TWO, want: "none" },
  {
    reason: "the one format that it has",
    asked: "2025-03-12+gzip",
    versions: PACKED,
    want: "2025-03-12+gzip",
  },
  { reason: "JSON of what is packed", asked: "2025-03-12+json", versions: PACKED, want: "none" },
  { reason: "a format that nobody knows", asked: "2025-03-12+csv", versions: TWO, want: "none" },
  { reason: "no such day", asked: "2023-02-30+json", versions: TWO, want: "none" },
  { reason: "no such month", asked: "2024-13-01+json", versions: TWO, want: "none" },
  { reason: "a leap day", asked: "2024-02-29+json", versions: TWO, want: "2023-02-01+json" },
  { reason: "no leap day", asked: "2023-02-29+json", versions: TWO, want: "none" },
  { reason: "nothing to choose from", asked: "2024-01-01+json", versions: [], want: "none" },
])("resolves $asked to $want: $reason", ({ asked, versions, want }) => {
  expect(dateOf(resolveVersion(`application/vnd.atlas.${asked}`, versions))).toBe(want);
});

it.each([
  { accept: "APPLICATION/VND.ATLAS.2024-08-05+JSON", want: "2024-08-05+json" },
  { accept: "application/vnd.atlas.2024-08-05+json; q=0.9", want: "2024-08-05+json" },
  { accept: "text/html,application/vnd.atlas.2024-08-05+json", want: "2024-08-05+json" },
  { accept: "application/vnd.atlas.2024-8-5+json", want: "none" },
  { accept: "application/vnd.atlas.+json", want: "none" },
  { accept: "application/vnd.atlas.2024-08-05", want: "none" },
  { accept: "", want: "none" },
])("reads $accept", ({ accept, want }) => {
  expect(dateOf(resolveVersion(accept, TWO))).toBe(want);
});

it("resolves every date to the newest version that is not after it", () => {
  const day = fc
    .date({ min: new Date("2022-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
    .map((one) => one.toISOString().slice(0, 10));
  fc.assert(
    fc.property(day, (asked) => {
      const want = TWO.filter((one) => one.date <= asked).at(-1);
      expect(dateOf(resolveVersion(`application/vnd.atlas.${asked}+json`, TWO))).toBe(
        want === undefined ? "none" : `${want.date}+json`,
      );
    }),
  );
});

it.each([
  {
    reason: "an old one: its successor's date, and its end",
    asked: "2023-02-01",
    versions: TWO,
    headers: { Deprecation: "Mon, 05 Aug 2024 00:00:00 GMT", Sunset: "Fri, 15 Jan 2027 00:00:00 GMT" },
    sunset: "2027-01-15",
  },
  { reason: "the newest: nothing", asked: "2024-08-05", versions: TWO, headers: {}, sunset: null },
  {
    reason: "a preview is followed by the first that has a date",
    asked: "preview",
    versions: PREVIEWED,
    headers: { Deprecation: "Wed, 12 Mar 2025 00:00:00 GMT", Sunset: "Tue, 21 Apr 2026 00:00:00 GMT" },
    sunset: "2026-04-21",
  },
])("says of its age: $reason", ({ asked, versions, headers, sunset }) => {
  expect(resolveVersion(`application/vnd.atlas.${asked}+json`, versions)).toMatchObject({ headers, sunset });
});

const DATED = Object.entries(OPERATIONS).filter(([, row]) => row.versions.length > 0);

it.each(DATED.map(([operation, row]) => ({ operation, versions: row.versions })))(
  "$operation lists its versions oldest first, each a day of the calendar",
  ({ versions }) => {
    const dates = versions.map((one) => one.date).filter((date) => date !== "preview");
    expect(dates).toEqual([...dates].sort());
    for (const date of dates) expect(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(date);
  },
);

it("refuses in Atlas's words", () => {
  expect(invalidVersion()).toMatchObject({ status: 406, errorCode: "INVALID_VERSION_DATE", parameters: [] });
  expect(goneVersion("m")).toMatchObject({ status: 410, errorCode: "VERSION_GONE", parameters: ["m"] });
});
