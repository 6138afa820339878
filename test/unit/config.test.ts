// The configuration: every fault at once, each with its variable, its value and what would be right; secrets from
// files; frozen; and nothing secret in any way of printing it. docs/configuration.md lists what the code reads, and its
// defaults.
import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { renderConfiguration } from "../../scripts/configuration-reference.js";
import { toSettingVariables } from "../../src/config/settings.js";
import { CONFIG_VARIABLES } from "../../src/config/variables.js";
import { LOCAL_ATLAS, loadConfig } from "../../src/config/config.js";
import type { Config } from "../../src/config/config.js";
import type { Environment } from "../../src/config/environment.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { AppError } from "../../src/base/errors.js";

const FILES: Readonly<Record<string, string>> = {
  "/run/database": "postgres://headgate:from-file@db/headgate\n",
  "/run/secret": "  secret-from-file\n",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error("ENOENT: no such file");
  return text;
}

const load = (env: Environment): Config => loadConfig({ env, readFile });

/** What is wrong with the environment, one line per fault. */
function faultsOf(env: Environment): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error).toMatchObject({ code: "config.invalid" });
    return error.message.split("; ");
  }
  return [];
}

const ACCOUNT: Environment = { MONGODB_ATLAS_CLIENT_ID: "id", MONGODB_ATLAS_CLIENT_SECRET: "shh-secret" };
const KEY: Environment = {
  MONGODB_ATLAS_PUBLIC_API_KEY: "key",
  MONGODB_ATLAS_PRIVATE_API_KEY: "shh-private",
};

it("an empty environment is a whole configuration: the defaults", () => {
  const config = load({});
  expect(config).toMatchObject({
    databaseUrl: undefined,
    atlas: {
      baseUrl: "https://cloud.mongodb.com",
      name: "https://cloud.mongodb.com",
      credentials: undefined,
    },
    settings: DEFAULT_SETTINGS,
    actor: `${userInfo().username}@${hostname()}`,
    logLevel: "info",
  });
  expect(config.atlas.byProject.size).toBe(0);
});

it("an empty variable is as good as none", () => {
  const empty = Object.fromEntries(CONFIG_VARIABLES.map(({ name }) => [name, ""]));
  expect(load(empty)).toEqual(load({}));
});

it("reads what it is told", () => {
  const config = load({
    ...ACCOUNT,
    DATABASE_URL: "postgres://db",
    HEADGATE_ACTOR: "ann",
    HEADGATE_LOG_LEVEL: "debug",
    HEADGATE_INTERVAL: "2m30s",
    HEADGATE_CAP_PER_WORKSPACE: "7",
    HEADGATE_BRAKE_SHARE: "0.5",
  });
  expect(config.databaseUrl?.reveal()).toBe("postgres://db");
  expect(config).toMatchObject({ actor: "ann", logLevel: "debug" });
  expect(config.settings).toEqual({
    ...DEFAULT_SETTINGS,
    intervalMs: 150_000,
    capPerWorkspace: 7,
    brakeShare: 0.5,
  });
});

it("settings go to another process and come back as they were", () => {
  const settings = {
    ...DEFAULT_SETTINGS,
    intervalMs: 5_000,
    settleMs: 1_500,
    brakeShare: 0.125,
    claimSize: 3,
  };
  expect(load(toSettingVariables(settings)).settings).toEqual(settings);
  expect(toSettingVariables({ settleMs: 1_500 })).toEqual({ HEADGATE_SETTLE: "1s500ms" });
});

const DURATION = "is not a duration such as 30s, 30m, 4h, 2d or 1h30m";
const COUNT = "is not a whole number from 1 to 1000000";

