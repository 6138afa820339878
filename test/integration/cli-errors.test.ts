// What a person reads where something is not there, not right or not allowed: one line that says where, what was tried
// and what to do. Never a stack, unless it was asked for; never a password.
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCliInside } from "../support/cli-inside.js";
import { openCli } from "../support/cli-process.js";
import type { Cli } from "../support/cli-process.js";
import { createEmptyDatabase } from "../support/database.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText } from "../support/policies.js";

const CLICKS = `${PROJECT}/orders/clicks`;
const PASSWORD = "hidden-word";

let loop: TestLoop;
let cli: Cli;
/** Takes connections and says nothing. */
let silent: Server;
let silentPort: string;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ orders: { clicks: "STARTED" } }) } });
  cli = openCliInside(loop.variables);
  await applyText(loop.app, `project: ${PROJECT}\nworkspace: orders\nprocessors: { clicks }\n`);
  silent = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  silentPort = String((silent.address() as AddressInfo).port);
  await loop.database.store.query(`create role headgate_stranger login password '${PASSWORD}'`);
  await loop.database.store.query("grant select on test_clock to headgate_stranger");
});
afterAll(async () => {
  await loop.database.store.query("drop owned by headgate_stranger");
  await loop.database.store.query("drop role headgate_stranger");
  silent.close();
  cli.remove();
  await loop.stop();
});

/** The database's URL, changed. */
function aUrl(change: (url: URL) => void): string {
  const url = new URL(loop.database.databaseUrl);
  change(url);
  return url.href;
}

async function fail(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { code, stdout, stderr } = await cli.run(args, { variables });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).not.toContain(PASSWORD);
  expect(stderr.trimEnd().split("\n"), stderr).toHaveLength(1);
  return stderr.trimEnd();
}

describe("Postgres", () => {
  const at = (): string => new URL(loop.database.databaseUrl).host;
  const name = (): string => new URL(loop.database.databaseUrl).pathname;

  it("is not there", async () => {
    const variables = { DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/headgate` };
    const told =
      "headgate: Postgres at 127.0.0.1:1/headgate cannot be reached: tried once, for 10s at most; " +
      "connect ECONNREFUSED 127.0.0.1:1. Start it, or set DATABASE_URL";
    for (const args of [
      ["get", "processors"],
      ["plan"],
      ["migrate"],
      ["start", CLICKS],
      ["explain", CLICKS],
    ]) {
      expect(await fail(args, variables)).toBe(told);
    }
  });

  it("does not answer", async () => {
    expect(
      await fail(["plan"], { DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:${silentPort}/x` }),
    ).toMatch(
      /^headgate: Postgres at 127\.0\.0\.1:\d+\/x cannot be reached: tried once, for 10s at most; Connection terminated due to connection timeout\. Start it, or set DATABASE_URL$/,
    );
  });

  it("does not let us in", async () => {
    const wrong = aUrl((url) => (url.password = PASSWORD));
    const user = new URL(wrong).username;
    expect(await fail(["plan"], { DATABASE_URL: wrong })).toBe(
      `headgate: Postgres at ${at()}${name()} does not let user "${user}" in: password authentication failed for user ` +
        `"${user}". Check user and password of DATABASE_URL`,
    );
    // As a process: until its end the server waits for the rest of the log-in, and no database can be dropped.
    const none = openCli({ ...loop.variables, DATABASE_URL: aUrl((url) => (url.password = "")) });
    const { code, stderr } = await none.run(["plan"]);
    none.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /does not let user "\w+" in: SASL: .*\. Check user and password of DATABASE_URL\n$/,
    );
  });

  it("has no such database, or one without tables", async () => {
    expect(await fail(["plan"], { DATABASE_URL: aUrl((url) => (url.pathname = "/nowhere")) })).toBe(
      `headgate: Postgres at ${at()}/nowhere has no such database: database "nowhere" does not exist. Create it, or set ` +
        "DATABASE_URL",
    );
    const empty = await createEmptyDatabase();
    try {
      const told = await fail(["get", "policies"], { DATABASE_URL: empty.databaseUrl });
      expect(told).toMatch(
        /^headgate: the tables of Postgres at \S+ are not those of this version: function headgate_now\(\) does not exist\. Run headgate migrate$/,
      );
    } finally {
      await empty.drop();
    }
  });

  it("names the right that is missing", async () => {
    const stranger = aUrl((url) => {
      url.username = "headgate_stranger";
      url.password = PASSWORD;
    });
    expect(await fail(["get", "policies"], { DATABASE_URL: stranger })).toBe(
      `headgate: Postgres at ${at()}${name()} refuses user "headgate_stranger": permission denied for table start_policies. ` +
        "Grant it, or set DATABASE_URL to the owner of the tables",
    );
  });
});

