// Client and server that disagree about TLS, each on real sockets: what the SDK's client would call "no answer"
// (@temporalio/client 1.24.0).
import { createServer as createPlain } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LoadedClientConnectOptions } from "../../../src/temporal/profile.js";
import { findTlsFault } from "../../../src/temporal/tls-probe.js";
import { startTlsServer } from "../../support/tls-server.js";
import type { TlsServer } from "../../support/tls-server.js";

let tls: TlsServer | undefined;
let plain: Server;
beforeAll(async () => {
  tls = await startTlsServer("DNS:localhost");
  // As gRPC without TLS does: it answers a handshake with something else.
  plain = createPlain((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write("HTTP/2 settings, more or less\r\n"));
  });
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  plain.close();
  await tls?.close();
});

function aProfile(
  address: string,
  connection: Partial<LoadedClientConnectOptions["connection"]> = {},
): LoadedClientConnectOptions {
  return { address, namespace: "default", connection: { address, ...connection } };
}

const toPlain = (): string => `127.0.0.1:${String((plain.address() as AddressInfo).port)}`;

it("tells a client with TLS, by switch or by key, of a server without", async () => {
  for (const connection of [{ tls: true }, { apiKey: "key" }, { tls: {} }]) {
    const fault = await findTlsFault(aProfile(toPlain(), connection));
    expect(fault?.says).toMatch(/^does not speak TLS, and the client does: ERR_SSL_/);
    expect(fault?.remedy).toContain("Set TEMPORAL_TLS=false");
  }
});

it("tells a client without TLS of a server with it", async () => {
  if (tls === undefined) return;
  expect(await findTlsFault(aProfile(`localhost:${String(tls.port)}`))).toEqual({
    says: "speaks TLS, and the client does not",
    remedy: "Set TEMPORAL_TLS=true",
  });
});

it("tells of a certificate that is not trusted, and of one for another name", async () => {
  if (tls === undefined) return;
  const address = `localhost:${String(tls.port)}`;
  expect((await findTlsFault(aProfile(address, { tls: true })))?.says).toBe(
    "has a certificate that is not trusted: self-signed certificate",
  );
  const serverRootCACertificate = tls.certificate;
  const other = { tls: { serverRootCACertificate, serverNameOverride: "temporal.example" } };
  const fault = await findTlsFault(aProfile(address, other));
  expect(fault?.says).toContain("temporal.example. is not in the cert's altnames: DNS:localhost");
  expect(fault?.remedy).toContain("TEMPORAL_TLS_SERVER_NAME");
});

it("says nothing where TLS is not what keeps them apart", async () => {
  expect(await findTlsFault(aProfile(toPlain()))).toBeUndefined();
  expect(await findTlsFault(aProfile("127.0.0.1:1", { tls: true }))).toBeUndefined();
  if (tls === undefined) return;
  const trusting = { tls: { serverRootCACertificate: tls.certificate } };
  expect(await findTlsFault(aProfile(`localhost:${String(tls.port)}`, trusting))).toBeUndefined();
});
