// Starts small simulators for the contract tests of the simulator itself and talks to them over real sockets, with fetch
// or byte by byte. Uses nothing of the Atlas client: a shared mistake would pass every test.
import { connect } from "node:net";
import { startSimulator } from "../../src/sim/server.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/server.js";
import { buildSettings } from "../../src/sim/settings.js";
import { addProcessor, addWorkspace } from "../../src/sim/world.js";
import type { World } from "../../src/sim/world-model.js";

export const PROJECT = "32b6e34b3d91647abb20e7b8";
export const STREAMS = `/api/atlas/v2/groups/${PROJECT}/streams`;
export const ORDERS = `${STREAMS}/orders`;

/** One processor in each state, one with a colon and one with a space in its name, and 250 in another workspace. */
function populate(world: World, now: number): void {
  const orders = addWorkspace(world, { project: PROJECT, name: "orders", maxTierSize: "SP30" });
  const wide = addWorkspace(world, { project: PROJECT, name: "wide" });
  for (const state of ["CREATED", "STARTED", "STOPPED", "FAILED"]) {
    const errorMsg = state === "FAILED" ? "Kafka broker transport failure" : null;
    addProcessor(world, orders, { name: state.toLowerCase(), createdAt: now - 3_600_000, state, errorMsg });
  }
  for (const name of ["a:b", "with space"]) {
    addProcessor(world, orders, { name, createdAt: now - 3_600_000, state: "STOPPED", tier: "SP10" });
  }
  for (let index = 0; index < 250; index += 1)
    addProcessor(world, wide, { name: `p${String(index)}`, createdAt: now });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly authorization?: string;
}

export interface Bench {
  readonly sim: Simulator;
  readonly token: string;
  readonly ask: (ask: Ask) => Promise<Answer>;
}

const ACCEPT = "application/vnd.atlas.2025-03-12+json";

const FAST = ["startWith.holdMinMs=20", "startWith.holdMaxMs=60", "stop.delayMs=20"];

export type BenchOptions = Omit<SimulatorOptions, "settings"> & { readonly set?: readonly string[] };

/** Basic credentials of the simulator's service account. */
export function basicOf(sim: Simulator): string {
  const { clientId, clientSecret } = sim.credentials;
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}

export async function fetchToken(sim: Simulator): Promise<Answer> {
  const reply = await fetch(`${sim.url}/api/oauth/token`, {
    method: "POST",
    headers: { Authorization: basicOf(sim) },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return toAnswer(reply);
}

async function toAnswer(reply: Response): Promise<Answer> {
  const text = await reply.text();
  const isJson = (reply.headers.get("content-type") ?? "").includes("json");
  let json: unknown;
  try {
    json = isJson && text !== "" ? JSON.parse(text) : undefined;
  } catch {
    json = undefined;
  }
  return { status: reply.status, headers: reply.headers, text, json };
}

/** A running simulator with a token. Close it with `bench.sim.close()`. */
export async function aBench(options: BenchOptions = {}): Promise<Bench> {
  const { set = [], ...rest } = options;
  const sim = await startSimulator({ populate, settings: buildSettings([...FAST, ...set]), ...rest });
  const issued = (await fetchToken(sim)).json as { access_token: string };
  const token = issued.access_token;
  const ask = async ({ method, path, accept = ACCEPT, body, authorization }: Ask): Promise<Answer> =>
    toAnswer(
      await fetch(`${sim.url}${path}`, {
        method,
        headers: { Accept: accept, Authorization: authorization ?? `Bearer ${token}` },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  return { sim, token, ask };
}

/** Sends just these bytes and gives back all that comes until the other side closes. */
export function sendBytes(sim: Simulator, lines: readonly string[], body = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(sim.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    socket.write(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`);
  });
}
