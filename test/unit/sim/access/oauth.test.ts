// Service accounts: who gets a token, for how long, how many at a time, and what a token is worth afterwards.
import fc from "fast-check";
import { expect, it } from "vitest";
import { isSameText, OAuth } from "../../../../src/sim/access/oauth.js";
import type { TokenAnswer, TokenRequest } from "../../../../src/sim/access/oauth.js";
import { buildSettings } from "../../../../src/sim/settings/settings.js";

const ACCOUNT = { clientId: "mdb_sa_id_64f1c0ffee0ddba11ca7e5d0", clientSecret: "mdb_sa_sk_secret" };
const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const MANY = "oauth.tokensPerMinute=100000";

const anOAuth = (set: readonly string[] = []): OAuth => new OAuth(ACCOUNT, buildSettings(set));
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;
const SIGNED = basic(`${ACCOUNT.clientId}:${ACCOUNT.clientSecret}`);
const GRANT = { grant_type: "client_credentials" };

function aRequest(given: Partial<TokenRequest> & { fields?: Record<string, string> } = {}): TokenRequest {
  const { fields = GRANT, ...rest } = given;
  return {
    authorization: SIGNED,
    address: "127.0.0.1",
    now: NOW,
    form: new URLSearchParams(fields),
    ...rest,
  };
}

const tokenOf = (answer: TokenAnswer): string => String(answer.body["access_token"]);
const issue = (oauth: OAuth, now = NOW): string => tokenOf(oauth.issue(aRequest({ now })));
const revoke = (oauth: OAuth, token: string, now = NOW): TokenAnswer =>
  oauth.revoke(aRequest({ now, fields: { token } }));

interface Row {
  readonly reason: string;
  readonly given: Parameters<typeof aRequest>[0];
  readonly status: number;
  readonly error?: string;
}