describe("DATABASE_URL", () => {
  it("is no URL, or not set", async () => {
    const wrong = await cli.run(["plan"], { variables: { DATABASE_URL: `me:${PASSWORD}` } });
    expect(wrong).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "headgate: DATABASE_URL: not a URL of Postgres: want postgres://HOST:PORT/DATABASE, user and password before the host\n",
    });
    const none = await cli.run(["plan"], { variables: { DATABASE_URL: undefined } });
    expect(none).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "headgate: DATABASE_URL is not set, and no stack of headgate dev runs in this folder (npm start starts one)\n",
    });
  });
});

describe("Temporal", () => {
  it.each([
    ["is not there", () => "1"],
    ["does not answer", () => silentPort],
  ])("%s", async (_name, port) => {
    const address = `127.0.0.1:${port()}`;
    for (const args of [["reconcile"], ["start", CLICKS]]) {
      expect(await fail(args, { TEMPORAL_ADDRESS: address })).toMatch(
        new RegExp(
          `^headgate: Temporal at ${address} cannot be reached: tried for 5s; .+\\. Start it, or set TEMPORAL_ADDRESS$`,
        ),
      );
    }
  });

  it("has no such namespace", async () => {
    expect(await fail(["reconcile"], { TEMPORAL_NAMESPACE: "nobody-made-this" })).toMatch(
      /^headgate: Temporal at \S+ has no namespace nobody-made-this: .+\. Create it, or set TEMPORAL_NAMESPACE$/,
    );
  });

  it("is configured wrongly", async () => {
    const { code, stdout, stderr } = await cli.run(["reconcile"], { variables: { TEMPORAL_PROFILE: "zz" } });
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "headgate: the configuration of Temporal (TEMPORAL_*) is wrong: Profile 'zz' not found in config data\n",
    });
  });

  it("is not needed for reading", async () => {
    const run = await cli.run(["get", "policies", "-o", "name"], {
      variables: { TEMPORAL_ADDRESS: "127.0.0.1:1" },
    });
    expect(run).toEqual({ code: 0, stdout: `${CLICKS}\n`, stderr: "" });
  });
});

it.each([
  [
    ["explain", `${PROJECT}/orders/click`],
    `no processor ${PROJECT}/orders/click is declared or was seen in Atlas; did you mean ${CLICKS}?`,
  ],
  [
    ["start", `${PROJECT}/order/clicks`],
    `no processor ${PROJECT}/order/clicks is declared or was seen in Atlas; did you mean ${CLICKS}?`,
  ],
  [
    ["history", `${PROJECT}/orders/click`],
    `no policy of ${PROJECT}/orders/click was ever declared; did you mean ${CLICKS}?`,
  ],
  [
    ["get", "processors", `${PROJECT}/order`],
    `no workspace ${PROJECT}/order is declared or was seen in Atlas; did you mean ${PROJECT}/orders?`,
  ],
  [
    ["get", "policies", `4${PROJECT.slice(1)}`],
    `no project 4${PROJECT.slice(1)} is declared or was seen in Atlas; did you mean ${PROJECT}?`,
  ],
  [
    ["plan", "--workspace", `${PROJECT}/order`],
    `no workspace ${PROJECT}/order has policies; did you mean ${PROJECT}/orders?`,
  ],
  [
    ["rollback", CLICKS, "--to", "9", "--yes"],
    `the policy of ${CLICKS} has no version 9: it has version 1 only`,
  ],
  [["changes", "follow", "nothing"], "no change has the id nothing"],
  [["stop", `${PROJECT}/*/nothing-*`, "--yes"], `no processor matches ${PROJECT}/*/nothing-*`],
])("%j suggests the nearest name, where one is near", async (args, told) => {
  expect(await fail(args, {})).toBe(`headgate: ${told}`);
});

