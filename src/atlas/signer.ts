// What every kind of credential has to do. A 401 is the one answer after which a write may be sent again: it says that
// nothing was done; no other answer may lead a signer to a second request.
import type { HttpReply } from "./exchange.js";
import type { HttpMethod, Patience } from "./transport.js";

interface SignedRequest {
  readonly method: HttpMethod;
  readonly path: string;
  readonly patience: Patience;
  /** Sends the request once, with this Authorization header or with none. */
  readonly send: (authorization?: string) => Promise<HttpReply>;
}

export interface Signer {
  /** Sends it signed: once, or once more after a 401 that a newer token or nonce may cure. */
  sendSigned(request: SignedRequest): Promise<HttpReply>;
  /** Takes this signer's credentials out of a text that came from outside. */
  scrub(text: string): string;
}
