// The gateway in front of a loop's simulator, on a socket of its own, with keys from a table: what a key is and how it
// signs is tested elsewhere. Answers are read raw, as a client of Atlas gets them.
import { createLogger } from "../../src/base/logger.js";
import type { AppDeps } from "../../src/app/deps.js";
import type { KeyHolder, Role } from "../../src/domain/access.js";
import type { Authenticator } from "../../src/http/access/authenticate.js";
import { registerGateway } from "../../src/http/gateway/routes.js";
import { createHttpServer, endServer, listen } from "../../src/http/server.js";

export const START_TYPE = "application/vnd.atlas.2025-03-12+json";
export const OLD_TYPE = "application/vnd.atlas.2024-05-30+json";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of the text; undefined if it is no JSON. */
  readonly body: unknown;
}

export interface TestGateway {
  readonly url: string;
  /** `path` below the project's streams, or whole if it begins with a slash. The key is a role or a name of `keys`. */
  send(method: string, path: string, options?: SendOptions): Promise<Answered>;
  end(graceMs?: number): Promise<void>;
}

interface SendOptions {
  readonly key?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const CHALLENGE = 'Digest realm="MMS Public API", nonce="n", algorithm=MD5, qop="auth"';

export const aHolder = (name: string, role: Role, scope: Partial<KeyHolder["scope"]> = {}): KeyHolder => ({
  keyId: name,
  name,
  role,
  scope: { project: "*", workspace: "*", ...scope },
});

/** `Bearer NAME`, by a table: a role is a key of that role for everything. */
export function aTableOfKeys(keys: readonly KeyHolder[] = []): Authenticator {
  const roles = (["viewer", "operator", "admin"] as const).map((role) => aHolder(role, role));
  return {
    identify: ({ authorization }) => {
      const name = /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
      const holder = [...roles, ...keys].find((key) => key.name === name);
      return Promise.resolve(
        holder === undefined
          ? { kind: "unknown", challenges: [CHALLENGE] }
          : { kind: "known", holder, shown: "" },
      );
    },
  };
}

export async function startGateway(
  app: AppDeps,
  project: string,
  authenticator: Authenticator = aTableOfKeys(),
): Promise<TestGateway> {
  const ending = new AbortController();
  const server = createHttpServer({ tls: undefined, isBehindProxy: false }, createLogger("silent"));
  registerGateway(server, { app, authenticator, ending: ending.signal });
  const url = await listen(server, { host: "127.0.0.1", port: 0, tls: undefined, isBehindProxy: false });
  return {
    url,
    send: async (method, path, { key = "admin", body, headers = {}, signal } = {}) => {
      const whole = path.startsWith("/") ? path : `/api/atlas/v2/groups/${project}/streams/${path}`;
      const reply = await fetch(`${url}${whole}`, {
        method,
        headers: {
          accept: START_TYPE,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      return toAnswered(reply.status, reply.headers, await reply.text());
    },
    end: (graceMs = 0) => endServer(server, ending, graceMs),
  };
}

function toAnswered(status: number, headers: Headers, text: string): Answered {
  try {
    return { status, headers, text, body: JSON.parse(text) as unknown };
  } catch {
    return { status, headers, text, body: undefined };
  }
}
