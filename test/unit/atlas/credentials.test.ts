// Several credentials in one installation, chosen by project: each project's calls carry its own, projects that share
// one share its token, and a project without any gets nothing onto the wire.
import { expect, it } from "vitest";
import { inspect } from "node:util";
import type { AtlasClientOptions, AtlasCredentials } from "../../../src/atlas/client.js";
import { Secret } from "../../../src/base/secret.js";
import { PROCESSOR, aProcessor, catchAppError, onStage, sendJson, within } from "./scripted-server.js";
import type { Seen, Turn } from "./scripted-server.js";

const [A, B, C] = ["a".repeat(24), "b".repeat(24), "c".repeat(24)] as const;
const anAccount = (name: string): AtlasCredentials => ({
  kind: "service-account",
  clientId: `id-${name}`,
  clientSecret: new Secret(`secret-of-${name}`),
});
const KEY: AtlasCredentials = { kind: "api-key", publicKey: "public", privateKey: new Secret("private-one") };

const isToken = ({ url }: Seen): boolean => url === "/api/oauth/token";
const inProject = (project: string): typeof PROCESSOR => ({ ...PROCESSOR, project });
const projectOf = ({ url }: Seen): string => url.split("/groups/")[1]?.slice(0, 24) ?? "";

/** Tokens are named after the client that asked: `token-of-id-one`. */
function play(turn: Turn): void {
  const { response, headers } = turn;
  if (!isToken(turn)) {
    sendJson(response, 200, aProcessor("clicks"));
    return;
  }
  const basic = Buffer.from(headers.authorization?.replace("Basic ", "") ?? "", "base64").toString("utf8");
  const token = `token-of-${basic.split(":")[0] ?? ""}`;
  // Late enough for every caller of the test to be waiting for it.
  setTimeout(() => {
    sendJson(response, 200, { access_token: token, expires_in: 3600, token_type: "Bearer" });
  }, 20);
}

const withCredentials = (
  byProject: readonly (readonly [string, AtlasCredentials])[],
  credentials?: AtlasClientOptions["credentials"],
): Partial<AtlasClientOptions> & { readonly ownTokens: true } => ({
  ownTokens: true,
  credentials,
  credentialsByProject: new Map(byProject),
});

it("signs each project's calls with its own credentials, and the others with those for all", async () => {
  const options = withCredentials(
    [
      [A, anAccount("one")],
      [B, anAccount("two")],
    ],
    anAccount("all"),
  );
  await onStage(
    play,
    async ({ client, seen }) => {
      await Promise.all([A, B, C].map((project) => client.getProcessor(inProject(project), {})));
      await client.stop(inProject(B), within(5_000));
      const calls = seen.filter((one) => !isToken(one));
      const signed = Object.fromEntries(calls.map((one) => [projectOf(one), one.headers.authorization]));
      expect(signed).toEqual({
        [A]: "Bearer token-of-id-one",
        [B]: "Bearer token-of-id-two",
        [C]: "Bearer token-of-id-all",
      });
      expect(seen.filter(isToken)).toHaveLength(3);
      expect(calls.at(-1)).toMatchObject({
        method: "POST",
        headers: { authorization: "Bearer token-of-id-two" },
      });
    },
    options,
  );
});

it("fetches one token for a credential that projects share, however many callers there are", async () => {
  const shared = anAccount("shared");
  await onStage(
    play,
    async ({ client, seen }) => {
      const projects = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? A : B));
      await Promise.all(projects.map((project) => client.getProcessor(inProject(project), {})));
      expect(seen.filter(isToken)).toHaveLength(1);
      expect(seen).toHaveLength(61);
    },
    withCredentials([
      [A, shared],
      [B, shared],
    ]),
  );
});

it("lets a service account and an API key stand side by side", async () => {
  const challenge = 'Digest realm="MMS Public API", domain="", nonce="n1", algorithm=MD5, qop="auth"';
  await onStage(
    (turn) => {
      const isBare = turn.headers.authorization === undefined;
      if (isToken(turn) || !isBare) play(turn);
      else turn.response.writeHead(401, { "www-authenticate": challenge }).end("{}");
    },
    async ({ client, seen }) => {
      await client.getProcessor(inProject(A), {});
      await client.getProcessor(inProject(B), {});
      const ofB = seen.filter((one) => projectOf(one) === B);
      expect(ofB.at(-1)?.headers.authorization).toMatch(/^Digest username="public"/);
      expect(seen.find((one) => projectOf(one) === A)?.headers.authorization).toBe("Bearer token-of-id-one");
    },
    withCredentials([
      [A, anAccount("one")],
      [B, KEY],
    ]),
  );
});

it("refuses a project without credentials before anything is sent, reads and writes alike", async () => {
  await onStage(
    play,
    async ({ client, seen }) => {
      const ref = inProject(C);
      const calls = [
        client.getProcessor(ref, {}),
        client.listProcessors(ref, {}),
        client.listWorkspaces(C, {}),
        client.listFailures({ project: C, since: 0 }, {}),
        client.readRateLimits(C, {}),
        client.start(ref, within(5_000)),
        client.startWith(ref, {}, within(5_000)),
        client.stop(ref, within(5_000)),
      ];
      for (const call of calls) {
        const error = await catchAppError(call);
        expect(error).toMatchObject({ code: "atlas.denied", context: { sent: false, transient: false } });
        expect(error.message).toContain(C);
      }
      expect(seen).toEqual([]);
    },
    withCredentials([[A, anAccount("one")]]),
  );
});

it("lets a project whose credentials are refused not harm the others, and quotes no secret", async () => {
  await onStage(
    (turn) => {
      const isOne = isToken(turn) && turn.headers.authorization?.startsWith("Basic aWQtb25lO") === true;
      if (isOne)
        sendJson(turn.response, 401, {
          error: "invalid_client",
          error_description: "no client with secret-of-one",
        });
      else play(turn);
    },
    async ({ client }) => {
      const error = await catchAppError(client.getProcessor(inProject(A), {}));
      expect(error.code).toBe("atlas.denied");
      expect(inspect(error, { depth: 9 })).not.toContain("secret-of-one");
      expect(await client.getProcessor(inProject(B), {})).toMatchObject({ state: "STARTED" });
    },
    withCredentials([
      [A, anAccount("one")],
      [B, anAccount("two")],
    ]),
  );
});
