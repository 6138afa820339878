// A start through the gateway: durable, one effective start whatever Atlas answers meanwhile, and an answer that a
// client of Atlas cannot tell from Atlas's own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain } from "../../src/app/look/explain.js";
import { getHistory } from "../../src/app/declare/history.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import {
  callsOf,
  declareIn,
  effectsOf,
  passLater,
  postsOf,
  processorIn,
  refOf,
  untilClosedIn,
  untilOpen,
} from "../support/changes.js";
import { OLD_TYPE, START_TYPE, startGateway } from "../support/gateway.js";
import type { TestGateway } from "../support/gateway.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const status = (code: number, more: object = {}): object => ({ kind: "status", status: code, ...more });

let loop: TestLoop;
let gateway: TestGateway;
beforeAll(async () => {
  loop = await startLoop({
    // Longer than Atlas is made to take, so that no start is sent twice.
    settings: { postTimeoutMs: 3_500, startHorizonMs: 4_000, stopHorizonMs: 4_000 },
    simulator: {
      populate: aFleet({
        plain: { p: "STOPPED" },
        bare: { p: "STOPPED", fresh: "CREATED" },
        offsets: { p: "STOPPED" },
        broken: { p: "STOPPED" },
        refused: { p: "STOPPED" },
        slow: { p: "STOPPED" },
        running: { p: "STARTED" },
        deployed: { p: { state: "STARTED", tier: "SP10" } },
        asleep: { p: "STOPPED" },
        busy: { p: "FAILED" },
        gone: { p: "STOPPED" },
      }),
      faults: [
        { when: { operation: "startWith", workspace: "broken", nth: 1 }, what: status(500) },
        { when: { operation: "startWith", workspace: "broken", nth: 2 }, what: status(503) },
        {
          when: { operation: "startWith", workspace: "refused", nth: 1 },
          what: status(400, {
            body: {
              detail: `Streams Processor with this name (p) had a problem occur: ${"long ".repeat(2_000)}`,
              error: 400,
              errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
              parameters: ["p", "long"],
              reason: "Bad Request",
            },
          }),
        },
        { when: { operation: "startWith", workspace: "slow", nth: 1 }, what: { kind: "delay", ms: 40_000 } },
        { when: { operation: "startWith", workspace: "busy", nth: 1 }, what: { kind: "delay", ms: 60_000 } },
      ],
    },
  });
  await loop.startWorker();
  gateway = await startGateway(loop.app, PROJECT);
});
afterAll(async () => {
  await gateway.end();
  await loop.stop();
});

