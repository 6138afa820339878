// What reaches the gateway as bytes: verbs behind awkward names, and requests that are no HTTP or too much of it. Every
// answer has a JSON object for a body, whatever broke, because one client of Atlas takes an empty one for success.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemSchema } from "../../src/http/api/problems.js";
import { PROJECT, aFleet } from "../support/fleets.js";
import { OLD_TYPE, START_TYPE, startGateway } from "../support/gateway.js";
import type { TestGateway } from "../support/gateway.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

let loop: TestLoop;
let gateway: TestGateway;
beforeAll(async () => {
  loop = await startLoop({ simulator: { populate: aFleet({ w: { "there:stop": "STOPPED" } }) } });
  gateway = await startGateway(loop.app, PROJECT);
});
afterAll(async () => {
  await gateway.end();
  await loop.stop();
});

interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/** Sends the bytes and reads until the server closes. */
function sendRaw(text: string): Promise<RawAnswer> {
  const { port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("close", () => {
      resolve(parseAnswer(Buffer.concat(chunks).toString("utf8")));
    });
  });
}

function parseAnswer(text: string): RawAnswer {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const status = Number(/^HTTP\/1[.]1 (\d{3})/.exec(head)?.[1]);
  const contentType = /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? "";
  return { status, contentType, body: JSON.parse(body) as unknown };
}

const toRequest = (method: string, target: string, headers: readonly string[] = []): string =>
  [
    `${method} ${target} HTTP/1.1`,
    ...["host: gateway", "authorization: Bearer admin", "connection: close", `accept: ${START_TYPE}`],
    ...headers,
    "\r\n",
  ].join("\r\n");

const PROCESSORS = `/api/atlas/v2/groups/${PROJECT}/streams/w/processor`;

/** Each as a client writes it, and the name that Atlas is asked for; undefined: it is no name with a verb. */
const NAMES: readonly (readonly [written: string, name: string | undefined])[] = [
  ["plain", "plain"],
  ["a:b:c", "a:b:c"],
  ["a%3Ab", "a:b"],
  ["a%2Fb", "a/b"],
  ["a%20b", "a b"],
  ["a%25b", "a%b"],
  ["%C3%A9", "é"],
  ["a+b", "a+b"],
  ["a;b=c", "a;b=c"],
  ["x".repeat(200), "x".repeat(200)],
  ["", undefined],
];
const VERBS = ["start", "startWith", "stop"] as const;

describe("verbs behind awkward names", () => {
  const rows = NAMES.flatMap(([written, name]) => VERBS.map((verb) => ({ written, name, verb })));
  it.each(rows)("$written:$verb", async ({ written, name, verb }) => {
    const seen = loop.simulator.log().length;
    const answer = await sendRaw(
      toRequest("POST", `${PROCESSORS}/${written}:${verb}`, ["content-length: 0"]),
    );
    expect(answer.contentType).toContain("application/json");
    if (name === undefined) {
      expect(answer).toMatchObject({ status: 405, body: { error: 405 } });
      return;
    }
    // Nobody has it: so it is Atlas itself that says so, of that very name.
    expect(answer).toMatchObject({ status: 404, body: { error: 404 } });
    const asked = loop.simulator
      .log()
      .slice(seen)
      .flatMap(({ processor }) => processor ?? []);
    expect(new Set(asked)).toEqual(new Set([name]));
  });

  it.each([
    ["the verb encoded", "plain%3AstartWith", 405],
    ["letters of the verb encoded", "plain:start%57ith", 405],
    ["another case", "plain:startwith", 405],
    ["nothing behind the colon", "plain:", 405],
  ])("%s: %s is %i, and Atlas is not asked", async (_what, segment, status) => {
    const seen = loop.simulator.log().length;
    const answer = await sendRaw(toRequest("POST", `${PROCESSORS}/${segment}`, ["content-length: 0"]));
    expect(answer).toMatchObject({ status, body: { error: status } });
    expect(loop.simulator.log()).toHaveLength(seen);
  });

  it("reads a name that has a verb in it", async () => {
    const read = toRequest("GET", `${PROCESSORS}/there%3Astop`).replace(START_TYPE, OLD_TYPE);
    expect(await sendRaw(read)).toMatchObject({ status: 200, body: { name: "there:stop" } });
  });
});

describe("what is no request, or too much of one", () => {
  it.each([
    ["no HTTP at all", "hello\r\n\r\n", 400],
    ["a header that is none", "GET /api/atlas/v2/groups HTTP/1.1\r\nhost gateway\r\n\r\n", 400],
    [
      "headers that are too long",
      toRequest("GET", "/api/atlas/v2/groups", [`x-long: ${"x".repeat(20_000)}`]),
      431,
    ],
    ["a path that is too long", toRequest("GET", `/api/atlas/v2/${"x".repeat(20_000)}`), 431],
    ["a body that is too long", toRequest("PATCH", `${PROCESSORS}/p`, ["content-length: 40000000"]), 413],
    ["a path without a face", toRequest("GET", "/nowhere"), 404],
    ["a path that cannot be decoded", toRequest("GET", "/v1/%zz"), 400],
    ["a path of Atlas's that cannot be decoded", toRequest("GET", `${PROCESSORS}/%zz`), 400],
    [
      "no credential",
      toRequest("POST", `${PROCESSORS}/p:start`).replace("Bearer admin", "Bearer nobody"),
      401,
    ],
  ])("%s", async (_what, text, status) => {
    const answer = await sendRaw(text);
    expect(answer.status).toBe(status);
    expect(answer.contentType).toMatch(/^application\/(?:problem[+])?json/);
    expect(answer.body).toBeTypeOf("object");
    expect(JSON.stringify(answer.body)).not.toMatch(/FST_|node_modules|at .*[.]js/);
  });

  it.each([
    [toRequest("GET", "/v1/policies", [`x-long: ${"x".repeat(20_000)}`]), "headers-too-long", 431],
    [toRequest("GET", `/v1/policies?cursor=${"x".repeat(20_000)}`), "headers-too-long", 431],
    ["GET /v1/policies HTTP/1.1\r\nhost server\r\n\r\n", "invalid-request", 400],
    [toRequest("GET", "/v1/nothing"), "not-found", 404],
  ])("of /v1: %# is a problem of its document", async (text, type, status) => {
    const answer = await sendRaw(text);
    expect(answer).toMatchObject({ status, contentType: "application/problem+json; charset=utf-8" });
    expect(problemSchema.parse(answer.body)).toMatchObject({ type: `/problems/${type}`, status });
  });

  it("takes a body in chunks", async () => {
    const body = '{"tier":"SP15"}';
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const headers = ["transfer-encoding: chunked", "content-type: application/json"];
    const answer = await sendRaw(`${toRequest("POST", `${PROCESSORS}/p:startWith`, headers)}${chunked}`);
    expect(answer).toMatchObject({
      status: 400,
      body: { badRequestDetail: { fields: [{ field: "tier" }] } },
    });
  });
});
