// A way to a server that can fall silent, as a host does that loses its power or its route: connections stay open,
// nothing passes, nobody is told. Restored, it carries new connections; the old ones stay dead.
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";

export interface SilentWay {
  /** The same address, by this way. */
  readonly url: string;
  /** Connections that were made so far. */
  count(): number;
  /** From now on nothing passes; with `isDeaf` not even in a new connection. */
  fallSilent(isDeaf: boolean): void;
  restore(): void;
  close(): Promise<void>;
}

export async function openSilentWay(target: string): Promise<SilentWay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isDeaf = false;
  let count = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    count += 1;
    keep(near);
    if (isDeaf) return;
    const far = keep(connect(Number(port), hostname));
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    count: () => count,
    fallSilent: (deaf) => {
      isDeaf = deaf;
      for (const socket of sockets) {
        socket.unpipe();
        socket.removeAllListeners("close").on("close", () => sockets.delete(socket));
        socket.pause();
      }
    },
    restore: () => {
      isDeaf = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
