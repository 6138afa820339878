// The moment between a connection and the request on it, which is where a frozen process wakes up: undici's own pool is
// driven by a connector that this test holds back.
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Pool, buildConnector } from "undici";
import { expect, it } from "vitest";
import { Exchange, ExchangeFailure } from "../../../src/atlas/exchange.js";

const POST = { method: "POST", path: "/x", body: "{}" } as const;

interface Held {
  readonly pool: Pool;
  readonly received: () => string;
  /** Gives the pool its connection, after what is to happen before. */
  readonly connect: (before?: () => void) => Promise<void>;
}

async function withHeldConnection(act: (held: Held) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const connector = buildConnector({});
  let release!: (before: () => void) => void;
  const connected = new Promise<void>((resolve) => {
    release = (before) => {
      before();
      resolve();
    };
  });
  let done!: () => void;
  const handed = new Promise<void>((resolve) => {
    done = resolve;
  });
  const pool = new Pool(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, {
    connect: (options, callback) => {
      connector(options, (...result) => {
        void connected.then(() => {
          callback(...result);
          done();
        });
      });
    },
  });
  const connect = (before: () => void = () => undefined): Promise<void> => {
    release(before);
    return handed;
  };
  try {
    await act({ pool, received: () => Buffer.concat(chunks).toString("latin1"), connect });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await pool.destroy();
  }
}

function busyWaitUntil(at: number): void {
  while (performance.now() <= at);
}

async function catchFailure(exchange: Exchange): Promise<ExchangeFailure> {
  const error: unknown = await exchange.outcome.catch((thrown: unknown) => thrown);
  if (!(error instanceof ExchangeFailure)) throw new Error("a failure was expected");
  return error;
}

it("writes nothing when the process slept past the deadline before the connection came", async () => {
  await withHeldConnection(async ({ pool, received, connect }) => {
    const deadline = performance.now() + 50;
    const exchange = new Exchange({ deadline, maxBytes: 1_000 });
    pool.dispatch(POST, exchange);
    await connect(() => {
      busyWaitUntil(deadline);
    });
    expect(await catchFailure(exchange)).toMatchObject({ sent: false });
    await pool.close();
    expect(received()).toBe("");
  });
});

it("writes nothing for a request that was given up while it waited for its connection", async () => {
  await withHeldConnection(async ({ pool, received, connect }) => {
    const exchange = new Exchange({ deadline: performance.now() + 60_000, maxBytes: 1_000 });
    pool.dispatch(POST, exchange);
    exchange.giveUp("aborted");
    await connect();
    expect(await catchFailure(exchange)).toMatchObject({ sent: false });
    await pool.close();
    expect(received()).toBe("");
  });
});

it("is not handed over twice, should undici try", async () => {
  const exchange = new Exchange({ deadline: performance.now() + 60_000, maxBytes: 1_000 });
  const aborted: Error[] = [];
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    abort: (reason: Error) => {
      aborted.push(reason);
    },
    pause: () => undefined,
    resume: () => undefined,
  };
  exchange.onRequestStart(controller);
  expect(aborted).toHaveLength(0);
  exchange.onRequestStart(controller);
  expect(aborted).toHaveLength(1);
  expect(await catchFailure(exchange)).toMatchObject({ sent: true });
});
