// What nobody foresaw in /v1: the answer says nothing of it but a request id, under which the log has all of it.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AppDeps } from "../../../src/app/deps.js";
import type { LogFields } from "../../../src/base/logger.js";
import { startApi } from "../../support/api-server.js";
import type { ApiServer } from "../../support/api-server.js";

const logged: (readonly [event: string, fields: LogFields | undefined])[] = [];
let api: ApiServer;
beforeAll(async () => {
  const ignore = (): void => undefined;
  const app: Partial<AppDeps> = {
    // A use case meets it as a fault in its own code.
    get store(): never {
      throw new RangeError("Invalid time value");
    },
    log: {
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: (event, fields) => {
        logged.push([event, fields]);
      },
    },
  };
  api = await startApi(app as AppDeps, () => Promise.resolve("1"));
});
afterAll(async () => {
  await api.close();
});

it("is answered with a request id alone, and logged under it with its stack", async () => {
  const { status, body, text } = await api.call("GET", "/v1/projects", {
    headers: { "x-request-id": "r-1" },
  });
  expect([status, body]).toMatchObject([500, { type: "/problems/internal", requestId: "r-1" }]);
  expect(text).not.toContain("Invalid time");
  expect(logged).toMatchObject([
    [
      "request.failed",
      {
        request: "r-1",
        error: "Invalid time value",
        stack: expect.stringMatching(/RangeError: .*\n +at /) as string,
      },
    ],
  ]);
});
