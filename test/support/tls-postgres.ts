// Something that answers a client of Postgres with TLS and a certificate of its own making, and says nothing behind it:
// enough for a client that verifies. Certificates are made by the openssl program.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";

export interface TlsPostgres {
  readonly port: number;
  /** The certificate, which is its own authority. */
  readonly certificateFile: string;
  close(): Promise<void>;
}

/** Undefined if there is no openssl. `names`: what the certificate is for, such as `DNS:localhost`. */
export async function startTlsPostgres(names: string): Promise<TlsPostgres | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-tls-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subject = ["-days", "2", "-subj", "/CN=test", "-addext", `subjectAltName=${names}`];
    execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", certificate], {
      stdio: "ignore",
    });
  } catch {
    process.stderr.write("SKIPPED: openssl is not installed\n");
    return undefined;
  }
  const pair = { key: readFileSync(key), cert: readFileSync(certificate) };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    // The client's first message asks for TLS, and nothing else.
    socket.once("data", () => {
      socket.write("S");
      new TLSSocket(socket, { isServer: true, ...pair }).on("error", () => undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificateFile: certificate,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
