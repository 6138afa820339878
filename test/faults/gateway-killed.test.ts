// The four documented ways to start a processor through `headgate serve`, while Atlas answers 500 and the worker is
// killed: each is answered as if nothing had happened, and has started its processor once.
import { afterAll, beforeAll, expect, it } from "vitest";
import { countStarts, untilCalls } from "../support/crashes.js";
import { aFleet } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import {
  TIER,
  buildSdkProgram,
  hasGo,
  startByCliBytes,
  startByDigest,
  startBySdk,
  startByToken,
  startServe,
} from "../support/serve.js";
import type { Served } from "../support/serve.js";
import { killWorker, useWorkers } from "../support/worker-process.js";

const WAYS = ["token", "digest", "bytes", ...(hasGo ? ["sdk"] : [])];
if (!hasGo) process.stderr.write("SKIPPED: the Go program on the Atlas SDK, because there is no `go` here\n");

let loop: TestLoop;
let served: Served;
let program = "";
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet(Object.fromEntries(WAYS.map((way) => [way, { p: "STOPPED" }]))),
      faults: WAYS.map((workspace) => ({
        when: { operation: "startWith", workspace, from: 1, to: 2 },
        what: { kind: "status", status: 500 },
      })),
    },
  });
  served = await startServe(loop);
  if (hasGo) program = await buildSdkProgram();
});
afterAll(async () => {
  await served.stop();
  await loop.stop();
});
const startWorker = useWorkers();

it("is answered 200 with one effective start, whichever way it was sent", async () => {
  const worker = await startWorker(loop.variables);
  const answers = Promise.all([
    startByToken(served, "token"),
    startByDigest(served, "digest"),
    startByCliBytes(served, "bytes"),
    hasGo ? startBySdk(program, served, "sdk") : undefined,
  ]);
  await untilCalls(loop, "startWith", (starts) => starts.length >= WAYS.length);
  await killWorker(worker);
  await startWorker(loop.variables);
  const [token, digest, bytes, sdk] = await answers;
  expect([token, digest, bytes]).toEqual(["{}\n200", "{}\n200", "{}\n200"]);
  if (hasGo) expect(sdk).toMatchObject({ status: 200, failure: "", state: "STARTED", tier: TIER });
  expect(countStarts(loop)).toEqual(Object.fromEntries(WAYS.map((way) => [`${way}/p`, 1])));
});

it.runIf(hasGo)("hands the SDK an error of Atlas's that it can decode", async () => {
  await startWorker(loop.variables);
  const told = await startBySdk(program, served, "nowhere");
  expect(told).toMatchObject({ status: 404, errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME", state: "" });
  expect(told.detail).toContain("nowhere");
});
