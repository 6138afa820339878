// The service account's token: one request however many callers, kept, renewed after a 401, never asked for too often.
import { expect, it } from "vitest";
import { inspect } from "node:util";
import {
  CLIENT_SECRET,
  PROCESSOR,
  SERVICE_ACCOUNT,
  TOKEN,
  aProcessor,
  anError,
  catchAppError,
  onStage,
  sendJson,
  within,
} from "./scripted-server.js";
import type { Seen, Turn } from "./scripted-server.js";

const isToken = ({ url }: Seen): boolean => url === "/api/oauth/token";
const countTokens = (seen: readonly Seen[]): number => seen.filter(isToken).length;
const OWN = { ownTokens: true } as const;

function grant({ response, nth }: Turn, livesSeconds = 3600): void {
  sendJson(response, 200, {
    access_token: `t${String(nth)}`,
    expires_in: livesSeconds,
    token_type: "Bearer",
  });
}

it("asks once for many callers and keeps the token", async () => {
  const play = (turn: Turn): void => {
    if (isToken(turn))
      setTimeout(() => {
        grant(turn);
      }, 20);
    else sendJson(turn.response, 200, aProcessor("clicks"));
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      await Promise.all(Array.from({ length: 40 }, () => client.getProcessor(PROCESSOR, {})));
      await client.getProcessor(PROCESSOR, {});
      expect(countTokens(seen)).toBe(1);
      expect(seen).toHaveLength(42);
      const [first] = seen;
      expect(first).toMatchObject({ method: "POST", body: "grant_type=client_credentials" });
      const basic = Buffer.from(`mdb_sa_id_1:${CLIENT_SECRET}`).toString("base64");
      expect(first?.headers.authorization).toBe(`Basic ${basic}`);
      expect(seen[1]?.headers.authorization).toBe("Bearer t1");
    },
    OWN,
  );
});

it("renews a token before its end", async () => {
  const play = (turn: Turn): void => {
    if (isToken(turn)) grant(turn, 0.000_001);
    else sendJson(turn.response, 200, aProcessor("clicks"));
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      await client.getProcessor(PROCESSOR, {});
      await client.getProcessor(PROCESSOR, {});
      expect(countTokens(seen)).toBe(2);
    },
    OWN,
  );
});

it("replaces a token that Atlas no longer takes, and sends a write once more", async () => {
  let valid = "t1";
  const play = (turn: Turn): void => {
    if (isToken(turn)) {
      sendJson(turn.response, 200, { access_token: valid, expires_in: 3600 });
    } else if (turn.headers.authorization === `Bearer ${valid}`) {
      sendJson(turn.response, 200, {});
    } else sendJson(turn.response, 401, anError(401, "UNEXPECTED_ERROR", "no"));
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      await client.stop(PROCESSOR, within(5_000));
      valid = "t2";
      await Promise.all([1, 2, 3].map(() => client.stop(PROCESSOR, within(5_000))));
      expect(countTokens(seen)).toBe(2);
    },
    OWN,
  );
});

it("takes a second 401 as denied and does not hammer the token endpoint", async () => {
  const play = (turn: Turn): void => {
    if (isToken(turn)) grant(turn);
    else sendJson(turn.response, 401, anError(401, "UNEXPECTED_ERROR", "no"));
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      for (let n = 0; n < 12; n += 1) {
        const error = await catchAppError(client.getProcessor(PROCESSOR, {}));
        expect(error.code).toBe("atlas.denied");
      }
      expect(countTokens(seen)).toBe(2);
    },
    OWN,
  );
});

it("remembers a wrong secret for a while and never tells it", async () => {
  const play = ({ response }: Turn): void => {
    sendJson(response, 401, { error: "invalid_client", error_description: `Invalid: ${CLIENT_SECRET}` });
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
      expect(error).toMatchObject({ code: "atlas.denied", context: { operation: "token", sent: false } });
      expect(inspect(error, { depth: 9 })).not.toContain(CLIENT_SECRET);
      expect(inspect(SERVICE_ACCOUNT) + JSON.stringify(SERVICE_ACCOUNT)).not.toContain(CLIENT_SECRET);
      await catchAppError(client.stop(PROCESSOR, within(5_000)));
      expect(seen).toHaveLength(1);
    },
    OWN,
  );
});

