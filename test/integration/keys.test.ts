// `keys`: what people see of keys, what is stored of them, and what each verb leaves in the journal. No secret of any
// key stands anywhere but where it was shown.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { IssuedKey, KeyListing } from "../../src/app/access/keys.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli, CliRun } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { findLeaks, toForms } from "../support/secrets.js";
import { pictureRows, readJournal } from "../support/store-rows.js";

let database: TestDatabase;
let cli: Cli;
const printed: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  cli = openCliInside({ DATABASE_URL: database.databaseUrl, HEADGATE_ACTOR: "anna@laptop" });
});
afterAll(async () => {
  cli.remove();
  await database.drop();
});

const issued: IssuedKey[] = [];

async function issue(...args: readonly string[]): Promise<{ readonly run: CliRun; readonly key: IssuedKey }> {
  const run = await cli.run(["keys", ...args, "-o", "json"]);
  expect(run.code).toBe(0);
  const key = JSON.parse(run.stdout) as IssuedKey;
  issued.push(key);
  return { run, key };
}

/** A run that shows no secret by right. */
async function run(...args: readonly string[]): Promise<CliRun> {
  const ended = await cli.run(args);
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

async function list(): Promise<readonly KeyListing[]> {
  return JSON.parse((await run("keys", "list", "-o", "json")).stdout) as readonly KeyListing[];
}

const ONCE = "Keep them now: clientSecret and privateKey are not stored and cannot be shown again.\n";

it("creates a key and shows its secrets once", async () => {
  expect(await run("keys", "list")).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "No keys: headgate keys create makes one.\n",
  });
  const { run: created, key } = await issue("create", "ci", "--role", "operator", "--project", PROJECT);
  expect(Object.keys(key)).toEqual(["name", "clientId", "clientSecret", "publicKey", "privateKey"]);
  expect(key.name).toBe("ci");
  expect(created.stderr).toBe(ONCE);

  const text = await cli.run(["keys", "create", "grafana", "--role", "viewer", "--workspace", "prod-*"]);
  expect(text).toMatchObject({ code: 0, stderr: ONCE });
  const lines = text.stdout.trimEnd().split("\n");
  expect(lines.map((line) => line.split(/ +/)[0])).toEqual(Object.keys(key));
  issued.push(Object.fromEntries(lines.map((line) => line.split(/ +/))) as IssuedKey);
});

it("lists role, scope, and when it was made and used", async () => {
  const table = await run("keys", "list");
  const [head, first, second] = table.stdout.split("\n");
  expect(head).toMatch(/^NAME +ROLE +PROJECT +WORKSPACE +CREATED +BY +USED +STATE +ID$/);
  expect(first).toMatch(
    new RegExp(`^ci +operator +${PROJECT} +\\* +\\S+Z +anna@laptop +never +live +\\S{36}$`),
  );
  expect(second).toMatch(/^grafana +viewer +\* +prod-\* +\S+Z +anna@laptop +never +live +\S{36}$/);
  expect((await run("keys", "list", "-o", "name")).stdout).toBe("ci\ngrafana\n");
  expect(await list()).toMatchObject([
    { name: "ci", clientId: issued[0]?.clientId, publicKey: issued[0]?.publicKey, rotatedAt: null },
    { name: "grafana", revokedAt: null, lastUsedAt: null },
  ]);
});

it("refuses a second key of a name, and a name that no live key has, with the nearest", async () => {
  expect(await run("keys", "create", "ci", "--role", "admin")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: "headgate: a key named ci exists already: revoke it or rotate it\n",
  });
  for (const verb of ["rotate", "revoke"]) {
    expect(await run("keys", verb, "grafama")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "headgate: no live key is named grafama; did you mean grafana?\n",
    });
  }
});

