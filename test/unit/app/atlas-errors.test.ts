// What a person reads where Atlas could not be asked: address, what was tried, what Atlas said, what to do. The errors
// are the client's own, made by its own functions from what came over the wire.
import { expect, it } from "vitest";
import { explainAtlasError } from "../../../src/app/atlas-errors.js";
import { toFailureError, toReplyError, toUnintelligible } from "../../../src/atlas/errors.js";
import type { Operation } from "../../../src/atlas/errors.js";
import { ExchangeFailure } from "../../../src/atlas/exchange.js";
import { AppError } from "../../../src/base/errors.js";

const PROJECT = "32b6e34b3d91647abb20e7b8";
const ASKED = {
  project: PROJECT,
  what: `list the workspaces of project ${PROJECT}`,
  address: "https://atlas.example",
  timeoutMs: 25_000,
};
const DOING = `list the workspaces of project ${PROJECT}`;

function aReply(status: number, body: object = {}, operation: Operation = "workspaces"): AppError {
  const reply = { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
  return toReplyError(operation, reply, (text) => text);
}

interface ErrorCase {
  readonly reason: string;
  readonly error: AppError;
  readonly says: string;
}

const CASES: readonly ErrorCase[] = [
  {
    reason: "credentials that are none",
    error: aReply(401, { errorCode: "UNEXPECTED_ERROR", detail: "You are not authorized" }),
    says:
      `Atlas at https://atlas.example was asked to ${DOING}: Atlas answered workspaces with 401 UNEXPECTED_ERROR: ` +
      "You are not authorized. Check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET (or the API key), or " +
      "the project's entry in HEADGATE_CREDENTIALS_FILE",
  },
  {
    reason: "a service account without a token",
    error: aReply(403, { detail: "Access Token limit reached" }, "token"),
    says:
      `Atlas at https://atlas.example was asked to ${DOING}: Atlas answered token with 403: Access Token limit reached. ` +
      "Check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET (or the API key), or the project's entry in " +
      "HEADGATE_CREDENTIALS_FILE",
  },
  {
    reason: "a role that is missing",
    error: aReply(403, { errorCode: "USER_UNAUTHORIZED", detail: "no" }),
    says:
      `Atlas at https://atlas.example was asked to ${DOING}: Atlas answered workspaces with 403 USER_UNAUTHORIZED: no. ` +
      `The credentials need the role Project Stream Processing Owner in project ${PROJECT}, and this host's address ` +
      "has to be on their access list",
  },
  {
    reason: "a bill that is open",
    error: aReply(402, { errorCode: "NO_PAYMENT_INFORMATION_FOUND" }),
    says:
      `Atlas at https://atlas.example was asked to ${DOING}: Atlas answered workspaces with 402 ` +
      "NO_PAYMENT_INFORMATION_FOUND. Check the billing of the project in Atlas",
  },
  {
    reason: "too many calls, by Atlas",
    error: aReply(429, { errorCode: "RATE_LIMITED_TOKEN_BUCKET", parameters: ["/path", 25, 1_200, 500, 60] }),
    says:
      `Atlas at https://atlas.example takes no calls now: tried once to ${DOING}; Atlas answered workspaces with 429 ` +
      `RATE_LIMITED_TOKEN_BUCKET. Try again in 25s; headgate get budgets ${PROJECT} shows what is left`,
  },
  {
    reason: "too many calls, by our own count",
    error: new AppError("atlas.rate_limited", "the project's budget of calls is used up", {
      retryAfterMs: 3_210,
    }),
    says:
      `Atlas at https://atlas.example takes no calls now: tried once to ${DOING}; the project's budget of calls is ` +
      `used up. Try again in 4s; headgate get budgets ${PROJECT} shows what is left`,
  },
  {
    reason: "too many tokens",
    error: aReply(429, { errorCode: "RATE_LIMITED", detail: "10 requests every 1 minutes." }, "token"),
    says:
      `Atlas at https://atlas.example takes no calls now: tried once to ${DOING}; Atlas answered token with 429 ` +
      "RATE_LIMITED: 10 requests every 1 minutes. Try again in 10s",
  },
  {
    reason: "nobody there",
    error: toFailureError(
      "workspaces",
      new ExchangeFailure("the connection failed", {
        sent: false,
        cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
      }),
    ),
    says:
      `Atlas at https://atlas.example cannot be reached: tried once to ${DOING}, for 25s at most; workspaces got no ` +
      "answer from Atlas, before it was sent: the connection failed (ECONNREFUSED). Check MONGODB_ATLAS_BASE_URL, " +
      "HTTPS_PROXY and the network",
  },
  {
    reason: "a proxy that wants a password, with the time that was really waited",
    error: toFailureError(
      "workspaces",
      new ExchangeFailure("the proxy at proxy.example:3128 refused the way with 407", {
        sent: false,
        remedy: "Put the proxy's user and password into HTTPS_PROXY",
        waitedMs: 312,
      }),
    ),
    says:
      `Atlas at https://atlas.example cannot be reached: tried once to ${DOING}, for 0.3s; workspaces got no answer ` +
      "from Atlas, before it was sent: the proxy at proxy.example:3128 refused the way with 407. Put the proxy's user " +
      "and password into HTTPS_PROXY",
  },
  {
    reason: "an outage",
    error: aReply(503),
    says:
      `Atlas at https://atlas.example is not well: tried once to ${DOING}, for 25s at most; Atlas answered workspaces ` +
      "with 503. Run the command again in a while",
  },
  {
    reason: "another dialect",
    error: toUnintelligible("workspaces", 200, "it is not JSON"),
    says:
      `Atlas at https://atlas.example was asked to ${DOING}: Atlas's answer to workspaces is not understood: ` +
      "it is not JSON",
  },
];

it.each(CASES)(
  "says of $reason where it was asked, what for, what came and what to do",
  ({ error, says }) => {
    const explained = explainAtlasError(error, ASKED);
    if (!(explained instanceof AppError)) throw new Error("an AppError was expected");
    expect(explained.message).toBe(says);
    expect(explained.code).toBe(error.code);
    expect(explained.retryAfterMs).toBe(error.retryAfterMs);
    expect(explained.cause).toBe(error);
  },
);

it("leaves alone what is no error of Atlas's", () => {
  for (const error of [new AppError("store.unavailable", "Postgres is down"), new Error("a bug"), "text"]) {
    expect(explainAtlasError(error, ASKED)).toBe(error);
  }
});
