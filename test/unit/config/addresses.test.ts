// Addresses, actors and levels of a configuration at their bounds; which hosts are this machine; and colours.
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { LOCAL_ATLAS, findConfigFaults, loadConfig, toUserAtHost } from "../../../src/config/config.js";
import type { Environment } from "../../../src/config/environment.js";
import { wantsNoColour } from "../../../src/config/environment.js";
import { isLoopback } from "../../../src/config/loopback.js";

const readFile = (): string => "";
const faultsOf = (env: Environment): readonly string[] => findConfigFaults({ env, readFile });

it.each([
  ["127.0.0.1:9464", true],
  ["0.0.0.0:0", true],
  ["127.0.0.1:65535", true],
  ["[::1]:9464", true],
  ["::1:9464", true],
  ["127.0.0.1:65536", false],
  ["127.0.0.1:100000", false],
  ["127.0.0.1:", false],
  ["127.0.0.1", false],
  [":9464", false],
  ["256.0.0.1:9464", false],
  ["metrics.example:9464", false],
  ["http://127.0.0.1:9464", false],
  ["127.0.0.1:9464/metrics", false],
  ["127.0.0.1: 9464", false],
])("takes %s for an address of metrics: %s", (text, isOne) => {
  const fault = `HEADGATE_METRICS_ADDRESS: "${text}" is not an IP address and a port, such as 127.0.0.1:9464`;
  expect(faultsOf({ HEADGATE_METRICS_ADDRESS: text })).toEqual(isOne ? [] : [fault]);
  if (isOne) {
    expect(loadConfig({ env: { HEADGATE_METRICS_ADDRESS: text }, readFile }).metricsAddress).toBe(text);
  }
});

it.each([
  { reason: "as long as the tables take", actor: "a".repeat(200), isOne: true },
  { reason: "a character longer", actor: "a".repeat(201), isOne: false },
  { reason: "of as many characters of two units", actor: "😀".repeat(200), isOne: true },
  { reason: "of one more of them", actor: "😀".repeat(201), isOne: false },
])("takes an actor $reason: $isOne", ({ actor, isOne }) => {
  expect(faultsOf({ HEADGATE_ACTOR: actor })).toHaveLength(isOne ? 0 : 1);
  if (isOne) expect(loadConfig({ env: { HEADGATE_ACTOR: actor }, readFile }).actor).toBe(actor);
});

it.each(["debug", "info", "warn", "error", "silent"])("takes the level %s", (level) => {
  expect(loadConfig({ env: { HEADGATE_LOG_LEVEL: level }, readFile }).logLevel).toBe(level);
});

it.each(["INFO", "trace", " info", "2"])("refuses the level %j", (level) => {
  expect(faultsOf({ HEADGATE_LOG_LEVEL: level })).toEqual([
    `HEADGATE_LOG_LEVEL: "${level}" is not one of debug, info, warn, error, silent`,
  ]);
});

it.each([
  ["https://cloud.mongodb.com", "https://cloud.mongodb.com"],
  ["https://cloud.mongodb.com/", "https://cloud.mongodb.com"],
  ["https://CLOUD.mongodb.com:443/api/atlas/v2", "https://cloud.mongodb.com"],
  ["https://cloud.mongodb.com:8443", "https://cloud.mongodb.com:8443"],
  ["http://127.0.0.1:8080", LOCAL_ATLAS],
  ["http://localhost:9090/", LOCAL_ATLAS],
  ["https://[::1]:8443", LOCAL_ATLAS],
])("remembers the Atlas at %s as %s", (url, name) => {
  expect(loadConfig({ env: { MONGODB_ATLAS_BASE_URL: url }, readFile }).atlas).toMatchObject({
    baseUrl: url,
    name,
  });
});

it.each([
  [
    "https://cloud.mongodb.com/api",
    '"https://cloud.mongodb.com/api" has a path: write https://cloud.mongodb.com',
  ],
  ["http://127.0.0.1:8080/x", '"http://127.0.0.1:8080/x" has a path: write http://127.0.0.1:8080'],
  ["https://cloud.mongodb.com?x=1", "it holds more than a host: write https://cloud.mongodb.com"],
  ["https://me:hush@cloud.mongodb.com", "it holds more than a host: write https://cloud.mongodb.com"],
])("refuses %s, of which every call would leave something out", (url, fault) => {
  expect(faultsOf({ MONGODB_ATLAS_BASE_URL: url })).toEqual([`MONGODB_ATLAS_BASE_URL: ${fault}`]);
});

it.each([
  "http://cloud.mongodb.com",
  "http://127.0.0.2",
  "http://localhost.example",
  "https//x",
  "file:///x",
  "x",
])("refuses to send credentials to %s", (url) => {
  expect(faultsOf({ MONGODB_ATLAS_BASE_URL: url })).toEqual([
    `MONGODB_ATLAS_BASE_URL: "${url}" is not an https URL (plain http only to this machine)`,
  ]);
});

it.each([
  ["http://127.0.0.1:80", true],
  ["http://localhost", true],
  ["http://LOCALHOST", true],
  ["http://[::1]:80", true],
  ["http://[0:0:0:0:0:0:0:1]", true],
  ["http://127.1", true],
  ["http://127.0.0.2", false],
  ["http://localhost.example", false],
  ["http://0.0.0.0", false],
  ["http://[::2]", false],
])("takes the host of %s for this machine: %s", (url, isHere) => {
  expect(isLoopback(new URL(url).hostname)).toBe(isHere);
});

it.each([
  [{}, false],
  [{ NO_COLOR: "" }, false],
  [{ NO_COLOR: "0" }, true],
  [{ NO_COLOR: "1" }, true],
  [{ TERM: "xterm" }, false],
  [{ TERM: "dumb" }, true],
  [{ TERM: "dumb", NO_COLOR: "" }, true],
])("with %j wants no colours: %s", (env, wants) => {
  expect(wantsNoColour(env)).toBe(wants);
});

it.runIf(process.geteuid?.() === 0)("calls a user whom the machine does not know by the number", () => {
  // As containers run it: the passwd file has no line of this user.
  process.seteuid?.(54_321);
  try {
    expect(toUserAtHost()).toBe(`uid 54321@${hostname()}`);
  } finally {
    process.seteuid?.(0);
  }
});
