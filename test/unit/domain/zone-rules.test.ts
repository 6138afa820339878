// Which rules of time zones are used, and how old they are.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { versions } from "node:process";
import { expect, it } from "vitest";
import {
  BUNDLED_RULES,
  ZONE_RULES,
  chooseRules,
  describeRules,
} from "../../../src/domain/decide/zone-rules.js";

const require = createRequire(import.meta.url);

it("says of the bundled rules what moment-timezone and its changelog say", () => {
  const { tz } = require("moment-timezone") as { readonly tz: { readonly dataVersion: string } };
  expect(BUNDLED_RULES.version).toBe(tz.dataVersion);
  const changelog = readFileSync(require.resolve("moment-timezone/changelog.md"), "utf8");
  const released = /^### `[\d.]+` _(\d{4}-\d\d-\d\d)_\n\* Updated data to IANA TZDB `(\w+)`/m.exec(changelog);
  expect(released?.slice(1)).toEqual([
    new Date(BUNDLED_RULES.publishedAt).toISOString().slice(0, 10),
    BUNDLED_RULES.version,
  ]);
});

it.each([
  { ofNode: "2025c", told: "2026f (moment-timezone)", published: "2026-10-29", why: "Node 20.20.2" },
  { ofNode: "2026e", told: "2026f (moment-timezone)", published: "2026-10-29", why: "Node 26.12" },
  { ofNode: "2026f", told: "2026f (moment-timezone)", published: "2026-10-29", why: "as new" },
  { ofNode: "2026g", told: "2026g (Node)", published: "2026-10-29", why: "newer, of the same year" },
  { ofNode: "2028a", told: "2028a (Node)", published: "2028-01-01", why: "newer by years" },
  { ofNode: undefined, told: "2026f (moment-timezone)", published: "2026-10-29", why: "Node without Intl" },
])("where Node has $ofNode ($why) uses $told", ({ ofNode, told, published }) => {
  const rules = chooseRules(ofNode);
  expect(describeRules(rules)).toBe(told);
  expect(new Date(rules.publishedAt).toISOString().slice(0, 10)).toBe(published);
});

it("uses those of this process everywhere", () => {
  expect(describeRules(ZONE_RULES)).toBe(describeRules(chooseRules(versions["tz"])));
});

// Since 2020 no release has changed a clock of these; 2016 was in every one.
it.each(["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "US/Pacific"])(
  "reads the same offsets of %s from either source",
  (zone) => {
    const [ours, nodes] = [chooseRules("2000a"), chooseRules("9999z")].map((rules) => rules.offsetsOf(zone));
    for (let at = Date.UTC(2016, 0); at < Date.UTC(2017, 0); at += 6 * 3_600_000 + 900_000) {
      expect(ours?.(at)).toBe(nodes?.(at));
    }
  },
);

it("lists every name of the database, and with Node's rules also what only Node knows", () => {
  const ours = chooseRules("2000a").names();
  expect(ours).toEqual(expect.arrayContaining(["UTC", "Europe/Madrid", "US/Pacific", "America/Coyhaique"]));
  expect(ours).not.toContain("BST");
  expect(chooseRules("9999z").names()).toEqual(expect.arrayContaining([...ours]));
});
