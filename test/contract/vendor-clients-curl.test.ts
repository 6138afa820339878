// The two command lines that people copy from the vendor's documents: curl with a Bearer token, and curl --digest. Each
// starts a processor of the simulator. A machine without curl says so and skips.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { aBench, ORDERS } from "./simulator-harness.js";
import type { Bench } from "./simulator-harness.js";

const run = promisify(execFile);

function findCurl(): boolean {
  try {
    execFileSync("curl", ["--version"]);
    return true;
  } catch {
    process.stderr.write("SKIPPED: there is no curl on PATH\n");
    return false;
  }
}
const hasCurl = findCurl();

/** What curl printed: the body, then the status of the last answer. */
async function curl(args: readonly string[]): Promise<readonly [body: string, status: string]> {
  const { stdout } = await run("curl", [
    "--silent",
    "--show-error",
    "--write-out",
    "\n%{http_code}",
    ...args,
  ]);
  const cut = stdout.lastIndexOf("\n");
  return [stdout.slice(0, cut), stdout.slice(cut + 1)];
}

const startOf = (bench: Bench, processor: string): readonly string[] => [
  ...["--request", "POST", "--header", "Accept: application/vnd.atlas.2025-03-12+json"],
  ...["--header", "Content-Type: application/json", "--data", '{"tier":"SP30"}'],
  `${bench.sim.url}${ORDERS}/processor/${processor}:startWith`,
];

async function expectStarted(bench: Bench, processor: string): Promise<void> {
  const shown = await bench.ask({ method: "GET", path: `${ORDERS}/processor/${processor}` });
  expect(shown.json).toMatchObject({ state: "STARTED", tier: "SP30" });
  const effects = bench.sim.log().filter(({ effective }) => effective);
  expect(effects).toHaveLength(1);
  expect(effects[0]).toMatchObject({ operation: "startWith", processor, body: { tier: "SP30" } });
}

it.runIf(hasCurl)("curl fetches a token, starts a processor with it, and revokes it", async () => {
  const bench = await aBench();
  const { clientId, clientSecret } = bench.sim.credentials;
  const basic = ["--user", `${clientId}:${clientSecret}`];
  const [issued] = await curl([
    ...[...basic, "--data", "grant_type=client_credentials"],
    `${bench.sim.url}/api/oauth/token`,
  ]);
  const { access_token: token } = JSON.parse(issued) as { access_token: string };
  const bearer = ["--header", `Authorization: Bearer ${token}`];
  expect(await curl([...bearer, ...startOf(bench, "failed")])).toEqual(["{}", "200"]);
  await expectStarted(bench, "failed");
  const [, revoked] = await curl([
    ...[...basic, "--data", `token=${token}`, "--data", "token_type_hint=access_token"],
    `${bench.sim.url}/api/oauth/revoke`,
  ]);
  expect(revoked).toBe("200");
  expect((await curl([...bearer, ...startOf(bench, "stopped")]))[1]).toBe("401");
  await bench.sim.close();
});

it.runIf(hasCurl)("curl --digest starts a processor, once", async () => {
  const bench = await aBench();
  const { publicKey, privateKey } = bench.sim.credentials;
  const digest = ["--digest", "--user", `${publicKey}:${privateKey}`];
  expect(await curl([...digest, ...startOf(bench, "stopped")])).toEqual(["{}", "200"]);
  await expectStarted(bench, "stopped");
  const halves = bench.sim.log().filter(({ operation }) => operation === "startWith");
  expect(halves.map(({ status }) => status)).toEqual([401, 200]);
  const wrong = ["--digest", "--user", `${publicKey}:wrong`];
  expect((await curl([...wrong, ...startOf(bench, "created")]))[1]).toBe("401");
  await bench.sim.close();
});