const { clientId, clientSecret } = ACCOUNT;
const ROWS: readonly Row[] = [
  { reason: "Basic", given: {}, status: 200 },
  {
    reason: "the scheme in small letters",
    given: { authorization: SIGNED.replace("Basic", "basic") },
    status: 200,
  },
  {
    reason: "id and secret percent-encoded before, as RFC 6749 asks",
    given: { authorization: basic(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`) },
    status: 200,
  },
  {
    reason: "id and secret in the form",
    given: {
      authorization: undefined,
      fields: { ...GRANT, client_id: clientId, client_secret: clientSecret },
    },
    status: 200,
  },
  { reason: "nothing at all", given: { authorization: undefined }, status: 401, error: "invalid_client" },
  {
    reason: "a wrong secret",
    given: { authorization: basic(`${clientId}:guess`) },
    status: 401,
    error: "invalid_client",
  },
  {
    reason: "another id",
    given: { authorization: basic(`other:${clientSecret}`) },
    status: 401,
    error: "invalid_client",
  },
  { reason: "no colon", given: { authorization: basic(clientId) }, status: 401, error: "invalid_client" },
  { reason: "a token instead", given: { authorization: "Bearer abc" }, status: 401, error: "invalid_client" },
  {
    reason: "a wrong Basic beside a right form: the header counts",
    given: {
      authorization: basic("a:b"),
      fields: { ...GRANT, client_id: clientId, client_secret: clientSecret },
    },
    status: 401,
    error: "invalid_client",
  },
  { reason: "no grant type", given: { fields: {} }, status: 400, error: "unsupported_grant_type" },
  {
    reason: "another grant type",
    given: { fields: { grant_type: "password" } },
    status: 400,
    error: "unsupported_grant_type",
  },
];

it.each(ROWS)("answers a token request with $status: $reason", ({ given, status, error }) => {
  const answer = anOAuth().issue(aRequest(given));
  expect([answer.status, answer.errorCode]).toEqual([status, error ?? null]);
  expect(answer.body["error"]).toBe(error);
  expect("access_token" in answer.body).toBe(status === 200);
});

it("issues a Bearer of an hour, and says so in whole seconds", () => {
  const { body } = anOAuth(["oauth.tokenLifetimeMs=1999"]).issue(aRequest());
  expect(body).toMatchObject({ expires_in: 1, token_type: "Bearer" });
  expect(anOAuth().issue(aRequest()).body).toMatchObject({ expires_in: 3_600 });
});

it("puts no secret into a token, and a life that a client can read", () => {
  const [, payload = ""] = issue(anOAuth()).split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  expect(claims).toMatchObject({ sub: clientId, iat: NOW / 1_000, exp: (NOW + HOUR_MS) / 1_000 });
  expect(JSON.stringify(claims)).not.toContain(clientSecret);
});

it("never issues the same token twice, also within a millisecond", () => {
  const oauth = anOAuth();
  expect(new Set(Array.from({ length: 10 }, () => issue(oauth))).size).toBe(10);
});

it.each([
  { reason: "at once", now: NOW, isLive: true },
  { reason: "a millisecond before its end", now: NOW + HOUR_MS - 1, isLive: true },
  { reason: "at its end", now: NOW + HOUR_MS, isLive: false },
])("takes a token $reason: $isLive", ({ now, isLive }) => {
  const oauth = anOAuth();
  expect(oauth.isLive(issue(oauth), now)).toBe(isLive);
});

it("takes a token of an earlier process of the same account, and of no other", () => {
  const token = issue(anOAuth());
  expect(anOAuth().isLive(token, NOW)).toBe(true);
  expect(new OAuth({ ...ACCOUNT, clientSecret: "other" }, buildSettings()).isLive(token, NOW)).toBe(false);
});

it("takes no token that was changed in any one place", () => {
  const token = issue(anOAuth());
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "b", "9", ".", ""), (at, put) => {
      const changed = `${token.slice(0, at)}${put}${token.slice(at + 1)}`;
      fc.pre(changed !== token);
      expect(anOAuth().isLive(changed, NOW)).toBe(false);
    }),
  );
});

it.each(["", ".", "..", "a.b.c", "null", "{}"])("takes no token that is %j", (token) => {
  expect(anOAuth().isLive(token, NOW)).toBe(false);
});

it("revokes one token and no other, and answers 200 also to what it does not know", () => {
  const oauth = anOAuth();
  const [one, two] = [issue(oauth), issue(oauth)];
  expect(revoke(oauth, one)).toEqual({ status: 200, body: {}, errorCode: null });
  expect([oauth.isLive(one, NOW), oauth.isLive(two, NOW)]).toEqual([false, true]);
  expect([revoke(oauth, one).status, revoke(oauth, "unknown").status]).toEqual([200, 200]);
});

it("revokes nothing for who is not the account", () => {
  const oauth = anOAuth();
  const token = issue(oauth);
  const answer = oauth.revoke(aRequest({ authorization: basic("a:b"), fields: { token } }));
  expect([answer.status, oauth.isLive(token, NOW)]).toEqual([401, true]);
});

const asks = (oauth: OAuth, count: number, given: Parameters<typeof aRequest>[0] = {}): string =>
  Array.from({ length: count }, () => String(oauth.issue(aRequest(given)).status)).join(" ");

it("limits token requests to ten a minute, and says by what", () => {
  const oauth = anOAuth();
  expect(asks(oauth, 11)).toBe(`${"200 ".repeat(10)}429`);
  expect(oauth.issue(aRequest())).toMatchObject({
    errorCode: "RATE_LIMITED",
    body: {
      detail: "Resource /api/oauth/token is limited to 10 requests every 1 minutes.",
      error: 429,
      parameters: ["/api/oauth/token", 10, 1],
      reason: "Too Many Requests",
    },
  });
});

it.each([
  { reason: "another address has a limit of its own", given: { address: "10.0.0.9" }, want: "200" },
  {
    reason: "another client has a limit of its own",
    given: { authorization: basic("other:x") },
    want: "401",
  },
  { reason: "a wrong secret does not", given: { authorization: basic(`${clientId}:guess`) }, want: "429" },
  { reason: "a minute is not over", given: { now: NOW + 59_999 }, want: "429" },
  { reason: "a minute is over", given: { now: NOW + 60_000 }, want: "200" },
])("counts per address and client: $reason", ({ given, want }) => {
  const oauth = anOAuth(["oauth.tokensPerMinute=2"]);
  expect(asks(oauth, 3)).toBe("200 200 429");
  expect(asks(oauth, 1, given)).toBe(want);
});

it("counts refused requests too, so that guessing is limited", () => {
  const oauth = anOAuth(["oauth.tokensPerMinute=3"]);
  expect(asks(oauth, 5, { authorization: basic(`${clientId}:guess`) })).toBe("401 401 401 429 429");
});

it("never lets more pass in a minute than the limit, whenever they come", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(40_000), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      (gaps, limit) => {
        const oauth = anOAuth([`oauth.tokensPerMinute=${String(limit)}`]);
        const passed: number[] = [];
        let now = NOW;
        for (const gap of gaps) {
          now += gap;
          if (oauth.issue(aRequest({ now })).status === 200) passed.push(now);
        }
        for (const at of passed) {
          expect(passed.filter((one) => one > at - 60_000 && one <= at).length).toBeLessThanOrEqual(limit);
        }
      },
    ),
  );
});

it.each([
  { reason: "while they live", now: NOW + 1, want: 403 },
  { reason: "when they have ended", now: NOW + HOUR_MS, want: 200 },
])("has room for so many live tokens: $reason", ({ now, want }) => {
  const oauth = anOAuth([MANY, "oauth.maxLiveTokens=2"]);
  issue(oauth);
  issue(oauth);
  const answer = oauth.issue(aRequest({ now }));
  expect(answer.status).toBe(want);
  if (want === 403) expect(answer.body["error"]).toBe("access_denied");
});

it("gives the place of a revoked token back, once", () => {
  const oauth = anOAuth([MANY, "oauth.maxLiveTokens=2"]);
  const [one] = [issue(oauth), issue(oauth)];
  revoke(oauth, one);
  revoke(oauth, one);
  expect(asks(oauth, 2)).toBe("200 403");
});

it("gives back the revoked token's own place, not that of one that lives longer", () => {
  const oauth = anOAuth([MANY, "oauth.maxLiveTokens=2"]);
  const early = issue(oauth, NOW);
  issue(oauth, NOW + HOUR_MS / 2);
  revoke(oauth, early, NOW + HOUR_MS / 2);
  expect(asks(oauth, 2, { now: NOW + HOUR_MS + 1 })).toBe("200 403");
});

it("takes nobody's place away for a token of an earlier process", () => {
  const token = issue(anOAuth());
  const oauth = anOAuth([MANY, "oauth.maxLiveTokens=1"]);
  issue(oauth, NOW + 5);
  revoke(oauth, token, NOW + 5);
  expect(asks(oauth, 1, { now: NOW + 5 })).toBe("403");
});

it("compares texts by their whole content", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, two) => {
      expect(isSameText(one, two)).toBe(one === two);
      expect(isSameText(one, one)).toBe(true);
    }),
  );
});