it("makes one key of a name, however many ask at once", async () => {
  const runs = await Promise.all(
    Array.from({ length: 4 }, () => run("keys", "create", "race", "--role", "viewer", "-o", "name")),
  );
  // -o name is no output of create: nobody made one.
  expect(runs.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  const asked = Array.from({ length: 4 }, () =>
    cli.run(["keys", "create", "race", "--role", "viewer", "-o", "json"]),
  );
  const made = (await Promise.all(asked)).filter(({ code }) => code === 0);
  expect(made).toHaveLength(1);
  issued.push(JSON.parse(made[0]?.stdout ?? "") as IssuedKey);
  expect((await list()).filter(({ name }) => name === "race")).toHaveLength(1);
});

it("rotates: new secrets under the old ids", async () => {
  const [before] = issued;
  const { run: rotated, key } = await issue("rotate", "ci");
  expect(rotated.stderr).toBe(
    `${ONCE}The old secrets have ended, and so have the tokens that were made with them.\n`,
  );
  expect(key).toMatchObject({ name: "ci", clientId: before?.clientId, publicKey: before?.publicKey });
  expect(key.clientSecret).not.toBe(before?.clientSecret);
  expect(key.privateKey).not.toBe(before?.privateKey);
  const [ci] = await list();
  expect(ci?.rotatedAt).toBeGreaterThan(ci?.createdAt ?? Infinity);
  const [row] = await database.store.query<{ generation: number }>(
    "select generation from api_keys where name = 'ci'",
  );
  expect(row?.generation).toBe(2);
});

it("revokes by name and by id, says if it was done before, and frees the name", async () => {
  expect(await run("keys", "revoke", "ci")).toEqual({ code: 0, stdout: "", stderr: "ci: revoked\n" });
  const id = (await list()).find(({ name }) => name === "ci")?.id ?? "";
  expect(await run("keys", "revoke", id)).toMatchObject({ code: 0, stderr: "ci: was revoked already\n" });
  expect(await run("keys", "rotate", id)).toMatchObject({
    code: 1,
    stderr: "headgate: the key ci was revoked: create a new one\n",
  });
  expect(await run("keys", "revoke", "ci")).toMatchObject({ code: 1 });
  await issue("create", "ci", "--role", "admin");
  const table = await run("keys", "list");
  expect(table.stdout.match(/^\S+/gm)).toEqual(["NAME", "ci", "grafana", "race", "ci"]);
  expect(table.stdout.trimEnd().split("\n").at(-1)).toMatch(/ revoked \S+Z +\S{36}$/);
});

it("journals each with who did it", async () => {
  const lines = (await run("get", "journal", "--condition", "keys", "-o", "json")).stdout;
  const told = (JSON.parse(lines) as { kind: string; actor: string; text: string }[]).reverse();
  expect(told.map(({ kind, actor, text }) => [kind, actor, text])).toEqual([
    ["key.created", "anna@laptop", `key ci created: operator of ${PROJECT}/*`],
    ["key.created", "anna@laptop", "key grafana created: viewer of */prod-*"],
    ["key.created", "anna@laptop", "key race created: viewer of */*"],
    ["key.rotated", "anna@laptop", "key ci rotated: its old secrets and tokens have ended"],
    ["key.revoked", "anna@laptop", "key ci revoked"],
    ["key.created", "anna@laptop", "key ci created: admin of */*"],
  ]);
  expect(await readJournal(database.store, "key.revoked")).toHaveLength(1);
});

it("keeps no secret in any table, and prints none but where it was made", async () => {
  expect(issued).toHaveLength(5);
  const tables = Object.values(await pictureRows(database.store))
    .flat()
    .join("\n");
  for (const { clientId, publicKey } of issued) {
    expect(tables).toContain(clientId);
    expect(tables).toContain(publicKey);
  }
  const forms = toForms(
    Object.fromEntries(
      issued.flatMap(({ clientSecret, privateKey }, index) => [
        [`client secret ${String(index)}`, clientSecret],
        [`private key ${String(index)}`, privateKey],
      ]),
    ),
  );
  expect(findLeaks({ tables, printed: printed.join("\n") }, forms)).toEqual([]);
});
