// What a person reads if Postgres, or a pooler before it, does not take the connection: one line that names Postgres,
// the address and the setting to change. Real sockets and real processes, so that a warning of a library would be seen.
// Skips, loudly, what needs openssl or PgBouncer if that is not there.
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { CheckFinding } from "../../src/app/doctor/checks.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { openStore } from "../../src/store/postgres/pool.js";
import { createEmptyDatabase, takeNumber } from "../support/database.js";
import { startPooler } from "../support/pooler.js";
import type { Pooler } from "../support/pooler.js";
import { startTlsServer } from "../support/tls-server.js";
import type { TlsServer } from "../support/tls-server.js";

const PASSWORD = "hidden-word";
const FILE = "sslrootcert=FILE, with the certificate of its authority, to DATABASE_URL";

let cli: Cli;
let tls: TlsServer | undefined;
beforeAll(async () => {
  cli = openCli({});
  tls = await startTlsServer("DNS:db.example", true);
});
afterAll(async () => {
  cli.remove();
  await tls?.close();
});

/** The one line of a verb. */
async function fail(databaseUrl: string, args: readonly string[] = ["get", "policies"]): Promise<string> {
  const { code, stdout, stderr } = await cli.run(args, { variables: { DATABASE_URL: databaseUrl } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).not.toContain(PASSWORD);
  // A library's warning would be lines of its own.
  expect(stderr.trimEnd().split("\n"), stderr).toHaveLength(1);
  return stderr.trimEnd();
}

/** What `doctor` says of Postgres. */
async function examine(databaseUrl: string): Promise<CheckFinding | undefined> {
  const variables = { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: "127.0.0.1:1" };
  const { stdout, stderr } = await cli.run(["doctor", "-o", "json"], { variables });
  expect(stdout).not.toContain(PASSWORD);
  expect(stderr).not.toMatch(/warning:|\(node:/i);
  return (JSON.parse(stdout) as readonly CheckFinding[]).find(({ check }) => check === "postgres");
}

function toUrl(query: string, port = tls?.port ?? 0): string {
  return `postgres://me:${PASSWORD}@127.0.0.1:${String(port)}/headgate?${query}`;
}

it.each(["prefer", "require", "verify-ca", "verify-full"])(
  "names a certificate that nobody trusts, for sslmode=%s",
  async (mode) => {
    if (tls === undefined) return;
    const told = `the certificate of Postgres at 127.0.0.1:${String(tls.port)}/headgate is not trusted: self-signed certificate`;
    expect(await fail(toUrl(`sslmode=${mode}`))).toBe(
      `headgate: ${told}. Add ${FILE}; uselibpqcompat=true&sslmode=require encrypts without verifying`,
    );
    if (mode !== "require") return;
    expect(await examine(toUrl(`sslmode=${mode}`))).toMatchObject({
      verdict: "wrong",
      found: told,
      remedy: `add ${FILE}; uselibpqcompat=true&sslmode=require encrypts without verifying`,
    });
  },
);

it("names a certificate of another host", async () => {
  if (tls === undefined) return;
  const line = await fail(toUrl(`sslmode=verify-full&sslrootcert=${tls.certificateFile}`));
  const told = `the certificate of Postgres at 127.0.0.1:${String(tls.port)}/headgate is for another host: `;
  expect(line).toContain(
    `headgate: ${told}Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list. Set`,
  );
  expect(line).toContain(". Set the host of DATABASE_URL to a name of the certificate");
});

it("names a file that is not there, and one that is a folder", async () => {
  for (const [file, reason] of [
    ["/nowhere/ca.pem", "ENOENT: no such file or directory, open '/nowhere/ca.pem'"],
    ["/", "EISDIR: illegal operation on a directory, read"],
  ] as const) {
    const url = toUrl(`sslmode=verify-full&sslrootcert=${file}`, 5432);
    const told = `no connection to Postgres at 127.0.0.1:5432/headgate, because a file that DATABASE_URL names cannot be used: ${reason}`;
    const remedy = "et sslrootcert, sslcert and sslkey in DATABASE_URL to PEM files that can be read";
    expect(await fail(url)).toBe(`headgate: ${told}. S${remedy}`);
    expect(await fail(url, ["migrate"])).toBe(`headgate: ${told}. S${remedy}`);
    if (file !== "/") expect(await examine(url)).toMatchObject({ found: told, remedy: `s${remedy}` });
  }
});

it("names a server without TLS", async () => {
  const url = new URL(inject("databaseUrl"));
  url.searchParams.set("sslmode", "require");
  const told = `Postgres at ${url.host}${url.pathname} does not speak TLS, which DATABASE_URL asks for: The server does not support SSL connections`;
  expect(await fail(url.href)).toContain(`headgate: ${told}. Switch ssl on in its configuration, write`);
  const finding = await examine(url.href);
  expect(finding).toMatchObject({ found: told });
  expect(finding?.remedy).toContain("write sslmode=disable in DATABASE_URL");
});

it("names a socket that is not there, by its folder", async () => {
  expect(await fail("postgres:///headgate?user=me&host=/nowhere")).toContain(
    "headgate: Postgres at /nowhere/headgate cannot be reached: tried once, for 10s at most; connect ENOENT /nowhere/.s.PGSQL.5432",
  );
});

it("names the parameter that a pooler refuses", async ({ skip }) => {
  const database = await createEmptyDatabase();
  const pooler: Pooler | undefined = await startPooler(database.databaseUrl, 2);
  try {
    if (pooler === undefined) skip("PgBouncer is not installed");
    const url = new URL(pooler?.url ?? "");
    const at = `${url.host}${url.pathname}`;
    url.searchParams.set("statement_timeout", "5000");
    expect(await fail(url.href)).toMatch(
      new RegExp(
        `^headgate: the pooler before Postgres at ${at} refuses the connection: .*statement_timeout\\. Take the parameter out of DATABASE_URL`,
      ),
    );
    expect((await examine(url.href))?.remedy).toContain("ignore_startup_parameters");
  } finally {
    await pooler?.close();
    await database.drop();
  }
});

it("names in one line the right to create that a migration needs", async () => {
  const database = await createEmptyDatabase();
  const admin = openStore({ databaseUrl: database.databaseUrl, max: 1 });
  const role = `headgate_reader_${String(await takeNumber())}`;
  try {
    await admin.query(`create role ${role} login password '${PASSWORD}'`);
    const url = new URL(database.databaseUrl);
    [url.username, url.password] = [role, PASSWORD];
    expect(await fail(url.href, ["migrate"])).toBe(
      `headgate: Postgres at ${url.host}${url.pathname} refuses user "${role}": permission denied for schema public. ` +
        "Grant it CREATE and USAGE there, or set DATABASE_URL to the owner of the database",
    );
  } finally {
    await admin.query(`drop role ${role}`);
    await admin.close();
    await database.drop();
  }
});