it.each<[Environment, string]>([
  [{ HEADGATE_INTERVAL: "soon" }, `HEADGATE_INTERVAL: "soon" ${DURATION}`],
  [{ HEADGATE_SETTLE: "-5s" }, `HEADGATE_SETTLE: "-5s" ${DURATION}`],
  [{ HEADGATE_POLL: "5" }, `HEADGATE_POLL: "5" ${DURATION}`],
  ...["0", "1.5", "-1", "many", "1000001", " ", "0x10", "1e3"].map((text): [Environment, string] => [
    { HEADGATE_CLAIM_SIZE: text },
    `HEADGATE_CLAIM_SIZE: "${text}" ${COUNT}`,
  ]),
  ...["1.1", "-0.1", "half", "25%", " ", "0x1", "NaN"].map((text): [Environment, string] => [
    { HEADGATE_BRAKE_SHARE: text },
    `HEADGATE_BRAKE_SHARE: "${text}" is not a number from 0 to 1`,
  ]),
  [
    { HEADGATE_METRICS_ADDRESS: "localhost:9464" },
    'HEADGATE_METRICS_ADDRESS: "localhost:9464" is not an IP address and a port, such as 127.0.0.1:9464',
  ],
  [
    { HEADGATE_LOG_LEVEL: "loud" },
    'HEADGATE_LOG_LEVEL: "loud" is not one of debug, info, warn, error, silent',
  ],
  [{ HEADGATE_ACTOR: "a".repeat(201) }, `HEADGATE_ACTOR: "${"a".repeat(19)}…" is longer than 200 characters`],
  ...["http://cloud.mongodb.com", "cloud.mongodb.com", "ftp://localhost"].map(
    (text): [Environment, string] => [
      { MONGODB_ATLAS_BASE_URL: text },
      `MONGODB_ATLAS_BASE_URL: "${text}" is not an https URL (plain http only to this machine)`,
    ],
  ),
  [
    { MONGODB_ATLAS_CLIENT_ID: "id" },
    "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET go together: one of them is missing",
  ],
  [
    { MONGODB_ATLAS_PRIVATE_API_KEY: "x" },
    "MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY go together: one of them is missing",
  ],
  ...["me:shh@db", "/var/run/postgres", "http://db", "postgres://db:port/x", "host=db"].map(
    (url): [Environment, string] => [
      { DATABASE_URL: url },
      "DATABASE_URL: not a URL of Postgres: want postgres://HOST:PORT/DATABASE, user and password before the host",
    ],
  ),
  [{ DATABASE_URL_FILE: "/nowhere" }, "DATABASE_URL_FILE: cannot read /nowhere: ENOENT: no such file"],
  [{ HEADGATE_POST_TIMEOUT: "75s" }, "the POST time-out must be shorter than the start horizon"],
  [{ HEADGATE_INTERVAL: "0s" }, "the interval must be a second or longer"],
])("refuses %j", (env, fault) => {
  expect(faultsOf(env)).toEqual([fault]);
});

it.each<[string, Environment]>([
  ["a share of nothing and of all", { HEADGATE_BRAKE_SHARE: "0" }],
  ["a share of all", { HEADGATE_BRAKE_SHARE: "1" }],
  ["a share without its nought", { HEADGATE_BRAKE_SHARE: ".5" }],
  ["the largest count", { HEADGATE_CLAIM_SIZE: "1000000" }],
  ["the longest actor", { HEADGATE_ACTOR: "a".repeat(200) }],
  ["the longest actor, as Postgres counts", { HEADGATE_ACTOR: "\u{1f600}".repeat(200) }],
  ["plain http to this machine", { MONGODB_ATLAS_BASE_URL: "http://localhost:9" }],
  ["one kind of credential", ACCOUNT],
  ["both kinds", { ...ACCOUNT, ...KEY }],
])("takes %s", (_what, env) => {
  expect(faultsOf(env)).toEqual([]);
});

it("tells every fault at once", () => {
  const faults = faultsOf({
    MONGODB_ATLAS_CLIENT_ID: "id",
    MONGODB_ATLAS_BASE_URL: "nowhere",
    DATABASE_URL_FILE: "/nowhere",
    HEADGATE_INTERVAL: "soon",
    HEADGATE_CLAIM_SIZE: "0",
    HEADGATE_LOG_LEVEL: "loud",
    HEADGATE_LEASE: "1s",
  });
  expect(faults).toHaveLength(7);
  expect(faults.join()).toMatch(
    /DATABASE_URL_FILE.*BASE_URL.*CLIENT_ID.*INTERVAL.*CLAIM_SIZE.*lease.*LOG_LEVEL/,
  );
});

