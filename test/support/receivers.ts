// Receivers of notices: real servers that answer as a test says, and keep what they were sent. Judge nothing.
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** It thinks so long. */
  readonly after?: Promise<unknown>;
}

export interface HttpReceiverServer {
  readonly origin: string;
  readonly received: Received[];
  /** The next answers, in order; then 200 again. */
  readonly answers: Answer[];
}

/** Ends with the test. */
export async function startReceiver(): Promise<HttpReceiverServer> {
  const received: Received[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      received.push({ headers: request.headers, path: request.url ?? "", body });
      const { status, headers = {}, body: text = "ok", after } = answers.shift() ?? { status: 200 };
      void Promise.resolve(after).then(() => response.writeHead(status, headers).end(text));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${String(port)}`, received, answers };
}
