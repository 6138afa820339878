// Whether client and server disagree about TLS. The SDK's client says of every such case that there was no answer, so
// the address is dialled once more, by hand, and nothing but a handshake is tried. Only after a connection has failed.
import { isIP } from "node:net";
import { connect } from "node:tls";
import { toTlsReason } from "../base/text.js";
import type { LoadedClientConnectOptions } from "./profile.js";

export interface TlsFault {
  readonly says: string;
  readonly remedy: string;
}

const PATIENCE_MS = 2_000;
/** What the certificate of the server is found wanting of, by Node's codes. */
const CERTIFICATE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;
/** What an answer that is no TLS looks like to OpenSSL. */
const NO_TLS = /^(ERR_SSL_|EPROTO)/;

/** Undefined if it is not TLS that keeps them apart, or nobody can tell. Never throws. */
export async function findTlsFault({
  connection,
}: LoadedClientConnectOptions): Promise<TlsFault | undefined> {
  const { address, tls, apiKey } = connection;
  // The SDK switches TLS on for a key.
  const wantsTls = tls === undefined || tls === null ? apiKey !== undefined : tls !== false;
  const shake = await handshake(address, typeof tls === "object" && tls !== null ? tls : {});
  if (!wantsTls) {
    // A certificate is TLS all the same.
    return shake.kind === "done" || CERTIFICATE.test(shake.code)
      ? { says: "speaks TLS, and the client does not", remedy: "Set TEMPORAL_TLS=true" }
      : undefined;
  }
  if (shake.kind === "done") return undefined;
  if (NO_TLS.test(shake.code)) {
    const says = `does not speak TLS, and the client does: ${shake.code}`;
    return { says, remedy: "Set TEMPORAL_TLS=false (and no TEMPORAL_API_KEY), or correct TEMPORAL_ADDRESS" };
  }
  if (!CERTIFICATE.test(shake.code)) return undefined;
  return {
    says: `has a certificate that is not trusted: ${shake.text}`,
    remedy:
      "Set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of its authority, or TEMPORAL_TLS_SERVER_NAME to a name of the certificate",
  };
}

type Handshake =
  { readonly kind: "done" } | { readonly kind: "failed"; readonly code: string; readonly text: string };

interface Trust {
  readonly serverRootCACertificate?: Uint8Array | undefined;
  readonly serverNameOverride?: string | undefined;
}

function handshake(
  address: string,
  { serverRootCACertificate: ca, serverNameOverride }: Trust,
): Promise<Handshake> {
  const [, host = address, port = "7233"] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const servername = serverNameOverride ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port),
      ALPNProtocols: ["h2"],
      ...(servername === undefined ? {} : { servername }),
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    });
    const end = (result: Handshake): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(PATIENCE_MS, () => {
      end({ kind: "failed", code: "ETIMEDOUT", text: "no answer" });
    });
    socket.once("secureConnect", () => {
      end({ kind: "done" });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end({ kind: "failed", code: error.code ?? "", text: toTlsReason(error.message) });
    });
  });
}
