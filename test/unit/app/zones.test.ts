// What doctor says of the rules of time zones: their age, and where Postgres has others.
import { expect, it } from "vitest";
import { judgeRules, judgeZone } from "../../../src/app/doctor/zones.js";
import { HOUR_MS } from "../../support/domain-builders.js";

const PUBLISHED = Date.parse("2026-10-29T00:00:00Z");
const RULES = { version: "2026f", from: "moment-timezone", publishedAt: PUBLISHED } as const;
const YEAR_MS = 365 * 24 * HOUR_MS;
const TOLD = "time zone rules 2026f (moment-timezone), of 2026-10-29";

it.each([
  { reason: "new", now: PUBLISHED + HOUR_MS, says: { found: TOLD } },
  { reason: "a year old", now: PUBLISHED + YEAR_MS, says: { found: TOLD } },
  {
    reason: "older",
    now: PUBLISHED + YEAR_MS + 1,
    says: {
      verdict: "warning",
      found: `${TOLD}: older than a year, so slots may fire an hour off`,
      remedy: "use a newer version of headgate, or a newer Node.js",
    },
  },
])("judges rules that are $reason", ({ now, says }) => {
  expect(judgeRules(RULES, now)).toEqual(says);
});

const INSTANTS = ["2026-11-29T00:00Z", "2027-03-14T00:00Z", "2027-11-08T00:00Z"].map((text) =>
  Date.parse(text),
);
const remedy =
  "update Postgres, or the tzdata package of its machine; slots go by Headgate's rules all the same";

it.each([
  // 2026f: Havana stays at -04, and is at -05 again from November 2027 on.
  { reason: "by the same rules", hours: [-4, -4, -5], says: undefined },
  {
    reason: "by 2026e, which still had winter time",
    hours: [-5, -4, -5],
    says: {
      of: "America/Havana",
      verdict: "warning",
      found: "Postgres is at -05:00 on 2026-11-29T00:00Z, Headgate at -04:00",
      remedy,
    },
  },
  {
    reason: "that differs in the second winter only",
    hours: [-4, -4, -4],
    says: {
      of: "America/Havana",
      verdict: "warning",
      found: "Postgres is at -04:00 on 2027-11-08T00:00Z, Headgate at -05:00",
      remedy,
    },
  },
  {
    reason: "that does not know the zone",
    hours: undefined,
    says: { of: "America/Havana", verdict: "warning", found: "Postgres knows no such time zone", remedy },
  },
])("judges a Postgres $reason", ({ hours, says }) => {
  const offsets = hours?.map((one) => one * HOUR_MS);
  expect(judgeZone({ zone: "America/Havana", offsets, instants: INSTANTS })).toEqual(says);
});
