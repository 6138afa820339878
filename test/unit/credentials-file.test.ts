// The file of credentials by project: what it may say, every fault it can have, and that no fault ever quotes a secret.
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { parseCredentials } from "../../src/config/credentials-file.js";
import type { StoredCredentials } from "../../src/config/credentials-file.js";
import { AppError } from "../../src/base/errors.js";

const [A, B, C] = ["a".repeat(24), "b".repeat(24), "c".repeat(24)] as const;
const SECRET = "hush-hush";
const FILES: Readonly<Record<string, string>> = {
  "/run/one": `${SECRET}-one\n`,
  "/run/two": `${SECRET}-two`,
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}' near ${SECRET}`);
  return text;
}

function parse(text: string): {
  readonly byProject: ReadonlyMap<string, StoredCredentials>;
  readonly faults: readonly string[];
} {
  const faults: string[] = [];
  return { byProject: parseCredentials({ text, readFile }, faults), faults };
}

it("reads service accounts and API keys, in the file or in files it names", () => {
  const { byProject, faults } = parse(`
- { projects: [${A}, ${B}], clientId: id-1, clientSecretFile: /run/one }
- { projects: [${C}], publicKey: public, privateKey: ${SECRET} }
`);
  expect(faults).toEqual([]);
  expect([...byProject.keys()]).toEqual([A, B, C]);
  const [one, two, three] = [byProject.get(A), byProject.get(B), byProject.get(C)];
  expect(two).toBe(one);
  expect(one).toMatchObject({ kind: "service-account", clientId: "id-1" });
  expect(one?.kind === "service-account" && one.clientSecret.reveal()).toBe(`${SECRET}-one`);
  expect(three?.kind === "api-key" && three.privateKey.reveal()).toBe(SECRET);
});

it("reads projects, keys and secrets of digits as they are written, as PyYAML 6.0.2 writes them", () => {
  const project = "5e0123456789012345678901";
  const { byProject } = parse(`- { projects: [${project}], publicKey: 0012345678, privateKey: 1.50 }`);
  const access = byProject.get(project);
  expect(access).toMatchObject({ kind: "api-key", publicKey: "0012345678" });
  expect(access?.kind === "api-key" && access.privateKey.reveal()).toBe("1.50");
});

it("reads an empty list as none", () => {
  expect(parse("[]")).toEqual({ byProject: new Map(), faults: [] });
});

const entry = (fields: string): string => `- { ${fields} }`;
const ACCOUNT = `clientId: id, clientSecret: ${SECRET}`;

const FAULTS: readonly (readonly [string, string, RegExp])[] = [
  ["it is empty", "", /the file is a list of entries/],
  ["it is no YAML", `- { clientSecret: "${SECRET}`, /the file is a list of entries/],
  [
    "it is one entry, not a list",
    `projects: [${A}]\nclientSecret: ${SECRET}`,
    /the file is a list of entries/,
  ],
  ["it is the secret itself", SECRET, /the file is a list of entries/],
  ["an entry is no mapping", `- ${SECRET}`, /entry 0/],
  ["an entry names no projects", entry(ACCOUNT), /entry 0/],
  ["its list of projects is empty", entry(`projects: [], ${ACCOUNT}`), /entry 0/],
  ["a project is no id", entry(`projects: [orders], ${ACCOUNT}`), /entry 0/],
  ["a project's id is in capitals", entry(`projects: [${"A".repeat(24)}], ${ACCOUNT}`), /entry 0/],
  ["there is no credential", entry(`projects: [${A}]`), /clientId and clientSecret or clientSecretFile/],
  ["half a service account", entry(`projects: [${A}], clientSecret: ${SECRET}`), /clientId and clientSecret/],
  ["half an API key", entry(`projects: [${A}], privateKey: ${SECRET}`), /publicKey and privateKey/],
  ["both kinds", entry(`projects: [${A}], ${ACCOUNT}, publicKey: p, privateKey: ${SECRET}`), /entry 0/],
  ["a secret twice", entry(`projects: [${A}], ${ACCOUNT}, clientSecretFile: /run/one`), /entry 0/],
  ["a misspelt field", entry(`projects: [${A}], clientId: id, clientsecret: ${SECRET}`), /entry 0/],
  ["an empty secret", entry(`projects: [${A}], clientId: id, clientSecret: ""`), /entry 0/],
  ["a secret that is null", entry(`projects: [${A}], clientId: 12345678, clientSecret: ~`), /entry 0/],
  [
    "two entries name one project",
    `${entry(`projects: [${A}], ${ACCOUNT}`)}\n${entry(`projects: [${B}, ${A}], ${ACCOUNT}`)}`,
    new RegExp(`^project ${A} is named by two entries$`),
  ],
  [
    "an entry names one project twice",
    entry(`projects: [${A}, ${A}], ${ACCOUNT}`),
    new RegExp(`^project ${A} is named by two entries$`),
  ],
  [
    "a file cannot be read",
    entry(`projects: [${A}], publicKey: p, privateKeyFile: /run/none`),
    /^cannot read \/run\/none$/,
  ],
];

it.each(FAULTS)("says in one fault that quotes nothing: %s", (_what, text, expected) => {
  const { faults } = parse(text);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(expected);
  expect(faults[0]).not.toContain(SECRET);
  expect(faults[0]).not.toContain("12345678");
});

it("tells every fault at once, by the number of its entry", () => {
  const { faults } = parse(
    [
      entry(`projects: [orders], ${ACCOUNT}`),
      entry(`projects: [${A}], ${ACCOUNT}`),
      entry(`projects: [${B}]`),
    ].join("\n"),
  );
  expect(faults).toHaveLength(2);
  expect(faults[0]).toMatch(/^entry 0/);
  expect(faults[1]).toMatch(/^entry 2/);
});

function loadFaults(path: string): string {
  try {
    loadConfig({ env: { HEADGATE_CREDENTIALS_FILE: path }, readFile });
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "";
}

it("names the variable and the file in a configuration's fault, and the cause of a read error in none", () => {
  const fault = loadFaults("/run/none");
  expect(fault).toBe("config.invalid: HEADGATE_CREDENTIALS_FILE /run/none: cannot be read");
  expect(loadFaults("/run/one")).toMatch(/^config.invalid: HEADGATE_CREDENTIALS_FILE \/run\/one: .*list/);
  expect(loadFaults("/run/one")).not.toContain(SECRET);
});