it("waits out the token endpoint's own 429", async () => {
  const body = { ...anError(429, "RATE_LIMITED", "limited"), parameters: ["/api/oauth/token", 10, 1] };
  await onStage(
    ({ response }) => {
      sendJson(response, 429, body);
    },
    async ({ client, seen }) => {
      const error = await catchAppError(client.getProcessor(PROCESSOR, {}));
      expect(error).toMatchObject({ code: "atlas.rate_limited", retryAfterMs: 60_000 });
      const next = await catchAppError(client.getProcessor(PROCESSOR, {}));
      expect(next.code).toBe("atlas.rate_limited");
      expect(next.retryAfterMs).toBeGreaterThan(50_000);
      expect(seen).toHaveLength(1);
    },
    OWN,
  );
});

it("never asks more than eight times a minute", async () => {
  await onStage(
    ({ response }) => {
      sendJson(response, 503, {});
    },
    async ({ client, seen }) => {
      for (let n = 0; n < 8; n += 1) {
        const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
        expect(error).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
      }
      const last = await catchAppError(client.stop(PROCESSOR, within(5_000)));
      expect(last).toMatchObject({ code: "atlas.rate_limited", context: { sent: false } });
      expect(seen).toHaveLength(8);
    },
    OWN,
  );
});

it.each(["<html>", "{}", '{"access_token":"', '{"access_token":5,"expires_in":3600}'])(
  "understands no token in %s",
  async (text) => {
    await onStage(
      ({ response }) => response.writeHead(200).end(text),
      async ({ client }) => {
        const error = await catchAppError(client.getProcessor(PROCESSOR, {}));
        expect(error).toMatchObject({ code: "atlas.unintelligible", context: { operation: "token" } });
      },
      OWN,
    );
  },
);

it("takes its token out of what Atlas says", async () => {
  await onStage(
    ({ response, headers }) => {
      sendJson(response, 400, anError(400, "VALIDATION_ERROR", `you sent ${headers.authorization ?? ""}`));
    },
    async ({ client }) => {
      const error = await catchAppError(client.stop(PROCESSOR, within(5_000)));
      expect(error.code).toBe("atlas.rejected");
      expect(inspect(error, { depth: 9 })).not.toContain(TOKEN);
    },
  );
});

it("takes a token that was replaced since out of an answer that comes late", async () => {
  let answerLate = (): void => undefined;
  const play = (turn: Turn): void => {
    const { response, headers } = turn;
    if (isToken(turn))
      sendJson(response, 200, { access_token: `opaque-${String(turn.nth)}`, expires_in: 3600 });
    else if (turn.nth === 2)
      answerLate = () => {
        sendJson(
          response,
          400,
          anError(400, "VALIDATION_ERROR", `not ${headers.authorization?.slice(7) ?? ""}`),
        );
      };
    else if (turn.nth === 3) sendJson(response, 401, anError(401, "UNEXPECTED_ERROR", "no"));
    else sendJson(response, 200, {});
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      const late = catchAppError(client.stop(PROCESSOR, within(5_000)));
      await expect.poll(() => seen.length).toBe(2);
      await client.stop(PROCESSOR, within(5_000));
      expect(countTokens(seen)).toBe(2);
      answerLate();
      expect((await late).context).toMatchObject({ detail: "not [redacted]" });
    },
    OWN,
  );
});

it("takes its secret out of what the token endpoint says, also as it was sent", async () => {
  await onStage(
    ({ response, headers }) => {
      const sent = headers.authorization?.replace("Basic ", "") ?? "";
      sendJson(response, 500, anError(500, "UNEXPECTED_ERROR", `not ${sent} nor ${CLIENT_SECRET}`));
    },
    async ({ client }) => {
      const error = await catchAppError(client.getProcessor(PROCESSOR, {}));
      expect(error.context).toMatchObject({ detail: "not [redacted] nor [redacted]" });
    },
    OWN,
  );
});

it("goes on fetching for the others when one caller leaves", async () => {
  const leaver = new AbortController();
  const play = (turn: Turn): void => {
    if (!isToken(turn)) {
      sendJson(turn.response, 200, {});
      return;
    }
    leaver.abort();
    grant(turn);
  };
  await onStage(
    play,
    async ({ client, seen }) => {
      const left = catchAppError(client.stop(PROCESSOR, { ...within(5_000), signal: leaver.signal }));
      await client.stop(PROCESSOR, within(5_000));
      expect(await left).toMatchObject({ code: "atlas.unavailable", context: { sent: false } });
      expect(countTokens(seen)).toBe(1);
      expect(seen).toHaveLength(2);
    },
    OWN,
  );
});
