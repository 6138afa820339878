// What becomes of a POST, on real sockets: never handed over, refused, accepted, or of unknown fate; and what is on the
// wire.
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createAtlasClient } from "../../../src/atlas/client.js";
import { Secret } from "../../../src/base/secret.js";
import {
  PROCESSOR,
  SERVICE_ACCOUNT,
  aProcessor,
  anError,
  catchAppError,
  onStage,
  sendJson,
  within,
} from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

const USER_AGENT = "headgate/test";
/** `maxConcurrentActivityTaskExecutions` of src/temporal/worker.ts. */
const POSTS_AT_ONCE = 500;
const accept = ({ response }: Turn): void => {
  sendJson(response, 200, {});
};

it("puts the given options on the wire and no others", async () => {
  await onStage(accept, async ({ client, seen }) => {
    await client.startWith(PROCESSOR, {}, within(5_000));
    const all = {
      tier: "SP30",
      resumeFromCheckpoint: false,
      startAtOperationTime: "2026-05-04T09:42:00Z",
    } as const;
    await client.startWith({ ...PROCESSOR, processor: "a b:c" }, all, within(5_000));
    await client.stop(PROCESSOR, within(5_000));
    expect(seen.map(({ body }) => body)).toEqual(["{}", JSON.stringify(all), ""]);
    expect(seen.map(({ url }) => url.split("/processor/")[1])).toEqual([
      "clicks:startWith",
      "a%20b%3Ac:startWith",
      "clicks:stop",
    ]);
    expect(seen[0]).toMatchObject({
      method: "POST",
      headers: {
        accept: "application/vnd.atlas.2025-03-12+json",
        "content-type": "application/vnd.atlas.2025-03-12+json",
        "user-agent": USER_AGENT,
      },
    });
    expect(seen[2]?.headers).toMatchObject({
      accept: "application/vnd.atlas.2024-05-30+json",
      "content-length": "0",
    });
    expect(seen[2]?.headers["content-type"]).toBeUndefined();
  });
});

it.each([
  ["nothing", 200, ""],
  ["an object", 200, "{}"],
  ["no content", 204, ""],
])("takes %s as acceptance", async (_what, status, text) => {
  await onStage(
    ({ response }) => response.writeHead(status).end(text),
    async ({ client }) => {
      await expect(client.stop(PROCESSOR, within(5_000))).resolves.toBeUndefined();
    },
  );
});

const cutBody = ({ response }: Turn): void => {
  response.writeHead(200, { "content-length": "100" });
  response.write("{", () => response.socket?.destroy());
};
const html =
  (status: number) =>
  ({ response }: Turn): void => {
    response.writeHead(status, { "content-type": "text/html" }).end("<html>upstream</html>");
  };

const PLAYS: readonly (readonly [string, (turn: Turn) => unknown, string])[] = [
  ["a reset instead of an answer", ({ response }) => response.socket?.resetAndDestroy(), "atlas.ambiguous"],
  ["a close instead of an answer", ({ response }) => response.socket?.destroy(), "atlas.ambiguous"],
  ["a reset after the headers", cutBody, "atlas.ambiguous"],
  ["a 504 page of a proxy", html(504), "atlas.ambiguous"],
  ["a 503 page of a proxy", html(503), "atlas.ambiguous"],
  [
    "500",
    ({ response }) => {
      sendJson(response, 500, anError(500, "UNEXPECTED_ERROR", ""));
    },
    "atlas.ambiguous",
  ],
  ["a login page with status 200", html(200), "atlas.unintelligible"],
  [
    "a redirect",
    ({ response }) => response.writeHead(307, { location: "/elsewhere" }).end(),
    "atlas.unintelligible",
  ],
  ["garbage instead of HTTP", ({ response }) => response.socket?.end("what?\r\n\r\n"), "atlas.ambiguous"],
  ["no answer in time", () => undefined, "atlas.ambiguous"],
  [
    "402",
    ({ response }) => {
      sendJson(response, 402, anError(402, "NO_PAYMENT_INFORMATION_FOUND", ""));
    },
    "atlas.denied",
  ],
  ["an empty 404", ({ response }) => response.writeHead(404).end(), "atlas.rejected"],
];

it.each(PLAYS)("sends once and judges %s", async (_what, play, code) => {
  await onStage(play, async ({ client, seen }) => {
    const error = await catchAppError(client.startWith(PROCESSOR, { tier: "SP10" }, within(400)));
    expect(error).toMatchObject({ code, context: { operation: "startWith", sent: true } });
    expect(seen).toHaveLength(1);
  });
});

