// Whatever is wrong with a configuration, no secret is in the words that say so; and where a secret comes from.
import fc from "fast-check";
import { expect, it } from "vitest";
import { findConfigFaults, loadConfig, readSimCredentials } from "../../../src/config/config.js";
import { parseCredentials } from "../../../src/config/credentials-file.js";
import { AppError } from "../../../src/base/errors.js";
import { CONFIG_VARIABLES } from "../../../src/config/variables.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const SECRETS = CONFIG_VARIABLES.filter(({ isSecret }) => isSecret).map(({ name }) => name);
/** No word of a fault holds these letters. */
const MARK = "zqxj";

const someText = fc.string({ maxLength: 20 }).map((text) => `${MARK}${text}`);
const someSecrets = fc.record(Object.fromEntries(SECRETS.map((name) => [name, someText])), {
  requiredKeys: [],
});

it("no fault quotes a secret, wherever it was read from", () => {
  fc.assert(
    fc.property(someSecrets, someSecrets, (direct, inFiles) => {
      const env: Record<string, string> = { ...direct, HTTPS_PROXY: `${MARK}:${MARK}@proxy` };
      for (const name of Object.keys(inFiles)) env[`${name}_FILE`] = `/run/${name}`;
      const readFile = (path: string): string => inFiles[path.replace("/run/", "")] ?? "";
      expect(findConfigFaults({ env, readFile }).join("\n")).not.toContain(MARK);
    }),
  );
});

it("no fault of a credentials file quotes what stands in it, whatever that is", () => {
  const someEntry = fc.record(
    {
      projects: fc.oneof(fc.constant([PROJECT]), fc.constant([]), someText),
      clientId: someText,
      clientSecret: someText,
      publicKey: someText,
      privateKey: someText,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(someEntry), someEntry, someText), (content) => {
      const faults: string[] = [];
      parseCredentials({ text: JSON.stringify(content), readFile: () => MARK }, faults);
      parseCredentials({ text: `- { ${MARK}: [`, readFile: () => MARK }, faults);
      expect(faults.join("\n")).not.toContain(MARK);
    }),
  );
});

it.each(SECRETS)("says of an empty file for %s that it is empty, and takes nothing for it", (name) => {
  for (const text of ["", "\n", " \t\n"]) {
    const source = { env: { [`${name}_FILE`]: "/run/secret" }, readFile: () => text };
    expect(findConfigFaults(source)).toContain(`${name}_FILE: /run/secret is empty`);
  }
});

it.each(["clientSecretFile", "privateKeyFile"])(
  "says of an empty %s of an entry that it is empty",
  (field) => {
    const id = field === "clientSecretFile" ? "clientId: one" : "publicKey: one";
    const text = `- { projects: [${PROJECT}], ${id}, ${field}: /run/secret }\n`;
    const faults: string[] = [];
    const found = parseCredentials({ text, readFile: () => " \n" }, faults);
    expect(faults).toEqual(["/run/secret is empty"]);
    expect(found.size).toBe(0);
  },
);

it("does not read a file whose variable is set, and tells nothing of it", () => {
  const env = { DATABASE_URL: "postgres://db/headgate", DATABASE_URL_FILE: "/run/gone" };
  const readFile = (): string => {
    throw new Error("ENOENT");
  };
  expect(loadConfig({ env, readFile }).databaseUrl?.reveal()).toBe("postgres://db/headgate");
});

const COMPLETE = {
  MONGODB_ATLAS_CLIENT_ID: "id",
  MONGODB_ATLAS_CLIENT_SECRET: "secret",
  MONGODB_ATLAS_PUBLIC_API_KEY: "public",
  MONGODB_ATLAS_PRIVATE_API_KEY: "private",
};

it.each([
  {
    reason: "all",
    env: COMPLETE,
    found: { clientId: "id", clientSecret: "secret", publicKey: "public", privateKey: "private" },
  },
  { reason: "none", env: {}, found: {} },
  { reason: "half a pair", env: { MONGODB_ATLAS_CLIENT_ID: "id" }, found: { clientId: "id" } },
  {
    reason: "one from a file",
    env: { MONGODB_ATLAS_PRIVATE_API_KEY_FILE: "/run/key" },
    found: { privateKey: "from /run/key" },
  },
])("gives a simulator $reason of the credentials that are set", ({ env, found }) => {
  expect(readSimCredentials({ env, readFile: (path) => `from ${path}\n` })).toEqual(found);
});

it("refuses a simulator's credentials in a file that cannot be read, all of them at once", () => {
  const env = { MONGODB_ATLAS_CLIENT_ID_FILE: "/run/id", MONGODB_ATLAS_CLIENT_SECRET_FILE: "/run/secret" };
  const readFile = (): string => {
    throw new Error("ENOENT");
  };
  let refusal: unknown;
  try {
    readSimCredentials({ env, readFile });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(AppError);
  expect(refusal).toMatchObject({
    code: "config.invalid",
    message:
      "MONGODB_ATLAS_CLIENT_ID_FILE: cannot read /run/id: ENOENT; " +
      "MONGODB_ATLAS_CLIENT_SECRET_FILE: cannot read /run/secret: ENOENT",
  });
});
