// What is not HTTP, or too large in its head, or too slow, is answered with a JSON error as everything else is: one vendor
// client takes an empty error body for success (atlas-facts 12). Nothing of it reaches the API or its log.
import type { Server } from "node:http";
import { STATUS_CODES } from "node:http";

const STATUSES: Readonly<Partial<Record<string, number>>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function toBytes(status: number, detail: string): string {
  const reason = STATUS_CODES[status] ?? "";
  const body = JSON.stringify({ detail, error: status, errorCode: "BROKEN_REQUEST", parameters: [], reason });
  const head = [
    `HTTP/1.1 ${String(status)} ${reason}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    "X-Error-Code: BROKEN_REQUEST",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** Installs the answers; ends the connection behind each. */
export function answerBrokenRequests(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(toBytes(STATUSES[error.code ?? ""] ?? 400, "The request could not be read."));
  });
  server.on("checkExpectation", (_request, response) => {
    response.writeHead(417, { "Content-Type": "application/json", Connection: "close" });
    response.end(JSON.stringify({ error: 417, errorCode: "BROKEN_REQUEST", parameters: [] }));
  });
}