it("reads how long to wait from a 429, and reports it", async () => {
  const play = ({ response }: Turn): void => {
    response
      .setHeader("retry-after", "7")
      .setHeader("ratelimit-limit", "1200")
      .setHeader("ratelimit-remaining", "0");
    sendJson(response, 429, anError(429, "RATE_LIMITED_TOKEN_BUCKET", "Please retry"));
  };
  await onStage(play, async ({ client, readings }) => {
    const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
    expect(error).toMatchObject({ code: "atlas.rate_limited", retryAfterMs: 7_000 });
    expect(readings).toEqual([
      { project: PROCESSOR.project, limit: 1200, remaining: 0, retryAfterMs: 7_000 },
    ]);
  });
});

it("sends nothing once the deadline has passed", async () => {
  await onStage(accept, async ({ client, seen }) => {
    const error = await catchAppError(client.stop(PROCESSOR, { deadline: performance.now() - 1 }));
    expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
    expect(seen).toHaveLength(0);
  });
});

it("sends nothing for an aborted call, and knows no fate when aborted later", async () => {
  await onStage(
    () => undefined,
    async ({ client, seen }) => {
      const early = client.stop(PROCESSOR, { ...within(5_000), signal: AbortSignal.abort() });
      expect(await catchAppError(early)).toMatchObject({
        code: "atlas.unavailable",
        context: { sent: false },
      });
      expect(seen).toHaveLength(0);
    },
  );
  const controller = new AbortController();
  await onStage(
    () => {
      controller.abort();
    },
    async ({ client }) => {
      const late = client.stop(PROCESSOR, { ...within(5_000), signal: controller.signal });
      expect(await catchAppError(late)).toMatchObject({ code: "atlas.ambiguous", context: { sent: true } });
    },
  );
});

it("knows that nothing was sent where nobody listens", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const key = { kind: "api-key", publicKey: "p", privateKey: new Secret("k") } as const;
  for (const credentials of [key, SERVICE_ACCOUNT]) {
    const client = createAtlasClient({
      baseUrl: `http://127.0.0.1:${String(port)}`,
      credentials,
      userAgent: USER_AGENT,
    });
    const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
    expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false, transient: true } });
    await client.close();
  }
});

it("writes nothing where the TLS handshake is still going on at the deadline", async () => {
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).on("data", (chunk: Buffer) => received.push(chunk));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = createAtlasClient({
    baseUrl: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    credentials: { kind: "api-key", publicKey: "p", privateKey: new Secret("k") },
    userAgent: USER_AGENT,
  });
  const error = await catchAppError(client.stop(PROCESSOR, within(200)));
  expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
  for (const socket of sockets) socket.destroy();
  server.close();
  expect(Buffer.concat(received).toString("latin1")).not.toContain("POST");
});

it("refuses a name that a path may not hold", async () => {
  await onStage(accept, async ({ client, seen }) => {
    const error = await catchAppError(client.stop({ ...PROCESSOR, processor: "../x" }, within(5_000)));
    expect(error.code).toBe("request.refused");
    expect(seen).toHaveLength(0);
  });
});

it.each(["nonsense", "ftp://x", "https://cloud.mongodb.com/other", "https://me:pw@cloud.mongodb.com"])(
  "refuses the base URL %s",
  (baseUrl) => {
    expect(() => createAtlasClient({ baseUrl, credentials: SERVICE_ACCOUNT, userAgent: USER_AGENT })).toThrow(
      /base URL/,
    );
  },
);

it("lets no read wait for POSTs that Atlas holds, nor one POST for another: as many as a worker has activities", async () => {
  const held: Turn[] = [];
  const hold = (turn: Turn): void => {
    if (turn.method === "GET") sendJson(turn.response, 200, aProcessor("clicks"));
    else held.push(turn);
  };
  await onStage(hold, async ({ client, seen }) => {
    const posts = Array.from({ length: POSTS_AT_ONCE }, () => client.stop(PROCESSOR, within(30_000)));
    const ended = Promise.allSettled(posts);
    while (held.length < POSTS_AT_ONCE) await setImmediate();
    expect(await client.getProcessor(PROCESSOR, { timeoutMs: 20_000 })).toMatchObject({ state: "STARTED" });
    expect(seen.length).toBe(POSTS_AT_ONCE + 1);
    held.forEach(accept);
    expect((await ended).every(({ status }) => status === "fulfilled")).toBe(true);
  });
});
