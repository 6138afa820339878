// What a proxy on the way to Atlas does to a call that was not sent, in words: its refusals of a tunnel, and a way that
// breaks. Nothing is decided from them. A proxy's URL may hold a password: its host alone is named.
import { ExchangeFailure } from "./exchange.js";

/** By the status of its answer to CONNECT. */
const REMEDIES: Readonly<Record<number, string>> = {
  401: "Put the proxy's user and password into HTTPS_PROXY",
  403: "Have the proxy allow the host of Atlas, or name it in NO_PROXY if it can be reached without",
  407: "Put the proxy's user and password into HTTPS_PROXY",
};
const UPSTREAM = "The proxy cannot reach Atlas now: run the command again in a while, or see to the proxy";
const BROKEN = "Check HTTPS_PROXY (headgate config view), or name the host of Atlas in NO_PROXY";
const UNTRUSTED =
  "If the proxy reads TLS, name the certificate of its authority in NODE_EXTRA_CA_CERTS, or the host of Atlas in NO_PROXY";

/** undici 7 says it in a text alone. */
const REFUSED = /Proxy response \((\d+)\)/;
const CERTIFICATE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;

/** The same failure, of a call that was not sent, as the proxy's. */
export function toProxyFailure(failure: ExchangeFailure, proxy: URL, waitedMs: number): ExchangeFailure {
  const { says, remedy } = describe(failure);
  return new ExchangeFailure(says.replace("PROXY", `the proxy at ${proxy.host}`), {
    sent: false,
    cause: failure.cause,
    remedy,
    waitedMs,
  });
}

function describe({ message, cause }: ExchangeFailure): { readonly says: string; readonly remedy: string } {
  const text = cause instanceof Error ? cause.message : "";
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const status = REFUSED.exec(text)?.[1];
  if (status !== undefined) {
    return { says: `PROXY refused the way with ${status}`, remedy: REMEDIES[Number(status)] ?? UPSTREAM };
  }
  if (CERTIFICATE.test(code)) {
    return { says: `the certificate that came through PROXY is not trusted: ${text}`, remedy: UNTRUSTED };
  }
  return { says: `the connection by PROXY broke: ${text === "" ? code || message : text}`, remedy: BROKEN };
}
