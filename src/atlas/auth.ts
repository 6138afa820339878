// How a request is signed, whichever kind of credential there is. A 401 is the one answer after which a write may be
// sent again: it says that nothing was done. Credentials leave here in a header only, and what Atlas quotes of them is
// taken out by the signer that knows them.
import type { Secret } from "../base/secret.js";
import { createDigestSigner } from "./digest.js";
import type { Signer } from "./signer.js";
import { createTokenSource } from "./token.js";
import type { Transport } from "./transport.js";

export type AtlasCredentials =
  | { readonly kind: "service-account"; readonly clientId: string; readonly clientSecret: Secret }
  | { readonly kind: "api-key"; readonly publicKey: string; readonly privateKey: Secret };

/** What a service account needs to fetch its token by; a key needs nothing. */
interface SignerOptions {
  readonly transport: Transport;
  readonly userAgent: string;
}

export function createSigner(credentials: AtlasCredentials, options: SignerOptions): Signer {
  return credentials.kind === "api-key"
    ? createDigestSigner(credentials)
    : createBearerSigner(credentials, options);
}

/** At most two requests, and two of the token endpoint: a token may have ended or been revoked since it was fetched. */
function createBearerSigner(
  credentials: Extract<AtlasCredentials, { kind: "service-account" }>,
  options: SignerOptions,
): Signer {
  const tokens = createTokenSource({ ...credentials, ...options });
  return {
    sendSigned: async ({ patience, send }) => {
      const first = await tokens.get(patience);
      const reply = await send(`Bearer ${first.text}`);
      // If a new token would not help, the 401 is the answer: no storm on the token endpoint.
      if (reply.status !== 401 || !tokens.mayReplace(first)) return reply;
      const second = await tokens.replace(first, patience);
      const answer = await send(`Bearer ${second.text}`);
      tokens.noteReplacement(answer.status !== 401);
      return answer;
    },
    scrub: (text) => tokens.scrub(text),
  };
}
