// A stop through the gateway of what is declared STARTED, by what its policy says of that: suspended for a while, or
// refused. What is allowed stands in gateway-start.test.ts.
import { afterAll, beforeAll, expect, it } from "vitest";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { suspend } from "../../src/app/act/interventions.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import {
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  refOf,
  untilClosedIn,
} from "../support/changes.js";
import { OLD_TYPE, aHolder, aTableOfKeys, startGateway } from "../support/gateway.js";
import type { Answered, TestGateway } from "../support/gateway.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const HOUR_MS = 3_600_000;

let loop: TestLoop;
let gateway: TestGateway;
beforeAll(async () => {
  const running = { p: { state: "STARTED", tier: "SP10" } } as const;
  loop = await startLoop({
    simulator: { populate: aFleet({ paused: running, guarded: running, longer: running }) },
  });
  await loop.startWorker();
  gateway = await startGateway(loop.app, PROJECT, aTableOfKeys([aHolder("deployer", "operator")]));
});
afterAll(async () => {
  await gateway.end();
  await loop.stop();
});

const stop = (workspace: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> =>
  gateway.send("POST", `${workspace}/processor/p:stop`, {
    key: "deployer",
    headers: { accept: OLD_TYPE, ...headers },
  });

async function declareSeen(workspace: string, rule: string): Promise<void> {
  await declareIn(loop, workspace, `{ state: STARTED, start: { tier: SP10 }, gateway: ${rule} }`);
  await until(async () => ((await processorIn(loop, workspace)).state === null ? undefined : true));
}

const linesOf = (workspace: string, kind: string): Promise<readonly object[]> =>
  loop.database.store.query(
    "select actor, processor, text from journal where workspace = $1 and kind = $2 order by id",
    [workspace, kind],
  );

it("suspend: the loop leaves it alone as long as the policy says, and then starts it again", async () => {
  await declareSeen("paused", "{ stop: suspend, for: 4h }");
  const answer = await stop("paused");
  expect(answer).toMatchObject({ status: 200, text: "{}" });
  expect(answer.headers.get("x-headgate-notice")).toBe(
    "policy version 1 declares STARTED: Headgate leaves the processor alone for 4h, then starts it again",
  );
  expect(await linesOf("paused", "processor.suspended")).toMatchObject([
    { actor: "deployer", text: expect.stringMatching(/^until .*: gateway$/) as string },
  ]);
  // Longer than its grace.
  expect(await passLater(loop, "paused", HOUR_MS)).toMatchObject({ started: 0 });
  expect(await processorIn(loop, "paused")).toMatchObject({ state: "STOPPED", reasonCode: "suspended" });
  expect(await passLater(loop, "paused", 3 * HOUR_MS)).toMatchObject({ started: 1 });
  expect(await untilClosedIn(loop, "paused", 2)).toMatchObject([
    { kind: "start", actor: "headgate", outcome: "succeeded" },
    { kind: "stop", actor: "deployer", why: "gateway", outcome: "succeeded" },
  ]);
  expect(effectsOf(loop, "paused")).toEqual(["stop", "startWith"]);
});

it("suspend: shortens no suspension that ends later", async () => {
  await declareSeen("longer", "{ stop: suspend, for: 1h }");
  await suspend({ ...loop.app, actor: "anna" }, { ref: refOf("longer"), forMs: 48 * HOUR_MS, why: "a move" });
  const { suspendedUntil } = await processorIn(loop, "longer");
  expect(await stop("longer")).toMatchObject({ status: 200 });
  expect(await processorIn(loop, "longer")).toMatchObject({ suspendedBy: "anna", suspendedUntil });
});

it("refuse: 409 that names the policy and what to do, no POST, and a line in the journal", async () => {
  await declareSeen("guarded", "{ stop: refuse }");
  const text =
    "policy version 1 declares STARTED with gateway.stop: refuse: declare STOPPED, or change gateway.stop";
  for (const headers of [{}, { "x-headgate-suspend": "4h" }]) {
    const answer = await stop("guarded", headers);
    expect(answer).toMatchObject({ status: 409, body: { error: 409, reason: "Conflict", detail: text } });
  }
  expect(postsOf(loop, "guarded")).toEqual([]);
  expect(await listChanges(loop.database.store, refOf("guarded"))).toEqual([]);
  expect(await processorIn(loop, "guarded")).toMatchObject({ state: "STARTED", suspendedUntil: null });
  expect(await linesOf("guarded", "gateway.refused")).toMatchObject([
    { actor: "deployer", processor: "p", text: `a stop: ${text}` },
    { actor: "deployer", processor: "p", text: `a stop: ${text}` },
  ]);
});

it("refuse: stands in nobody's way who declares STOPPED first", async () => {
  await declareIn(loop, "guarded", "{ state: STOPPED, mode: observe, gateway: { stop: refuse } }");
  expect(await stop("guarded")).toMatchObject({ status: 200 });
  expect(effectsOf(loop, "guarded")).toEqual(["stop"]);
});
