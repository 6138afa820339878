// Which proxy a configuration chooses for Atlas: as other programs read HTTPS_PROXY and NO_PROXY, and never one for
// this machine. A proxy's URL may hold a password: no fault quotes it.
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import type { Environment } from "../../src/config/environment.js";

const PROXY = "http://proxy.example:3128";

function proxyOf(env: Environment): string | undefined {
  const load = loadConfig({ env, readFile: () => "" });
  return load.atlas.proxy?.reveal();
}

const CHOICES: readonly (readonly [string, Environment, boolean])[] = [
  ["upper case", { HTTPS_PROXY: PROXY }, true],
  ["lower case", { https_proxy: PROXY }, true],
  ["an empty one in upper case before one in lower case", { HTTPS_PROXY: "", https_proxy: PROXY }, true],
  ["none", {}, false],
  ["an empty one", { HTTPS_PROXY: "" }, false],
  ["one for plain http only", { HTTP_PROXY: PROXY, http_proxy: PROXY }, false],
  ["an exempt host", { HTTPS_PROXY: PROXY, NO_PROXY: "cloud.mongodb.com" }, false],
  ["an exempt host in lower case", { HTTPS_PROXY: PROXY, no_proxy: "cloud.mongodb.com" }, false],
  ["an exempt host, capitals in it", { HTTPS_PROXY: PROXY, NO_PROXY: "Cloud.MongoDB.com" }, false],
  ["an exempt host with its port", { HTTPS_PROXY: PROXY, NO_PROXY: "cloud.mongodb.com:443" }, false],
  ["an exempt host with another port", { HTTPS_PROXY: PROXY, NO_PROXY: "cloud.mongodb.com:8443" }, true],
  ["an exempt domain", { HTTPS_PROXY: PROXY, NO_PROXY: "mongodb.com" }, false],
  ["an exempt domain with a dot", { HTTPS_PROXY: PROXY, NO_PROXY: ".mongodb.com" }, false],
  ["an exempt domain with a star", { HTTPS_PROXY: PROXY, NO_PROXY: "*.mongodb.com" }, false],
  ["everything exempt", { HTTPS_PROXY: PROXY, NO_PROXY: "*" }, false],
  ["one of a list with spaces", { HTTPS_PROXY: PROXY, NO_PROXY: "10.0.0.0/8, mongodb.com ,x" }, false],
  ["others exempt", { HTTPS_PROXY: PROXY, NO_PROXY: "localhost,,db.example," }, true],
  ["a host that only ends like an exempt one", { HTTPS_PROXY: PROXY, NO_PROXY: "d.mongodb.com" }, true],
  ["a host below the one asked for", { HTTPS_PROXY: PROXY, NO_PROXY: "a.cloud.mongodb.com" }, true],
];

it.each(CHOICES)("heeds %s", (_what, env, isProxied) => {
  expect(proxyOf(env)).toBe(isProxied ? PROXY : undefined);
});

it.each([
  "http://127.0.0.1:8080",
  "http://localhost:8080",
  "https://127.0.0.1:8443",
  "https://localhost:8443",
  "https://[::1]:8443",
])("never sends what is for this machine (%s) to a proxy", (url) => {
  expect(proxyOf({ HTTPS_PROXY: PROXY, MONGODB_ATLAS_BASE_URL: url })).toBeUndefined();
});

/** curl 8 and Go 1.24 read these alike, but for brackets and the last dot, which only some programs take. */
const FORMS: readonly (readonly [string, string, boolean])[] = [
  ["https://cloud.mongodb.com", "cloud.mongodb.com.", true],
  ["https://cloud.mongodb.com.", "cloud.mongodb.com", true],
  ["https://cloud.mongodb.com.", ".mongodb.com.:443", true],
  ["https://cloud.mongodb.com", ".", false],
  ["https://cloud.mongodb.com", "0.0.0.0/0", false],
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://10.1.2.3", "10.1.2.3/32", true],
  ["https://10.1.2.3", "10.2.0.0/16,192.168.0.0/16", false],
  ["https://10.1.2.3", "10.0.0.0/99", false],
  ["https://10.1.2.3", "10.0.0.0/", false],
  ["https://10.1.2.3", "10.1.2.3", true],
  ["https://10.1.2.3", "1.2.3", false],
  ["https://10.1.2.3:8443", "10.1.2.3:8443", true],
  ["https://10.1.2.3:8443", "10.1.2.3:443", false],
  ["https://[fd00::1]", "[fd00::1]", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://[fd00::1]", "FD00:0:0::1", true],
  ["https://[fd00::1]:8443", "[fd00::1]:8443", true],
  ["https://[fd00::1]:8443", "[fd00::1]:443", false],
  ["https://[fd00::1]", "fd00::/8", true],
  ["https://[fd00::1]", "10.0.0.0/8,[fe80::1]", false],
];

it.each(FORMS)("reaches %s, with NO_PROXY=%s, past the proxy: %s", (url, exempt, isDirect) => {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: exempt, MONGODB_ATLAS_BASE_URL: url };
  expect(proxyOf(env)).toBe(isDirect ? undefined : PROXY);
});

it("finds the exempt host in another base URL", () => {
  const env = { HTTPS_PROXY: PROXY, MONGODB_ATLAS_BASE_URL: "https://cloud.mongodbgov.com" };
  expect(proxyOf(env)).toBe(PROXY);
  expect(proxyOf({ ...env, NO_PROXY: "mongodb.com" })).toBe(PROXY);
  expect(proxyOf({ ...env, NO_PROXY: "mongodbgov.com" })).toBeUndefined();
});

it.each(["proxy.example:3128", "socks5://ann:pass-word@proxy.example", "//ann:pass-word@x", "pass-word"])(
  "refuses %s without quoting it",
  (text) => {
    expect(() => proxyOf({ HTTPS_PROXY: text })).toThrow("HTTPS_PROXY: not an http or https URL");
    expect(() => proxyOf({ HTTPS_PROXY: text })).not.toThrow("pass-word");
  },
);

it("does not print a proxy's password with the configuration", () => {
  const config = loadConfig({
    env: { HTTPS_PROXY: "http://ann:pass-word@proxy.example" },
    readFile: () => "",
  });
  expect(inspect(config, { depth: 9 })).not.toContain("pass-word");
  expect(JSON.stringify(config)).not.toContain("pass-word");
});
