// The proxy on the way to Atlas, a real one on a socket: every call goes through a tunnel, the proxy sees an address
// and nothing else, and a proxy that refuses leaves a write undone, not unknown.
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.js";
import {
  PROCESSOR,
  SERVICE_ACCOUNT,
  TOKEN,
  aProcessor,
  catchAppError,
  onStage,
  sendJson,
  within,
} from "./scripted-server.js";
import type { Turn } from "./scripted-server.js";

interface Tunnel {
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly socket: Socket;
}

interface Proxy {
  /** With a user and a password. */
  readonly url: Secret;
  readonly tunnels: readonly Tunnel[];
  /** Connections it has accepted. */
  readonly dials: () => number;
}

/** Carries each tunnel to where it asked to go. */
function carry({ target, socket }: Tunnel): void {
  const { hostname, port } = new URL(`http://${target}`);
  const upstream = connect(Number(port), hostname, () => {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  for (const one of [socket, upstream]) {
    one.on("error", () => {
      socket.destroy();
      upstream.destroy();
    });
  }
}

async function withProxy(
  answer: (tunnel: Tunnel) => void,
  act: (proxy: Proxy) => Promise<void>,
): Promise<void> {
  const tunnels: Tunnel[] = [];
  let dials = 0;
  const server = createServer((_request, response) => response.writeHead(500).end("not a tunnel"));
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    const tunnel = { target: request.url ?? "", headers: request.headers, socket };
    tunnels.push(tunnel);
    answer(tunnel);
  });
  server.on("connection", () => (dials += 1));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = String((server.address() as AddressInfo).port);
  try {
    await act({
      url: new Secret(`http://ann:proxy-password@127.0.0.1:${port}`),
      tunnels,
      dials: () => dials,
    });
  } finally {
    for (const { socket } of tunnels) socket.destroy();
    server.close();
  }
}

const play = ({ response, method }: Turn): void => {
  sendJson(response, 200, method === "GET" ? aProcessor("clicks") : {});
};

/** Needs no token, which is asked for only so often: every call dials. */
const API_KEY = { kind: "api-key", publicKey: "pub", privateKey: new Secret("private-value") } as const;

it("sends token, reads and writes through tunnels, and tells the proxy no credential of Atlas", async () => {
  await withProxy(carry, async ({ url: proxy, tunnels }) => {
    await onStage(
      play,
      async ({ client, seen, url }) => {
        expect(await client.getProcessor(PROCESSOR, {})).toMatchObject({ state: "STARTED" });
        await client.stop(PROCESSOR, within(5_000));
        expect(seen.map(({ method }) => method)).toEqual(["GET", "POST"]);
        expect(new Set(tunnels.map(({ target }) => target))).toEqual(new Set([new URL(url).host]));
        const basic = Buffer.from("ann:proxy-password").toString("base64");
        for (const { headers } of tunnels) {
          expect(headers["proxy-authorization"]).toBe(`Basic ${basic}`);
          expect(JSON.stringify(headers)).not.toContain(TOKEN);
          expect(headers).not.toHaveProperty("authorization");
        }
        for (const { headers } of seen) expect(headers).not.toHaveProperty("proxy-authorization");
      },
      { proxy },
    );
  });
});

it("keeps tunnels open: fifty calls one after the other need no more than two beside the one for the token", async () => {
  await withProxy(carry, async ({ url: proxy, tunnels }) => {
    await onStage(
      play,
      async ({ client, seen }) => {
        for (let call = 0; call < 50; call += 1) await client.getProcessor(PROCESSOR, {});
        expect(seen).toHaveLength(50);
        expect(tunnels.length).toBeLessThanOrEqual(3);
      },
      { proxy },
    );
  });
});

it.each([407, 403, 502])("knows a write as not sent where the proxy answers %i", async (status) => {
  const refuse = ({ socket }: Tunnel): void => {
    socket.end(`HTTP/1.1 ${String(status)} No\r\nContent-Length: 0\r\n\r\n`);
  };
  await withProxy(refuse, async ({ url: proxy }) => {
    await onStage(
      play,
      async ({ client, seen }) => {
        const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
        expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
        expect(inspect(error, { depth: 9 })).not.toContain("proxy-password");
        expect(seen).toEqual([]);
      },
      { proxy },
    );
  });
});

