// The SDK's own metrics. Its exporter listens by itself and cannot be asked within the process, so it is given a
// loopback address that nobody else has, and what it says is read there: one address to scrape has all of a worker.
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const LOOPBACK = "127.0.0.1";
/** It answers from memory. */
const PATIENCE_MS = 5_000;

/** A free one as of now: the SDK binds it at once, and cannot say which port it has when it is asked for any. */
export async function findLoopbackAddress(): Promise<string> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `${LOOPBACK}:${String(port)}`;
}

/** All of them in the text format. Throws if the SDK does not answer. */
export async function readSdkMetrics(address: string): Promise<string> {
  const reply = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!reply.ok) throw new Error(`the SDK's exporter answered ${String(reply.status)}`);
  return reply.text();
}
