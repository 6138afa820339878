// Who is asking: the scheme decides who judges, and whoever is not known gets a challenge and nothing else.
import { expect, it } from "vitest";
import { Auth, completeCredentials } from "../../../../src/sim/access/auth.js";
import type { Identity } from "../../../../src/sim/access/auth.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";

const CREDENTIALS = { clientId: "id", clientSecret: "secret", publicKey: "pub", privateKey: "priv" };
const NOW = Date.UTC(2026, 0, 1);

const anAuth = (): Auth => new Auth(CREDENTIALS, buildSettings());

function tokenOf(auth: Auth): string {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "id",
    client_secret: "secret",
  });
  return String(
    auth.oauth.issue({ authorization: undefined, form, address: "a", now: NOW }).body["access_token"],
  );
}

const identify = (auth: Auth, authorization: string | undefined, now = NOW): Identity =>
  auth.identify({ authorization, method: "GET", url: "/x", now });

const challengeOf = (identity: Identity): string =>
  identity.kind === "known" ? identity.by : (identity.refusal.headers?.["WWW-Authenticate"] ?? "");

it.each([
  { reason: "as it should be", toHeader: (token: string) => `Bearer ${token}` },
  { reason: "in small letters", toHeader: (token: string) => `bearer ${token}` },
  { reason: "with more space", toHeader: (token: string) => `Bearer   ${token}` },
])("knows the service account by its token: $reason", ({ toHeader }) => {
  const auth = anAuth();
  expect(identify(auth, toHeader(tokenOf(auth)))).toEqual({ kind: "known", by: "id" });
});

it.each([
  { reason: "nothing", authorization: undefined, scheme: "Digest" },
  { reason: "an empty header", authorization: "", scheme: "Digest" },
  { reason: "a scheme it does not know", authorization: "Negotiate abc", scheme: "Digest" },
  { reason: "the secret itself", authorization: "Basic aWQ6c2VjcmV0", scheme: "Digest" },
  { reason: "a digest that says nothing", authorization: "Digest", scheme: "Digest" },
  { reason: "a token that is none", authorization: "Bearer abc", scheme: "Bearer" },
  { reason: "no token", authorization: "Bearer", scheme: "Bearer" },
])("challenges by $scheme: $reason", ({ authorization, scheme }) => {
  const identity = identify(anAuth(), authorization);
  expect(identity).toMatchObject({
    kind: "refused",
    refusal: {
      status: 401,
      errorCode: "UNEXPECTED_ERROR",
      detail: "You are not authorized for this resource.",
    },
  });
  expect(challengeOf(identity).split(" ", 1)).toEqual([scheme]);
});

it("tells the holder of an expired token that the token is the matter", () => {
  const auth = anAuth();
  const late = identify(auth, `Bearer ${tokenOf(auth)}`, NOW + 3_600_000);
  expect(challengeOf(late)).toBe('Bearer error="invalid_token"');
});

it("never puts a credential into a refusal", () => {
  const auth = anAuth();
  const token = tokenOf(auth).replace(/.$/, "!");
  for (const authorization of [`Bearer ${token}`, "Digest priv", "Basic secret"]) {
    const text = JSON.stringify(identify(auth, authorization));
    for (const secret of [token, CREDENTIALS.privateKey, CREDENTIALS.clientSecret])
      expect(text).not.toContain(secret);
  }
});

it("makes up what is not given, in the forms of Atlas, and anew each time", () => {
  const made = completeCredentials();
  expect(made.clientId).toMatch(/^mdb_sa_id_[0-9a-f]{24}$/);
  expect(made.clientSecret).toMatch(/^mdb_sa_sk_[0-9a-f]{40}$/);
  expect(made.publicKey).toMatch(/^[0-9a-f]{8}$/);
  expect(made.privateKey).toMatch(/^[0-9a-f]{32}$/);
  expect(completeCredentials().clientSecret).not.toBe(made.clientSecret);
});

it("keeps what is given", () => {
  expect(completeCredentials(CREDENTIALS)).toEqual(CREDENTIALS);
  expect(completeCredentials({ publicKey: "mine" })).toMatchObject({ publicKey: "mine" });
});
