// `headgate serve` as a process in front of a loop's simulator, a key for it, and the four documented ways to start a
// processor: curl with a token, curl with a digest, a Go program on the Atlas SDK, and the bytes of the Atlas CLI.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { IssuedKey } from "../../src/app/access/keys.js";
import { readEnvironment } from "../../src/config/environment.js";
import { openCli } from "./cli-process.js";
import type { CliProcess, CliProcesses } from "./cli-process.js";
import { PROJECT, until } from "./fleets.js";
import { START_TYPE } from "./gateway.js";
import type { TestLoop } from "./loop.js";

const run = promisify(execFile);

export interface Served {
  readonly url: string;
  readonly key: IssuedKey;
  readonly cli: CliProcesses;
  readonly server: CliProcess;
  /** Ends the server and waits for it. */
  stop(): Promise<void>;
}

export async function startServe({ variables }: TestLoop): Promise<Served> {
  const cli = openCli(variables);
  const server = cli.start(["serve", "--port", "0"]);
  const url = await untilListening(server);
  const made = await cli.run(["keys", "create", "ci", "--role", "admin", "-o", "json"]);
  return {
    url,
    key: JSON.parse(made.stdout) as IssuedKey,
    cli,
    server,
    stop: async () => {
      server.interrupt();
      await server.ended;
      cli.remove();
    },
  };
}

export async function untilListening(started: CliProcess): Promise<string> {
  const line = await until(() => Promise.resolve(/^(\{.*\})\n/.exec(started.printed().stdout)?.[1]));
  return (JSON.parse(line) as { url: string }).url;
}

export async function fetchToken({ url, key }: Pick<Served, "url" | "key">): Promise<string> {
  const basic = Buffer.from(`${key.clientId}:${key.clientSecret}`).toString("base64");
  const reply = await fetch(`${url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  const { access_token: token } = (await reply.json()) as { access_token: string };
  return token;
}

export const toStartUrl = (url: string, workspace: string): string =>
  `${url}/api/atlas/v2/groups/${PROJECT}/streams/${workspace}/processor/p:startWith`;

/** What each way sends for options. */
export const TIER = "SP30";
const BODY = JSON.stringify({ tier: TIER });
const CURL = ["--silent", "--show-error", "--max-time", "130", "--write-out", "\n%{http_code}"];
const toCurlRequest = (url: string, workspace: string): readonly string[] => [
  ...["--header", `Accept: ${START_TYPE}`, "--header", "Content-Type: application/json"],
  ...["--data", BODY, toStartUrl(url, workspace)],
];

/** Body and status, each on a line. */
export async function startByToken(served: Served, workspace: string): Promise<string> {
  const bearer = ["--header", `Authorization: Bearer ${await fetchToken(served)}`];
  return (await run("curl", [...CURL, ...bearer, ...toCurlRequest(served.url, workspace)])).stdout;
}

export async function startByDigest({ url, key }: Served, workspace: string): Promise<string> {
  const user = ["--user", `${key.publicKey}:${key.privateKey}`, "--digest"];
  return (await run("curl", [...CURL, ...user, ...toCurlRequest(url, workspace)])).stdout;
}

/** docs/atlas.md 12: raw bytes in chunks, without a Content-Length, the versioned type both ways, two flags. */
export async function startByCliBytes(served: Served, workspace: string): Promise<string> {
  const reply = await fetch(`${toStartUrl(served.url, workspace)}?envelope=false&pretty=false`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await fetchToken(served)}`,
      accept: START_TYPE,
      "content-type": START_TYPE,
      "user-agent": "atlascli/1.50.0 (linux;amd64;native)",
    },
    body: new Blob([BODY]).stream(),
    duplex: "half",
  });
  return `${await reply.text()}\n${String(reply.status)}`;
}

/** What the SDK made of the answer, and what it saw right behind it. */
export interface SdkOutcome {
  readonly status: number;
  readonly errorCode: string;
  readonly detail: string;
  readonly state: string;
  readonly tier: string;
  readonly failure: string;
}

export const hasGo = ((): boolean => {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Builds the Go program of atlas-sdk/, with the SDK from the Go proxy; its path. */
export async function buildSdkProgram(): Promise<string> {
  const program = join(mkdtempSync(join(tmpdir(), "headgate-go-")), "start");
  const cwd = fileURLToPath(new URL("./atlas-sdk", import.meta.url));
  await run("go", ["build", "-o", program, "."], { cwd });
  return program;
}

export async function startBySdk(
  program: string,
  { url, key }: Served,
  workspace: string,
): Promise<SdkOutcome> {
  const { PATH, HOME } = readEnvironment();
  const env = { PATH, HOME, CLIENT_ID: key.clientId, CLIENT_SECRET: key.clientSecret };
  const { stdout } = await run(program, [url, PROJECT, workspace, "p", TIER], { env });
  return JSON.parse(stdout) as SdkOutcome;
}
