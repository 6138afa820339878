// What a start through the gateway costs beside the same start by a pass, exactly: as many POSTs, and two statements
// more. Counted by the simulator's log and at the pools of worker and server; never timed.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKey } from "../../src/app/access/keys.js";
import { requestPass } from "../../src/app/act/pass.js";
import { toChangeWorkflowId } from "../../src/domain/run-names.js";
import { createAccess } from "../../src/http/access/access.js";
import { NO_LIMITS, startAccessServer } from "../support/access-server.js";
import { postsOf, refOf } from "../support/changes.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { startGateway } from "../support/gateway.js";
import type { TestGateway } from "../support/gateway.js";
import { PATIENT, startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { pauseSchedule } from "../support/schedules.js";
import { aPolicy, declare } from "../support/store-rows.js";

/** Longer than a busy machine lets a change wait behind the look of its pass. */
const POLL_MS = 4_000;
const TIERED = '{"tier":"SP10"}';
const WORKSPACES = ["warm-pass", "warm-gateway", "pass", "tiered", "plain"];

let loop: TestLoop;
let gateway: TestGateway;
let token = "";
beforeAll(async () => {
  const running = Object.fromEntries(WORKSPACES.map((name) => [name, { p: "STARTED" }]));
  loop = await startLoop({
    simulator: { populate: aFleet(running) },
    settings: { ...PATIENT, pollMs: POLL_MS },
  });
  await loop.startWorker();
  await pauseSchedule(loop);
  const { store } = loop.app;
  gateway = await startGateway(loop.app, PROJECT, createAccess({ store }, NO_LIMITS).authenticator);
  token = await takeToken();
  for (const workspace of WORKSPACES)
    await declare(store, refOf(workspace), aPolicy({ start: { tier: "SP10" } }));
  // All of it has been seen before it fails, and what is asked once per process has been asked.
  await requestPass(loop.app, { isLookOnly: false });
  for (const workspace of WORKSPACES) loop.simulator.mutate({ op: "crash", ...refOf(workspace) });
  await loop.database.advance(60_000);
  await startByPass("warm-pass");
  await startByGateway("warm-gateway", TIERED);
});
afterAll(async () => {
  await gateway.end();
  await loop.stop();
});

async function takeToken(): Promise<string> {
  const scope = { project: "*", workspace: "*" };
  const { clientId, clientSecret } = await createKey(loop.app, { name: "ci", role: "operator", scope });
  const server = await startAccessServer(loop.app.store);
  const reply = await fetch(`${server.url}/api/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  await server.close();
  return ((await reply.json()) as { readonly access_token: string }).access_token;
}

interface Cost {
  readonly posts: readonly unknown[];
  /** By the worker, and by the server. */
  readonly statements: readonly [worker: number, server: number];
}

/** How often a waiting change asks whether Atlas was looked at depends on the time that takes: not counted. */
const WAITING = /^\s*select k\.project, k\.workspace, k\.processor, to_ms\(headgate_now\(\)\) as now/;

/** Since the last call. */
const takeCounts = (): Cost["statements"] => [
  loop.takeStatements().filter((statement) => !WAITING.test(statement)).length,
  loop.database.takeStatements().length,
];

const toCost = (workspace: string): Cost => ({
  statements: takeCounts(),
  posts: postsOf(loop, workspace).map(({ operation, body }) => [operation, body]),
});

/** A pass of the one workspace, until the change that it has begun is over. */
async function startByPass(workspace: string): Promise<Cost> {
  const runs = await loop.app.runs();
  takeCounts();
  const pass = await runs.startPass({ workspaces: [{ project: PROJECT, workspace }], isLookOnly: false });
  expect(await pass.result()).toMatchObject({ observed: 1, started: 1 });
  const id = toChangeWorkflowId(loop.installation.taskQueue, refOf(workspace));
  await loop.client.workflow.getHandle(id).result();
  return toCost(workspace);
}

async function startByGateway(workspace: string, body: string): Promise<Cost> {
  takeCounts();
  const answer = await gateway.send("POST", `${workspace}/processor/p:startWith`, { key: token, body });
  expect(answer).toMatchObject({ status: 200, text: "{}" });
  return toCost(workspace);
}

const POSTS = [["startWith", { tier: "SP10" }]];

it("costs one POST as by a pass, and two statements more", async () => {
  expect(await startByPass("pass")).toEqual({ posts: POSTS, statements: [34, 0] });
  // Who calls, and what is declared. The change itself says which tier it has seen.
  expect(await startByGateway("tiered", TIERED)).toEqual({ posts: POSTS, statements: [34, 2] });
  expect(await startByGateway("plain", "{}")).toEqual({ posts: POSTS, statements: [34, 2] });
});