it.each([
  [
    407,
    /^stop got no answer from Atlas, before it was sent: the proxy at \S+ refused the way with 407\. Put the proxy's user and password into HTTPS_PROXY$/,
  ],
  [401, /the proxy at \S+ refused the way with 401\. Put the proxy's user and password into HTTPS_PROXY$/],
  [
    403,
    /the proxy at \S+ refused the way with 403\. Have the proxy allow the host of Atlas, or name it in NO_PROXY/,
  ],
  [503, /the proxy at \S+ refused the way with 503\. The proxy cannot reach Atlas now/],
])("tells a refusal with %i as the proxy's, with the time it took", async (status, told) => {
  const refuse = ({ socket }: Tunnel): void => {
    socket.end(`HTTP/1.1 ${String(status)} No\r\nContent-Length: 0\r\n\r\n`);
  };
  await withProxy(refuse, async ({ url: proxy }) => {
    await onStage(
      play,
      async ({ client }) => {
        const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
        expect(error.message).toMatch(told);
        expect(error.context["waitedMs"]).toBeLessThan(5_000);
      },
      { proxy, credentials: API_KEY },
    );
  });
});

it("tells a way that breaks, a proxy that is away and one that says nothing as the proxy's", async () => {
  const tell = async (proxy: Secret): Promise<string> => {
    let message = "";
    await onStage(
      play,
      async ({ client }) => {
        ({ message } = await catchAppError(client.getProcessor(PROCESSOR, { timeoutMs: 500 })));
      },
      { proxy, credentials: API_KEY },
    );
    return message;
  };
  const gone = await tell(new Secret("http://ann:proxy-password@127.0.0.1:1"));
  expect(gone).toMatch(
    /by the proxy at 127\.0\.0\.1:1 broke: connect ECONNREFUSED 127\.0\.0\.1:1\. Check HTTPS_PROXY/,
  );
  await withProxy(
    ({ socket }) => void socket.end(),
    async ({ url }) => {
      expect(await tell(url)).toMatch(
        /before it was sent: the connection by the proxy at \S+ broke: .+\. Check HTTPS_PROXY/,
      );
    },
  );
  await withProxy(
    () => undefined,
    async ({ url }) => {
      expect(await tell(url)).toMatch(/by the proxy at \S+ broke: the deadline passed\. Check HTTPS_PROXY/);
    },
  );
});

const BROKEN: readonly (readonly [string, (tunnel: Tunnel) => void])[] = [
  ["closes", ({ socket }) => void socket.end()],
  ["resets", ({ socket }) => void socket.resetAndDestroy()],
  ["answers 502", ({ socket }) => void socket.end("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")],
];

it.each(BROKEN)(
  "dials once per call a proxy that accepts and %s, and knows a write as not sent",
  async (_how, answer) => {
    await withProxy(answer, async ({ url: proxy, dials }) => {
      await onStage(
        play,
        async ({ client }) => {
          const error = await catchAppError(client.stop(PROCESSOR, within(2_000)));
          expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
          expect(dials()).toBe(1);
        },
        { proxy, credentials: API_KEY },
      );
    });
  },
);

it.each(BROKEN)(
  "dials a few times for 300 calls in a row through a proxy that accepts and %s",
  async (_how, answer) => {
    await withProxy(answer, async ({ url: proxy, dials }) => {
      await onStage(
        play,
        async ({ client }) => {
          for (let call = 0; call < 300; call += 1)
            await catchAppError(client.getProcessor(PROCESSOR, { timeoutMs: 2_000 }));
          // Five in vain, then one a second.
          expect(dials()).toBeLessThan(50);
        },
        { proxy, credentials: API_KEY },
      );
    });
  },
);

it("dials again when a proxy is well again", async () => {
  let isWell = false;
  await withProxy(
    (tunnel) => {
      if (isWell) carry(tunnel);
      else tunnel.socket.end();
    },
    async ({ url: proxy }) => {
      await onStage(
        play,
        async ({ client, seen }) => {
          for (let call = 0; call < 20; call += 1)
            await catchAppError(client.getProcessor(PROCESSOR, { timeoutMs: 2_000 }));
          isWell = true;
          while (seen.length === 0) await client.getProcessor(PROCESSOR, {}).catch(() => undefined);
          expect(await client.getProcessor(PROCESSOR, {})).toMatchObject({ state: "STARTED" });
        },
        { proxy, credentials: API_KEY },
      );
    },
  );
});

it("gives up on a proxy that never answers when the call's time is over", async () => {
  await withProxy(
    () => undefined,
    async ({ url: proxy, tunnels }) => {
      await onStage(
        play,
        async ({ client }) => {
          const error = await catchAppError(client.getProcessor(PROCESSOR, { timeoutMs: 200 }));
          expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
          expect(tunnels).toHaveLength(1);
          // The client ends once the tunnel is lost; of itself it would wait ten seconds for it.
          for (const { socket } of tunnels) socket.destroy();
        },
        { proxy },
      );
    },
  );
});

it("speaks TLS inside the tunnel: a proxy in front of an https origin reads nothing", async () => {
  const heard: Buffer[] = [];
  const listen = ({ socket }: Tunnel): void => {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    socket.once("data", (bytes: Buffer) => {
      heard.push(bytes);
      socket.destroy();
    });
  };
  await withProxy(listen, async ({ url: proxy, tunnels }) => {
    await onStage(
      play,
      async ({ client }) => {
        await catchAppError(client.getProcessor(PROCESSOR, { timeoutMs: 5_000 }));
        expect(tunnels[0]?.target).toBe("atlas.example:443");
        // A TLS record of a handshake begins with these two bytes (RFC 8446, 5.1).
        expect([...(heard[0] ?? [])].slice(0, 2)).toEqual([22, 3]);
        expect(Buffer.concat(heard).toString("latin1")).not.toContain("oauth");
      },
      { proxy, baseUrl: "https://atlas.example", credentials: SERVICE_ACCOUNT },
    );
  });
});
