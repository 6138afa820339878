// `headgate serve` as a process: what it prints, where it may listen, and how it ends. The documented ways to start a
// processor through it are in test/faults/gateway-killed.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFleet, until } from "../support/fleets.js";
import { postsOf } from "../support/changes.js";
import { START_TYPE } from "../support/gateway.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { fetchToken, startServe, toStartUrl, untilListening } from "../support/serve.js";
import type { Served } from "../support/serve.js";

let loop: TestLoop;
let served: Served;
beforeAll(async () => {
  loop = await startLoop({
    settings: PATIENT,
    simulator: {
      populate: aFleet({ ending: { p: "STOPPED" } }),
      faults: [{ when: { operation: "startWith", nth: 1 }, what: { kind: "delay", ms: 30_000 } }],
    },
  });
  await loop.startWorker();
  served = await startServe(loop);
});
afterAll(async () => {
  await served.stop();
  await loop.stop();
});

describe("where it listens", () => {
  it("prints one JSON line on standard output, and nothing else there", () => {
    expect(served.server.printed().stdout).toBe(`${JSON.stringify({ url: served.url })}\n`);
    expect(served.url).toMatch(/^http:\/\/127[.]0[.]0[.]1:\d+$/);
  });

  it.each([
    [["--host", "0.0.0.0"], "add --tls-cert and --tls-key, or --behind-proxy"],
    [["--tls-cert", "cert.pem"], "--tls-cert and --tls-key go together"],
    [["--tls-cert", "cert.pem", "--tls-key", "key.pem"], "--tls-cert: cannot read cert.pem"],
    [["--host", "192.0.2.1", "--behind-proxy"], "cannot listen on 192.0.2.1"],
  ])("serve %j is refused: %s", async (flags, why) => {
    const { code, stdout, stderr } = await served.cli.run(["serve", "--port", "0", ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(why);
  });
});

it("is examined by doctor: ready, not what answers there, or nobody there", async () => {
  const examine = async (address: string): Promise<string> => {
    const { stdout } = await served.cli.run(["doctor"], { variables: { HEADGATE_SERVER_URL: address } });
    return stdout.split("\n").find((line) => / server: /.test(line)) ?? "";
  };
  // What has no policy is never due, so no observation is late.
  expect(await examine(served.url)).toBe(`ok       server: ready at ${served.url}`);
  expect(await examine(loop.simulator.url)).toContain(
    `wrong    server: failed: what answers at ${loop.simulator.url} is not headgate serve`,
  );
  expect(await examine("http://127.0.0.1:1")).toContain("wrong    server: ");
});

it("finishes what it has accepted when it is told to end, and takes nothing new", async () => {
  const other = served.cli.start(["serve", "--port", "0"]);
  const address = await untilListening(other);
  const token = await fetchToken(served);
  const waiting = fetch(toStartUrl(address, "ending"), {
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
