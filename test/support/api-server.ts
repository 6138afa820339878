// A server with Headgate's own API on a real socket, and calls to it whose every answer is held to the OpenAPI document
// that the same server serves: status documented, media type documented, body as the schema says.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { FastifyInstance } from "fastify";
import type { AppDeps } from "../../src/app/deps.js";
import type { KeyHolder } from "../../src/domain/access.js";
import { registerApi } from "../../src/http/api/api.js";
import { createHttpServer } from "../../src/http/server.js";
import type { Authenticator } from "../../src/http/access/authenticate.js";

/** Tokens of the tests, and whose they are. */
export const HOLDERS = {
  viewer: { keyId: "k-viewer", name: "vera", role: "viewer", scope: { project: "*", workspace: "*" } },
  operator: { keyId: "k-operator", name: "oscar", role: "operator", scope: { project: "*", workspace: "*" } },
  admin: { keyId: "k-admin", name: "ada", role: "admin", scope: { project: "*", workspace: "*" } },
  /** Of a project that no test declares anything in. */
  elsewhere: {
    keyId: "k-elsewhere",
    name: "elsa",
    role: "admin",
    scope: { project: "0".repeat(24), workspace: "*" },
  },
  orders: { keyId: "k-orders", name: "otto", role: "admin", scope: { project: "*", workspace: "orders" } },
} as const satisfies Record<string, KeyHolder>;

export type Token = keyof typeof HOLDERS | "nobody" | "hasty";

type ReadShown = () => Promise<string>;

const toAuthenticator = (readShown: ReadShown): Authenticator => ({
  identify: async ({ authorization }) => {
    const token = authorization?.replace("Bearer ", "") ?? "";
    if (token === "hasty") return { kind: "limited", retryAfterSeconds: 7 };
    return Object.hasOwn(HOLDERS, token)
      ? { kind: "known", holder: HOLDERS[token as keyof typeof HOLDERS], shown: await readShown() }
      : { kind: "unknown", challenges: ["Bearer", 'Digest realm="headgate"'] };
  },
});

/** As the statement says it that finds out who calls. */
async function readShownBy({ store }: Pick<AppDeps, "store">): Promise<string> {
  const [row] = await store.query<{ shown: string }>("select pg_current_snapshot()::text as shown");
  return row?.shown ?? "";
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a JSON answer. */
  readonly body: unknown;
}

interface ApiCall {
  readonly as?: Token;
  /** A text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ApiRouteSeen {
  readonly method: string;
  readonly url: string;
  readonly rights: readonly string[];
  readonly isMutation: boolean;
}

export interface ApiServer {
  readonly url: string;
  readonly server: FastifyInstance;
  readonly routes: readonly ApiRouteSeen[];
  call(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  close(): Promise<void>;
}

export async function startApi(
  app: AppDeps,
  readShown: ReadShown = () => readShownBy(app),
): Promise<ApiServer> {
  const routes: ApiRouteSeen[] = [];
  const server = createHttpServer({ tls: undefined, isBehindProxy: false }, app.log);
  server.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) {
      const { apiRights = [], isMutation = false } = config ?? {};
      routes.push({ method: one, url, rights: apiRights, isMutation });
    }
  });
  await registerApi(server, { app, authenticator: toAuthenticator(readShown), version: "0.0.0" });
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  const judge = createJudge(await (await fetch(`${url}/v1/openapi.json`)).json());
  return {
    url,
    server,
    routes,
    call: async (method, path, { as = "admin", body, headers = {} } = {}) => {
      const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(as === "nobody" ? {} : { authorization: `Bearer ${as}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(text === undefined ? {} : { body: text }),
      });
      const answer = await toAnswer(response);
      judge(method, path, answer);
      return answer;
    },
    close: () => server.close(),
  };
}

async function toAnswer(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  const isJson = /^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** Throws where an answer is not as the document says; knows nothing of paths that it does not name. */
function createJudge(document: unknown): (method: string, path: string, answer: ApiAnswer) => void {
  const { paths } = document as OpenApi;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document as object, "api");
  const judgeBody = (answer: ApiAnswer, type: string, pointer: string): void => {
    const validate = ajv.getSchema(pointer);
    if (validate === undefined) throw new Error(`there is no schema at ${pointer}`);
    if (validate(type.includes("json") ? answer.body : answer.text) === true) return;
    throw new Error(`not as at ${pointer}: ${ajv.errorsText(validate.errors)}\n${answer.text.slice(0, 500)}`);
  };
  return (method, path, answer) => {
    const name = findTemplate(Object.keys(paths), path);
    const operation = name === undefined ? undefined : paths[name]?.[method.toLowerCase()];
    if (name === undefined || operation === undefined) return;
    const status = String(answer.status);
    const what = `${method} ${name} ${status}`;
    const response = operation.responses[status];
    if (response === undefined) throw new Error(`${what} is no documented status: ${answer.text}`);
    if (response.content === undefined) {
      if (answer.text !== "") throw new Error(`${what} is documented without a body, and has one`);
      return;
    }
    const [type = ""] = (answer.headers.get("content-type") ?? "").split(";");
    if (!Object.hasOwn(response.content, type)) throw new Error(`${what} has no ${type} in the document`);
    const steps = ["paths", name, method.toLowerCase(), "responses", status, "content", type, "schema"];
    judgeBody(answer, type, `api#/${steps.map(toPointerPart).join("/")}`);
  };
}

function toPointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function findTemplate(names: readonly string[], path: string): string | undefined {
  const [pathname = ""] = path.split("?");
  // The one with the fewest parameters: `/v1/changes/{id}` is not `/v1/changes`.
  return names
    .filter((name) => new RegExp(`^${name.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(pathname))
    .sort((one, other) => one.split("{").length - other.split("{").length)[0];
}
