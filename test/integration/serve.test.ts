// `headgate serve` as a process: what it prints, where it may listen, who may call, and how it ends. The four
// documented ways to start a processor go through it: curl with a token, curl with a digest, and (elsewhere) Go and the
// Atlas CLI.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IssuedKey } from "../../src/app/access/keys.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { effectsOf, postsOf } from "../support/changes.js";
import { openCli } from "../support/cli-process.js";
import type { CliProcess, CliProcesses } from "../support/cli-process.js";
import { START_TYPE } from "../support/gateway.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const run = promisify(execFile);
const BODY = '{"tier":"SP30","resumeFromCheckpoint":true}';

let loop: TestLoop;
let cli: CliProcesses;
let server: CliProcess;
let url = "";
let key: IssuedKey;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ bearer: { p: "STOPPED" }, digest: { p: "STOPPED" }, ending: { p: "STOPPED" } }),
      faults: [
        {
          when: { operation: "startWith", workspace: "ending", nth: 1 },
          what: { kind: "delay", ms: 30_000 },
        },
      ],
    },
  });
  await loop.startWorker();
  cli = openCli(loop.variables);
  server = cli.start(["serve", "--port", "0"]);
  url = await untilListening(server);
  const made = await cli.run(["keys", "create", "ci", "--role", "admin", "-o", "json"]);
  key = JSON.parse(made.stdout) as IssuedKey;
});
afterAll(async () => {
  server.interrupt();
  await server.ended;
  cli.remove();
  await loop.stop();
});

async function untilListening(started: CliProcess): Promise<string> {
  const line = await until(() => Promise.resolve(/^(\{.*\})\n/.exec(started.printed().stdout)?.[1]));
  return (JSON.parse(line) as { url: string }).url;
}

const toStart = (workspace: string): string =>
  `${url}/api/atlas/v2/groups/${PROJECT}/streams/${workspace}/processor/p:startWith`;

async function fetchToken(): Promise<string> {
  const basic = Buffer.from(`${key.clientId}:${key.clientSecret}`).toString("base64");
  const reply = await fetch(`${url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  const { access_token: token } = (await reply.json()) as { access_token: string };
  return token;
}

/** What curl is told beside the key; the status is the last line. */
const CURL = ["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"];
const asked = (workspace: string): readonly string[] => [
  ...["--header", `Accept: ${START_TYPE}`, "--header", "Content-Type: application/json"],
  ...["--data", BODY, toStart(workspace)],
];

describe("a start by curl", () => {
  it("with a token", async () => {
    const token = await fetchToken();
    const { stdout } = await run("curl", [
      ...CURL,
      "--header",
      `Authorization: Bearer ${token}`,
      ...asked("bearer"),
    ]);
    expect(stdout).toBe("{}\n200");
    expect(postsOf(loop, "bearer").map(({ body }) => body)).toEqual([JSON.parse(BODY)]);
  });

  it("with a digest", async () => {
    const user = `${key.publicKey}:${key.privateKey}`;
    const { stdout } = await run("curl", [...CURL, "--user", user, "--digest", ...asked("digest")]);
    expect(stdout).toBe("{}\n200");
    expect(effectsOf(loop, "digest")).toHaveLength(1);
  });
});

describe("where it listens", () => {
  it("prints one JSON line on standard output, and nothing else there", () => {
    expect(server.printed().stdout).toBe(`${JSON.stringify({ url })}\n`);
    expect(url).toMatch(/^http:\/\/127[.]0[.]0[.]1:\d+$/);
  });

  it.each([
    [["--host", "0.0.0.0"], "add --tls-cert and --tls-key, or --behind-proxy"],
    [["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together"],
    [["--tls-cert", "cert.pem", "--tls-key", "key.pem"], "--tls-cert: cannot read cert.pem"],
    [["--host", "192.0.2.1", "--behind-proxy"], "cannot listen on 192.0.2.1"],
  ])("serve %j is refused: %s", async (flags, why) => {
    const { code, stdout, stderr } = await cli.run(["serve", "--port", "0", ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(why);
  });
});

it("finishes what it has accepted when it is told to end, and takes nothing new", async () => {
  const other = cli.start(["serve", "--port", "0"]);
  const address = await untilListening(other);
  const token = await fetchToken();
  const waiting = fetch(toStart("ending").replace(url, address), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, accept: START_TYPE, "content-type": "application/json" },
    body: "{}",
  });
  await until(() => Promise.resolve(postsOf(loop, "ending")[0]));
  other.interrupt();
  await until(
    async () =>
      await fetch(address).then(
        () => undefined,
        () => true,
      ),
  );
  const reply = await waiting;
  expect({ status: reply.status, text: await reply.text() }).toEqual({ status: 200, text: "{}" });
  expect((await other.ended).code).toBe(0);
});
