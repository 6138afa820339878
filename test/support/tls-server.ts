// A server with a certificate of its own making that does the handshake of TLS and says nothing behind it: enough for a
// client that verifies. Certificates are made by the openssl program.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";

export interface TlsServer {
  readonly port: number;
  /** The certificate, which is its own authority. */
  readonly certificate: Buffer;
  readonly certificateFile: string;
  close(): Promise<void>;
}

/**
 * Undefined, loudly, if there is no openssl. `names`: what the certificate is for, such as `DNS:localhost`.
 * `asPostgres`: the client asks for TLS first, and is told yes.
 */
export async function startTlsServer(names: string, asPostgres = false): Promise<TlsServer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-tls-"));
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subject = ["-days", "2", "-subj", "/CN=test", "-addext", `subjectAltName=${names}`];
    execFileSync("openssl", [...request, ...subject, "-keyout", keyFile, "-out", certificateFile], {
      stdio: "ignore",
    });
  } catch {
    process.stderr.write("SKIPPED: openssl is not installed\n");
    return undefined;
  }
  const certificate = readFileSync(certificateFile);
  const key = readFileSync(keyFile);
  const sockets = new Set<Socket>();
  const shake = (socket: Socket): void => {
    new TLSSocket(socket, { isServer: true, key, cert: certificate }).on("error", () => undefined);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    if (!asPostgres) {
      shake(socket);
      return;
    }
    socket.once("data", () => {
      socket.write("S");
      shake(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    certificateFile,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