it("a file holds a secret as well as a variable does; its last line break is not part of it", () => {
  const config = load({
    DATABASE_URL_FILE: "/run/database",
    MONGODB_ATLAS_CLIENT_ID: "id",
    MONGODB_ATLAS_CLIENT_SECRET_FILE: "/run/secret",
  });
  expect(config.databaseUrl?.reveal()).toBe("postgres://headgate:from-file@db/headgate");
  const { credentials } = config.atlas;
  expect(credentials?.kind === "service-account" && credentials.clientSecret.reveal()).toBe(
    "secret-from-file",
  );
});

it("the variable goes before its file, which is then not read", () => {
  const config = load({ DATABASE_URL: "postgres://direct", DATABASE_URL_FILE: "/nowhere" });
  expect(config.databaseUrl?.reveal()).toBe("postgres://direct");
});

it("every secret has a variable that names a file for it", () => {
  const names = CONFIG_VARIABLES.map(({ name }) => name);
  const secrets = CONFIG_VARIABLES.filter(({ isSecret }) => isSecret);
  expect(secrets).toHaveLength(9);
  expect(names).toEqual(expect.arrayContaining(secrets.map(({ name }) => `${name}_FILE`)));
});

it("a service account goes before an API key", () => {
  expect(load({ ...ACCOUNT, ...KEY }).atlas.credentials?.kind).toBe("service-account");
  expect(load(KEY).atlas.credentials).toMatchObject({ kind: "api-key", publicKey: "key" });
});

it.each([
  ["https://cloud.mongodb.com/", "https://cloud.mongodb.com"],
  ["https://cloud.mongodbgov.com", "https://cloud.mongodbgov.com"],
  ["http://127.0.0.1:4711", LOCAL_ATLAS],
  ["https://localhost:1", LOCAL_ATLAS],
  ["http://[::1]:80", LOCAL_ATLAS],
])("the Atlas at %s goes by the name %s", (url, name) => {
  expect(load({ MONGODB_ATLAS_BASE_URL: url }).atlas).toMatchObject({ baseUrl: url, name });
});

/** Every object inside, with the path to it. */
function toObjects(value: unknown, path = "config"): readonly [string, object][] {
  if (value === null || typeof value !== "object") return [];
  return [
    [path, value],
    ...Object.entries(value).flatMap(([key, inner]) => toObjects(inner, `${path}.${key}`)),
  ];
}

it("is frozen, all the way down to its map of projects", () => {
  const config = load({ ...ACCOUNT, DATABASE_URL: "postgres://db", HTTPS_PROXY: "http://proxy.example" });
  const loose = toObjects(config).filter(([, one]) => !(one instanceof Map) && !Object.isFrozen(one));
  expect(loose.map(([path]) => path)).toEqual([]);
  expect(() => Object.assign(config.settings, { intervalMs: 1 })).toThrow(TypeError);
  expect(() => Object.assign(config, { actor: "somebody else" })).toThrow(TypeError);
});

it("nothing secret is in any text that can be made of it", () => {
  const secret = "shh";
  for (const env of [
    { ...ACCOUNT, DATABASE_URL: `postgres://headgate:${secret}@db` },
    { ...KEY, HTTPS_PROXY: `http://ann:${secret}@proxy.example` },
  ]) {
    const config = load(env);
    const texts = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true })];
    const parts = toObjects(config).map(([, one]) => inspect(one, { depth: 9, showHidden: true }));
    for (const text of [...texts, ...parts]) expect(text).not.toContain(secret);
    expect(texts.join()).toContain("[redacted]");
  }
});

it("a fault never quotes a secret", () => {
  const told = faultsOf({
    MONGODB_ATLAS_CLIENT_SECRET: "shh-secret",
    MONGODB_ATLAS_PRIVATE_API_KEY: "shh-private",
    DATABASE_URL: "postgres://headgate:shh@db",
    HTTPS_PROXY: "socks5://ann:shh@proxy.example",
    HEADGATE_INTERVAL: "soon",
  });
  expect(told).toHaveLength(4);
  expect(told.join()).not.toContain("shh");
});

it("docs/configuration.md lists the variables the code reads, with the code's defaults (else: npm run docs)", async () => {
  const written = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  expect(written).toBe(await renderConfiguration());
  for (const { name } of CONFIG_VARIABLES) expect(written).toContain(`**\`${name}\`**`);
});
