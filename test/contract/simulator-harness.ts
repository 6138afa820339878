// Starts small simulators for the contract tests of the simulator itself and talks to them over real sockets, with
// fetch or byte by byte. Uses nothing of the Atlas client: a shared mistake would pass every test.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { startSimulator } from "../../src/sim/wire/server.js";
import type { Simulator, SimulatorOptions } from "../../src/sim/wire/server.js";
import { buildSettings } from "../../src/sim/settings/settings.js";
import { addProcessor, addWorkspace } from "../../src/sim/world/world.js";
import type { World } from "../../src/sim/world/world-model.js";

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

/** An answer as it stood on the wire; header names in lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The first whole answer in these bytes; undefined while some of it is still to come. */
function readAnswer(bytes: Buffer, hasEnded: boolean): RawAnswer | undefined {
  const cut = bytes.indexOf("\r\n\r\n");
  if (cut < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, cut).toString("latin1").split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const status = Number(first.split(" ")[1]);
  const body = bytes.subarray(cut + 4);
  const length = status === 204 ? 0 : Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (body.length < length && !hasEnded) return undefined;
  return { status, headers, text: body.subarray(0, length).toString("utf8") };
}

/** Sends just this request, nothing added, and hangs up when its answer is whole. */
export function sendBytes(sim: Simulator, lines: readonly string[], body = ""): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(sim.port, "127.0.0.1");
    let bytes = Buffer.alloc(0);
    const look = (hasEnded: boolean): void => {
      const answer = readAnswer(bytes, hasEnded);
      if (answer === undefined) return;
      resolve(answer);
      socket.destroy();
    };
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      look(false);
    });
    socket.on("error", reject);
    socket.on("end", () => {
      look(true);
      reject(new Error(`no answer in: ${bytes.toString("utf8")}`));
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  });
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** The Authorization header of an API key's second half, as RFC 7616 has it. */
export function signDigest(
  sim: Simulator,
  challenge: string,
  of: { readonly method: string; readonly path: string },
): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";
  const { publicKey, privateKey } = sim.credentials;
  const inner = md5(`${publicKey}:MMS Public API:${privateKey}`);
  const response = md5(`${inner}:${nonce}:00000001:abcd:auth:${md5(`${of.method}:${of.path}`)}`);
  return `Digest username="${publicKey}", realm="MMS Public API", nonce="${nonce}", uri="${of.path}", response="${response}", algorithm="MD5", qop=auth, nc=00000001, cnonce="abcd"`;
}
