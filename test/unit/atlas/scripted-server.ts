// A tiny HTTP server on a real socket whose answers each test writes itself, and a client of ours that talks to it. It
// knows nothing of Atlas; the simulator has its own suite.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { createAtlasClient } from "../../../src/atlas/client.js";
import type { AtlasClient, AtlasClientOptions, RateLimitReading } from "../../../src/atlas/client.js";
import { AppError } from "../../../src/base/errors.js";
import { Secret } from "../../../src/base/secret.js";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Turn extends Seen {
  readonly response: ServerResponse;
  /** The how-manieth request it is, token requests not counted; from 1. */
  readonly nth: number;
}

export interface Stage {
  readonly client: AtlasClient;
  readonly seen: readonly Seen[];
  readonly readings: readonly RateLimitReading[];
  readonly url: string;
}

const PROJECT = "32b6e34b3d91647abb20e7b8";
export const WORKSPACE = { project: PROJECT, workspace: "orders" };
export const PROCESSOR = { ...WORKSPACE, processor: "clicks" };
export const CLIENT_SECRET = "mdb-very-secret-value";
export const TOKEN = "token-very-secret-value";
export const SERVICE_ACCOUNT: AtlasClientOptions["credentials"] = {
  kind: "service-account",
  clientId: "mdb_sa_id_1",
  clientSecret: new Secret(CLIENT_SECRET),
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export function aProcessor(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { _id: "0".repeat(24), name, pipeline: [], state: "STARTED", ...more };
}

export function anError(status: number, errorCode: string, detail: string): Record<string, unknown> {
  return { error: status, errorCode, detail, parameters: [], reason: "" };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Answers tokens by itself unless `ownTokens` is set. Ends every connection afterwards. */
export async function onStage(
  play: (turn: Turn) => unknown,
  act: (stage: Stage) => Promise<void>,
  options: Partial<AtlasClientOptions> & { readonly ownTokens?: boolean } = {},
): Promise<void> {
  const { ownTokens = false, ...clientOptions } = options;
  const seen: Seen[] = [];
  const readings: RateLimitReading[] = [];
  let nth = 0;
  const server = createServer((request, response) => {
    void readBody(request).then(async (body) => {
      const { method = "", url = "", headers } = request;
      if (!ownTokens && url === "/api/oauth/token") {
        sendJson(response, 200, { access_token: TOKEN, expires_in: 3600, token_type: "Bearer" });
        return;
      }
      nth += 1;
      seen.push({ method, url, headers, body });
      await play({ method, url, headers, body, response, nth });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const client = createAtlasClient({
    baseUrl: url,
    credentials: SERVICE_ACCOUNT,
    userAgent: "headgate/test",
    onRateLimit: (reading) => readings.push(reading),
    ...clientOptions,
  });
  try {
    await act({ client, seen, readings, url });
  } finally {
    server.closeAllConnections();
    server.close();
    await client.close();
  }
}

/** What a call throws; fails where it throws nothing or something else. */
export async function catchAppError(call: Promise<unknown>): Promise<AppError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error("an AppError was expected", { cause: thrown });
  return thrown;
}

export function within(ms: number): { readonly deadline: number } {
  return { deadline: performance.now() + ms };
}
