// The settings as people see them: the first place that names one decides, and nothing secret is shown.
import { describe, expect, it } from "vitest";
import { viewSettings } from "../../../src/app/look/config-view.js";
import type { Layer } from "../../../src/app/look/config-view.js";

const PLAIN = { name: "HEADGATE_POLL", meaning: "how often", default: "5s", isSecret: false };
const BARE = { name: "HEADGATE_CREDENTIALS_FILE", meaning: "where", default: "", isSecret: false };
const SECRET = { name: "DATABASE_URL", meaning: "Postgres", default: "", isSecret: true };
const FILE = { name: "DATABASE_URL_FILE", meaning: "its file", default: "", isSecret: false };
const PROXY = { name: "HTTPS_PROXY", meaning: "a proxy", default: "", isSecret: false };

const environment = (variables: Layer["variables"]): Layer => ({ source: "environment", variables });
const stack = (variables: Layer["variables"]): Layer => ({ source: ".headgate/stack.json", variables });

describe("where a setting comes from", () => {
  it.each([
    ["the default", PLAIN, [], "5s", "default"],
    ["nowhere", BARE, [], null, "-"],
    ["the environment", PLAIN, [environment({ HEADGATE_POLL: "1s" })], "1s", "environment"],
    [
      "the environment, over the stack",
      PLAIN,
      [environment({ HEADGATE_POLL: "1s" }), stack({ HEADGATE_POLL: "2s" })],
      "1s",
      "environment",
    ],
    ["the stack", PLAIN, [environment({}), stack({ HEADGATE_POLL: "2s" })], "2s", ".headgate/stack.json"],
    [
      "the default, where the environment empties it",
      PLAIN,
      [environment({ HEADGATE_POLL: "" }), stack({ HEADGATE_POLL: "2s" })],
      "5s",
      "default",
    ],
    ["a file", SECRET, [environment({ DATABASE_URL_FILE: "/run/url" })], "[redacted]", "/run/url"],
    [
      "the variable, over its file",
      SECRET,
      [environment({ DATABASE_URL_FILE: "/run/url", DATABASE_URL: "postgres://db/headgate" })],
      "postgres://[redacted]@db/headgate",
      "environment",
    ],
    [
      "lower case",
      PROXY,
      [environment({ https_proxy: "http://proxy:3128" })],
      "http://proxy:3128",
      "environment",
    ],
  ] as const)("%s", (...[, variable, layers, value, source]) => {
    const [shown] = viewSettings([variable, FILE], layers);
    expect([shown]).toEqual([{ name: variable.name, meaning: variable.meaning, value, source }]);
  });
});

it("looks for a file only of what a file may hold", () => {
  const key = { ...SECRET, name: "TEMPORAL_API_KEY" };
  expect(viewSettings([key], [environment({ TEMPORAL_API_KEY_FILE: "/run/key" })])).toMatchObject([
    { value: null, source: "-" },
  ]);
});

describe("secrets", () => {
  it.each([
    [SECRET, "postgres://someone:hidden-word@db.example:5432/headgate?password=hidden-word"],
    [SECRET, "hidden-word"],
    [SECRET, "host=db password=hidden-word"],
    [SECRET, "postgres://someone:hidden-word"],
    [{ ...SECRET, name: "MONGODB_ATLAS_CLIENT_SECRET" }, "mdb_sa_sk_hidden-word"],
    [PROXY, "http://someone:hidden-word@proxy:3128"],
  ])("of %o are not shown", (variable, value) => {
    const shown = viewSettings([variable], [environment({ [variable.name]: value })]);
    expect(JSON.stringify(shown)).toContain("[redacted]");
    expect(JSON.stringify(shown)).not.toContain("hidden-word");
  });
});