it.each([
  [["gt"], "unknown command 'gt' (Did you mean get?)", "headgate [options] [command]"],
  [
    ["get", "polices"],
    "unknown command 'polices' (Did you mean policies?)",
    "headgate get [options] [command]",
  ],
  [
    ["start", "--teir", "SP10"],
    "unknown option '--teir' (Did you mean --tier?)",
    "headgate start [options] [selector...]",
  ],
  [
    ["start"],
    "name at least one processor, or give a list with --file",
    "headgate start [options] [selector...]",
  ],
  [["explain"], "missing required argument 'ref'", "headgate explain [options] <ref>"],
  [
    ["history", CLICKS, "more"],
    "too many arguments for 'history'. Expected 1 argument but got 2.",
    "headgate history [options] <ref>",
  ],
  [
    ["apply"],
    "required option '-f, --file <file...>' not specified",
    "headgate apply --file <file...> [options]",
  ],
  [
    ["apply", "-f", "missing.yaml"],
    "cannot read missing.yaml: ENOENT: no such file or directory, open 'missing.yaml'",
    "headgate apply --file <file...> [options]",
  ],
  [["start", "x"], /^"x" is not PROJECT, PROJECT\/WORKSPACE or/, "headgate start [options] [selector...]"],
  [
    ["explain", "x"],
    /^ref: "x" is not PROJECT\/WORKSPACE\/PROCESSOR: PROJECT is 24/,
    "headgate explain [options] <ref>",
  ],
  [
    ["get", "changes", "-o", "jsn"],
    '--output: "jsn" is not an output: one of table, json, yaml, name.',
    "headgate get changes [options] [selector...]",
  ],
  [
    ["get", "changes", "--condition", "runing"],
    /^--condition: "runing" is not a condition of changes: .*did you mean running\?\.$/,
    "headgate get changes [options] [selector...]",
  ],
] as const)("%j is a usage error, with the one usage line that matters", async (args, told, usage) => {
  const { code, stdout, stderr } = await cli.run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  const [first = "", second, ...rest] = stderr.trimEnd().split("\n");
  if (typeof told === "string") expect(first).toBe(`headgate: ${told}`);
  else expect(first.replace("headgate: ", "")).toMatch(told);
  expect(second).toBe(`usage: ${usage}`);
  expect(rest).toEqual([]);
});

it("refuses to drop the data of a stack of which parts are somebody else's", async () => {
  const stack = openCli(loop.variables);
  const { code, stderr } = await stack.run(["dev", "--fresh"]);
  stack.remove();
  expect(code).toBe(2);
  expect(stderr).toBe(
    "headgate: --fresh drops the data of the whole stack, but parts of it are named outside: unset DATABASE_URL, " +
      "TEMPORAL_ADDRESS, MONGODB_ATLAS_*, or leave out --fresh\n",
  );
});

it("shows the stack, and that of the cause, only where it is asked to", async () => {
  const variables = { DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:1/headgate` };
  const { stderr } = await cli.run(["--debug", "plan"], { variables });
  expect(stderr).toMatch(/\n {4}at [\s\S]*\ncaused by: Error: connect ECONNREFUSED/);
  expect(stderr).not.toContain(PASSWORD);
});
