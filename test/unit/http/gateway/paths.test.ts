// Every path a client of Atlas may send, and every name that is awkward in one: what it is about, or why it is nothing.
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { parseGatewayPath } from "../../../../src/http/gateway/paths.js";
import { PROJECT } from "../../../support/fleets.js";

const BASE = `/api/atlas/v2/groups/${PROJECT}`;
const STREAMS = `${BASE}/streams`;
const parse = (method: string, path: string) => parseGatewayPath(method, path);

describe("verbs", () => {
  it.each([
    ["p:startWith", "p", "startWith"],
    ["p:start", "p", "start"],
    ["p:stop", "p", "stop"],
    ["a:b:startWith", "a:b", "startWith"],
    ["a:stop:start", "a:stop", "start"],
    ["start:stop", "start", "stop"],
    ["a%3Ab:startWith", "a:b", "startWith"],
    ["a%2Fb:startWith", "a/b", "startWith"],
    ["a%20b:stop", "a b", "stop"],
    ["%25:stop", "%", "stop"],
    ["%E2%82%AC:start", "€", "start"],
    ["a;v=1:start", "a;v=1", "start"],
    [`${"x".repeat(300)}:start`, "x".repeat(300), "start"],
  ])("POST %s", (segment, processor, verb) => {
    expect(parse("POST", `${STREAMS}/w/processor/${segment}?pretty=true`)).toMatchObject({
      kind: "action",
      project: PROJECT,
      workspace: "w",
      processor,
      verb,
    });
  });

  it.each(["p", "p:", ":start", "p:Start", "p:starts", "p%3AstartWith", "p:start%57ith", "p:startWith:"])(
    "POST %s is no verb, and is never passed on",
    (segment) => {
      expect(parse("POST", `${STREAMS}/w/processor/${segment}`).kind).toBe("wrong-method");
    },
  );

  it("takes a colon for a part of the name with any other method", () => {
    expect(parse("GET", `${STREAMS}/w/processor/a:stop`)).toMatchObject({ kind: "read", isList: false });
    expect(parse("DELETE", `${STREAMS}/w/processor/a:stop`)).toMatchObject({
      kind: "other",
      processor: "a:stop",
    });
  });

  it("takes any name that is percent-encoded as clients do", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), (name) => {
        fc.pre(name !== "." && name !== "..");
        const path = `${STREAMS}/${encodeURIComponent(name)}/processor/${encodeURIComponent(name)}:startWith`;
        expect(parse("POST", path)).toMatchObject({ kind: "action", workspace: name, processor: name });
      }),
    );
  });
});

describe("everything else", () => {
  it.each([
    ["GET", STREAMS, { kind: "read", isList: true, workspace: undefined }],
    ["GET", `${STREAMS}/w`, { kind: "read", isList: false, workspace: "w" }],
    ["GET", `${STREAMS}/w/connections`, { kind: "read", isList: true, workspace: "w" }],
    ["GET", `${STREAMS}/w/connections/c`, { kind: "read", isList: false, workspace: "w" }],
    ["GET", `${STREAMS}/w/processors?pageNum=2`, { kind: "read", isList: true, workspace: "w" }],
    ["GET", `${STREAMS}/w/processor/p`, { kind: "read", isList: false, workspace: "w" }],
    ["POST", `${STREAMS}/w/processor`, { kind: "other", workspace: "w" }],
    ["PATCH", `${STREAMS}/w/processor/p`, { kind: "other", workspace: "w", processor: "p" }],
    ["PATCH", `${STREAMS}/w`, { kind: "other", workspace: "w" }],
    ["GET", `${STREAMS}/w:downloadOperationalLogs`, { kind: "other", workspace: "w" }],
    ["GET", BASE, { kind: "other", workspace: undefined }],
    ["GET", `${BASE}/clusters/c`, { kind: "other", workspace: undefined }],
  ])("%s %s", (method, path, found) => {
    expect(parse(method, path)).toMatchObject({ ...found, project: PROJECT, target: path });
  });

  it.each([
    ["GET", "/api/atlas/v2/groups", "none"],
    ["GET", "/api/atlas/v2/groups/", "none"],
    ["GET", "/api/atlas/v2/orgs/1", "none"],
    ["GET", "/api/atlas/v1.0/groups/x", "none"],
    ["GET", `${STREAMS}/`, "none"],
    ["GET", `${STREAMS}//processors`, "none"],
    ["GET", `${STREAMS}/w/../x`, "none"],
    ["GET", `${STREAMS}/w/%2e%2e/x`, "none"],
    ["GET", `${STREAMS}/%2E/processors`, "none"],
    ["GET", "/api/atlas/v2/groups/32B6E34B3D91647ABB20E7B8/streams", "bad-project"],
    ["GET", "/api/atlas/v2/groups/32b6/streams", "bad-project"],
    ["GET", `${STREAMS}/a%zz`, "bad-encoding"],
    ["GET", `${STREAMS}/a%ff`, "bad-encoding"],
    ["GET", `${STREAMS}/a\\b`, "bad-encoding"],
    ["GET", `${STREAMS}/a b`, "bad-encoding"],
  ])("%s %s is %s", (method, path, kind) => {
    expect(parse(method, path).kind).toBe(kind);
  });
});
