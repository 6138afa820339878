// Where Temporal is, from variables and a profile file, by the reader that Temporal's own tools use.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  TEMPORAL_VARIABLES,
  loadTemporalProfile,
  readProfileVariables,
} from "../../../src/temporal/profile.js";

/** A file that says nothing. The SDK cannot read one without any profile in it. */
const SILENT = "[profile.default]\n";

/** A profile file of its own for the test, so that the one of whoever runs it stays out of it. */
function aProfileFile(text = SILENT): { readonly TEMPORAL_CONFIG_FILE: string } {
  const folder = mkdtempSync(join(tmpdir(), "headgate-profile-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, "temporal.toml");
  writeFileSync(file, text);
  return { TEMPORAL_CONFIG_FILE: file };
}

const PROFILES = `
[profile.default]
address = "from-file:7233"
namespace = "of-file"

[profile.other]
address = "other:7233"
`;

it.each([
  { reason: "nothing said", file: SILENT, env: {}, address: "localhost:7233", namespace: "default" },
  { reason: "the file's profile", file: PROFILES, env: {}, address: "from-file:7233", namespace: "of-file" },
  {
    reason: "a profile by name",
    file: PROFILES,
    env: { TEMPORAL_PROFILE: "other" },
    address: "other:7233",
    namespace: "default",
  },
  {
    reason: "variables before the file",
    file: PROFILES,
    env: { TEMPORAL_ADDRESS: "said:1", TEMPORAL_NAMESPACE: "mine" },
    address: "said:1",
    namespace: "mine",
  },
  {
    reason: "one variable, the rest from the file",
    file: PROFILES,
    env: { TEMPORAL_NAMESPACE: "mine" },
    address: "from-file:7233",
    namespace: "mine",
  },
])("finds Temporal by $reason", ({ file, env, address, namespace }) => {
  const profile = loadTemporalProfile({ ...aProfileFile(file), ...env });
  expect(profile).toMatchObject({ address, namespace, connection: { address } });
});

it("hands on a key and TLS, and no field that nobody set", () => {
  const bare = loadTemporalProfile(aProfileFile());
  expect(Object.keys(bare.connection)).not.toContain("apiKey");
  const keyed = loadTemporalProfile({
    ...aProfileFile(),
    TEMPORAL_ADDRESS: "cloud:7233",
    TEMPORAL_API_KEY: "k",
  });
  expect(keyed.connection).toMatchObject({ address: "cloud:7233", apiKey: "k" });
  expect(keyed.connection.tls).toBeTruthy();
});

it("passes over variables that are undefined", () => {
  expect(loadTemporalProfile({ ...aProfileFile(), TEMPORAL_ADDRESS: undefined }).address).toBe(
    "localhost:7233",
  );
});

it.each([
  { reason: "a file that is no TOML", file: "not toml [", env: {} },
  { reason: "a profile that is not there", file: PROFILES, env: { TEMPORAL_PROFILE: "absent" } },
])("refuses $reason as a wrong configuration", ({ file, env }) => {
  const variables = { ...aProfileFile(file), ...env };
  expect(() => loadTemporalProfile(variables)).toThrow(
    expect.objectContaining({
      code: "config.invalid",
      message: expect.stringMatching(/^the configuration of Temporal \(TEMPORAL_\*\) is wrong: /) as string,
    }) as Error,
  );
});

it.each([
  {
    reason: "the file says both",
    file: PROFILES,
    env: {},
    found: { TEMPORAL_ADDRESS: "from-file:7233", TEMPORAL_NAMESPACE: "of-file" },
  },
  { reason: "nobody says anything but the defaults", file: SILENT, env: {}, found: {} },
  {
    reason: "the environment says one",
    file: PROFILES,
    env: { TEMPORAL_ADDRESS: "said:1" },
    found: { TEMPORAL_NAMESPACE: "of-file" },
  },
])("names as variables what only a profile says: $reason", ({ file, env, found }) => {
  expect(readProfileVariables({ ...aProfileFile(file), ...env })).toEqual(found);
});

it("marks as secret the key's text and no path to it", () => {
  const secrets = TEMPORAL_VARIABLES.filter(({ isSecret }) => isSecret).map(({ name }) => name);
  expect(secrets).toEqual(["TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_KEY_DATA"]);
  const names = TEMPORAL_VARIABLES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
