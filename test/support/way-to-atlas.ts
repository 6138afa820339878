// A way to the simulator that can be cut: until it is opened again every connection is refused, as with Atlas's address
// gone. It passes everything on unchanged.
import { createServer, request } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface WayToAtlas {
  readonly url: string;
  /** Cuts itself right after the next reply to a GET whose path matches. */
  cutAfter(path: RegExp): void;
  /** The Authorization headers that have passed. */
  authorizations(): readonly string[];
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function openWay(target: string): Promise<WayToAtlas> {
  let cutAfter: RegExp | undefined;
  const authorizations = new Set<string>();
  const cut = (server: Server): void => {
    cutAfter = undefined;
    server.close();
    server.closeAllConnections();
  };
  const server = createServer((req, res) => {
    const isLast = req.method === "GET" && cutAfter?.test(req.url ?? "") === true;
    if (isLast) {
      // No new connection from here on, and this one ends with its reply.
      cutAfter = undefined;
      server.close();
      res.setHeader("connection", "close");
      res.once("close", () => {
        cut(server);
      });
    }
    if (req.headers.authorization !== undefined) authorizations.add(req.headers.authorization);
    passOn(target, req, res);
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    cutAfter: (path) => {
      cutAfter = path;
    },
    authorizations: () => [...authorizations],
    open: () => listen(server, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
}

function passOn(target: string, req: IncomingMessage, res: ServerResponse): void {
  const { host } = new URL(target);
  const onward = request(
    new URL(req.url ?? "/", target),
    { method: req.method, headers: { ...req.headers, host } },
    (reply) => {
      const headers = Object.entries(reply.headers).filter(([name]) => name !== "connection");
      res.writeHead(reply.statusCode ?? 502, Object.fromEntries(headers));
      reply.pipe(res);
    },
  );
  onward.on("error", () => {
    res.destroy();
  });
  req.pipe(onward);
}