interface Asked {
  readonly processor?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const startWith = (workspace: string, body: string, { processor = "p", headers = {} }: Asked = {}) =>
  gateway.send("POST", `${workspace}/processor/${processor}:startWith`, {
    body,
    headers: { "content-type": "application/json", ...headers },
  });

describe("a start that Atlas takes", () => {
  it("is answered as Atlas answers it, and the next GET shows state and tier", async () => {
    const answer = await startWith("plain", '{"tier":"SP30","resumeFromCheckpoint":true}');
    expect(answer).toMatchObject({ status: 200, text: "{}" });
    expect(answer.headers.get("content-type")).toBe(`${START_TYPE};charset=utf-8`);
    const seen = await gateway.send("GET", "plain/processor/p", { headers: { accept: OLD_TYPE } });
    expect(seen).toMatchObject({ status: 200, body: { name: "p", state: "STARTED", tier: "SP30" } });
    expect(postsOf(loop, "plain").map(({ body }) => body)).toEqual([
      { tier: "SP30", resumeFromCheckpoint: true },
    ]);
    expect(await untilClosedIn(loop, "plain", 1)).toMatchObject([
      { kind: "start", requestedBy: "person", actor: "admin", why: "gateway", outcome: "succeeded" },
    ]);
  });

  it("needs no options, and no policy", async () => {
    expect(await startWith("bare", "null")).toMatchObject({ status: 200, text: "{}" });
    const bare = { headers: { accept: OLD_TYPE } };
    expect(await gateway.send("POST", "bare/processor/fresh:start", bare)).toMatchObject({ status: 200 });
    expect(effectsOf(loop, "bare")).toHaveLength(2);
  });

  it("passes a time on byte for byte, whatever its offset and fraction", async () => {
    const startAtOperationTime = "2026-11-28T10:42:00.123456789+05:30";
    const answer = await startWith("offsets", JSON.stringify({ startAtOperationTime }));
    expect(answer.status).toBe(200);
    expect(postsOf(loop, "offsets").map(({ body }) => body)).toEqual([{ startAtOperationTime }]);
  });

  it("waits out what is Atlas's own fault: one effective start", async () => {
    expect(await startWith("broken", "{}")).toMatchObject({ status: 200, text: "{}" });
    expect(effectsOf(loop, "broken")).toHaveLength(1);
  });
});

it("gives Atlas's own refusal back, uncut", async () => {
  const answer = await startWith("refused", '{"tier":"SP2"}');
  expect(answer).toMatchObject({
    status: 400,
    body: { errorCode: "STREAM_PROCESSOR_GENERIC_ERROR", parameters: ["p", "long"], reason: "Bad Request" },
  });
  expect(answer.text.length).toBeGreaterThan(10_000);
  expect(answer.headers.get("x-error-code")).toBe("STREAM_PROCESSOR_GENERIC_ERROR");
});

it("answers 504 past the wait that was preferred, goes on, and gives its answer to the same request again", async () => {
  const body = '{"tier":"SP5"}';
  const first = await startWith("slow", body, { headers: { prefer: "wait=1" } });
  const { id } = await untilOpen(loop, "slow");
  expect(first).toMatchObject({
    status: 504,
    body: {
      errorCode: "STREAM_PROCESSOR_TIMEOUT",
      error: 504,
      reason: "Gateway Timeout",
      parameters: ["slow", "p"],
    },
  });
  expect(first.text).toContain(`change ${id}`);
  expect(await startWith("slow", body)).toMatchObject({ status: 200, text: "{}" });
  expect(effectsOf(loop, "slow")).toHaveLength(1);
  // Whoever comes back only after it has ended gets its answer, too.
  expect(await startWith("slow", body)).toMatchObject({ status: 200, text: "{}" });
  expect(effectsOf(loop, "slow")).toHaveLength(1);
});

it("refuses to start what runs and to stop what rests, and posts nothing for it", async () => {
  for (const body of ["{}", '{"tier":"SP30"}']) {
    const answer = await startWith("running", body);
    expect(answer).toMatchObject({ status: 400, body: { errorCode: "STREAM_PROCESSOR_GENERIC_ERROR" } });
    expect(answer.text).toContain("STARTED");
  }
  expect(postsOf(loop, "running")).toEqual([]);
});

it("names the holder if another change runs", async () => {
  await declareIn(loop, "busy", "{ state: STARTED }");
  await until(() => Promise.resolve(callsOf(loop, "busy", "startWith")[0]));
  const { id } = await untilOpen(loop, "busy");
  const answer = await startWith("busy", '{"tier":"SP50"}');
  expect(answer).toMatchObject({ status: 409, body: { error: 409, reason: "Conflict" } });
  expect(answer.text).toContain(`change ${id} (start, by headgate:`);
});

describe("against the declaration", () => {
  it("stops what is declared STARTED, says what follows, and the loop waits the grace", async () => {
    await declareIn(loop, "deployed", "{ state: STARTED, start: { tier: SP10 } }");
    await until(async () => ((await processorIn(loop, "deployed")).state === null ? undefined : true));
    const stop = await gateway.send("POST", "deployed/processor/p:stop", { headers: { accept: OLD_TYPE } });
    expect(stop).toMatchObject({ status: 200, text: "{}" });
    expect(stop.headers.get("x-headgate-notice")).toBe(
      "policy version 1 declares STARTED: Headgate starts it again after 5m",
    );
    expect(await passLater(loop, "deployed")).toMatchObject({ started: 0 });
    expect(await processorIn(loop, "deployed")).toMatchObject({ state: "STOPPED", reasonCode: "grace" });
    // The other half of a deploy: with other options than declared.
    expect(await startWith("deployed", '{"tier":"SP30"}')).toMatchObject({ status: 200 });
    expect(await passLater(loop, "deployed", 600_000)).toMatchObject({ started: 0 });
  });

  it("shows a start with other options than declared as a one-off, with the name of its key", async () => {
    const { next, changes } = await explain(loop.app, refOf("deployed"));
    expect(next.find(({ code }) => code === "one-off")?.text).toMatch(
      /^a one-off by admin \(gateway\): .*tier SP30/,
    );
    expect(changes).toMatchObject([
      { kind: "start", actor: "admin", why: "gateway", options: { tier: "SP30" } },
      { kind: "stop", actor: "admin", why: "gateway", options: null },
    ]);
    expect(await getHistory(loop.app, refOf("deployed"), 5)).toMatchObject([
      { version: 1, oneOffs: [{ actor: "admin", why: "gateway", text: "start with tier SP30" }] },
    ]);
  });

  it("refuses to start what is declared STOPPED, unless it is to be left alone", async () => {
    await declareIn(loop, "asleep", "{ state: STOPPED }");
    const refused = await startWith("asleep", "{}");
    expect(refused).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    expect(refused.text).toContain("X-Headgate-Suspend");
    expect(postsOf(loop, "asleep")).toEqual([]);
    expect(await startWith("asleep", "{}", { headers: { "x-headgate-suspend": "4h" } })).toMatchObject({
      status: 200,
    });
    expect(await passLater(loop, "asleep")).toMatchObject({ started: 0 });
    expect(await processorIn(loop, "asleep")).toMatchObject({ state: "STARTED", reasonCode: "suspended" });
  });
});

it("gives Atlas's own 404 for a processor or a workspace that Atlas has not", async () => {
  const missing = await startWith("gone", "{}", { processor: "nobody" });
  expect(missing).toMatchObject({ status: 404, body: { error: 404 } });
  const nowhere = await startWith("nowhere", "{}");
  expect(nowhere).toMatchObject({ status: 404, body: { errorCode: "STREAM_TENANT_NOT_FOUND_FOR_NAME" } });
});
