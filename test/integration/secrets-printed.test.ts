// No credential in what the program prints when it cannot go on (I6): wrong variables, files and addresses that hold
// one, as processes and with the stacks of their errors.
import { afterAll, beforeAll, expect, it } from "vitest";
import { findFreePort } from "../../src/dev/port.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { findLeaks, toForms } from "../support/secrets.js";

const CANARY = "canary-5e1f9a07c2";
const FILE = "credentials.yaml";

let cli: Cli;
let database: TestDatabase;
let closedPort: string;
beforeAll(async () => {
  database = await createTestDatabase();
  cli = openCli({ DATABASE_URL: database.databaseUrl });
  cli.write(FILE, `- projects: [${"a".repeat(24)}]\n  clientSecret: ${CANARY}\n  "unclosed`);
  cli.write("entries.yaml", `- projects: [${CANARY}]\n  clientSecret: ${CANARY}\n`);
  closedPort = String(await findFreePort());
});
afterAll(async () => {
  cli.remove();
  await database.drop();
});

const GET = ["get", "changes"];
const CASES: readonly {
  readonly reason: string;
  readonly args: readonly string[];
  /** What shows that it came as far as that. */
  readonly says: RegExp;
  readonly variables: () => Readonly<Record<string, string>>;
}[] = [
  {
    reason: "nobody listens at the database's address",
    args: GET,
    says: /ECONNREFUSED/,
    variables: () => ({ DATABASE_URL: `postgres://me:${CANARY}@127.0.0.1:${closedPort}/headgate` }),
  },
  {
    reason: "the database's password is wrong",
    args: GET,
    says: /password authentication failed/,
    variables: () => {
      const url = new URL(database.databaseUrl);
      url.password = CANARY;
      return { DATABASE_URL: url.href };
    },
  },
  {
    reason: "the database's URL is none",
    args: GET,
    says: /DATABASE_URL: not a URL of Postgres/,
    variables: () => ({ DATABASE_URL: `postgres://me:${CANARY}@[nowhere/headgate` }),
  },
  {
    reason: "the database's URL has a port that is none",
    args: GET,
    says: /DATABASE_URL: not a URL of Postgres/,
    variables: () => ({ DATABASE_URL: `postgres://me:${CANARY}@127.0.0.1:port/headgate` }),
  },
  {
    reason: "the database's URL is no URL at all",
    args: ["migrate"],
    says: /DATABASE_URL: not a URL of Postgres/,
    variables: () => ({ DATABASE_URL: `me:${CANARY}` }),
  },
  {
    reason: "half of a service account",
    args: ["worker"],
    says: /go together/,
    variables: () => ({ MONGODB_ATLAS_CLIENT_SECRET: CANARY }),
  },
  {
    reason: "half of an API key",
    args: ["worker"],
    says: /go together/,
    variables: () => ({ MONGODB_ATLAS_PRIVATE_API_KEY: CANARY }),
  },
  {
    reason: "credentials inside Atlas's address",
    args: ["worker"],
    says: /is not an https URL/,
    variables: () => ({ MONGODB_ATLAS_BASE_URL: `http://me:${CANARY}@atlas.internal` }),
  },
  {
    reason: "a proxy of a kind it cannot use",
    args: ["worker"],
    says: /HTTPS_PROXY/,
    variables: () => ({ HTTPS_PROXY: `ftp://me:${CANARY}@proxy.internal` }),
  },
  {
    reason: "a file of credentials that is no YAML",
    args: ["worker"],
    says: /the file is a list/,
    variables: () => ({ HEADGATE_CREDENTIALS_FILE: FILE }),
  },
  {
    reason: "a file of credentials with a faulty entry",
    args: ["worker"],
    says: /an entry is projects/,
    variables: () => ({ HEADGATE_CREDENTIALS_FILE: "entries.yaml" }),
  },
  {
    reason: "Temporal does not answer to its API key",
    args: ["reconcile"],
    says: /Temporal at .* cannot be reached/,
    variables: () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${closedPort}`, TEMPORAL_API_KEY: CANARY }),
  },
];

it.each(CASES)("prints no credential where $reason", async ({ args, says, variables }) => {
  const run = await cli.run(["--debug", ...args], { variables: variables() });
  expect(run.code).not.toBe(0);
  expect(run.stderr).toMatch(says);
  expect(findLeaks({ stdout: run.stdout, stderr: run.stderr }, toForms({ canary: CANARY }))).toEqual([]);
});
