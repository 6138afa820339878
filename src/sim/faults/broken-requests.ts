// A request that is not HTTP, or too large in its head, or too slow, is answered with a JSON error as everything else
// is: one vendor client takes an empty error body for success (docs/atlas.md 12), and Node by itself sends an empty
// one. Nothing of it reaches the API or its log.
import type { Server } from "node:http";
import { STATUS_CODES } from "node:http";

/** By the codes of Node's parser; whatever else it cannot read is a plain 400. */
const STATUSES: Readonly<Partial<Record<string, number>>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface Broken {
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function toBroken(status: number, detail: string): Broken {
  const reason = STATUS_CODES[status] ?? "";
  const errorCode = "BROKEN_REQUEST";
  const body = JSON.stringify({ detail, error: status, errorCode, parameters: [], reason });
  const headers = {
    Connection: "close",
    "Content-Length": String(Buffer.byteLength(body)),
    "Content-Type": "application/json",
    "X-Error-Code": errorCode,
  };
  return { reason, headers, body };
}

/** By hand, because there is no response object for a request that was never read. */
function toBytes(status: number, { reason, headers, body }: Broken): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${String(status)} ${reason}`, ...lines, "", body].join("\r\n");
}

/** Installs the answers; ends the connection behind each. */
export function answerBrokenRequests(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // Nobody is there to be answered, or an answer is already on its way.
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = STATUSES[error.code ?? ""] ?? 400;
    socket.end(toBytes(status, toBroken(status, "The request could not be read.")));
  });
  server.on("checkExpectation", (_request, response) => {
    const { headers, body } = toBroken(417, "The expectation cannot be met.");
    response.writeHead(417, headers).end(body);
  });
}
