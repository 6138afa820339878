// Headgate's own API, put together: the use cases of the command line under /v1, the document that describes them, and
// what supervisors ask. The server it is registered in has limits, TLS and an end of its own.
import type { FastifyInstance } from "fastify";
import type { Authenticator } from "../access/authenticate.js";
import { describeRoutes } from "./document.js";
import { endStreams } from "./event-stream.js";
import { registerHealth } from "./health.js";
import { compileReading } from "./reading.js";
import type { ApiDeps, ApiRoute } from "./route.js";
import { registerPage } from "./page.js";
import { CHANGE_ROUTES } from "./routes/changes.js";
import { FLEET_ROUTES } from "./routes/fleet.js";
import { INTERVENTION_ROUTES } from "./routes/interventions.js";
import { OUTAGE_ROUTES } from "./routes/outages.js";
import { PLAN_ROUTES } from "./routes/plans.js";
import { POLICY_FILE_ROUTES } from "./routes/policy-files.js";
import { POLICY_ROUTES } from "./routes/policies.js";
import { answerProblems, guard, serve } from "./serving.js";

const ROUTES: readonly ApiRoute[] = [
  ...FLEET_ROUTES,
  ...POLICY_ROUTES,
  ...POLICY_FILE_ROUTES,
  ...CHANGE_ROUTES,
  ...INTERVENTION_ROUTES,
  ...OUTAGE_ROUTES,
  ...PLAN_ROUTES,
];

interface RegisteredApi {
  /** The OpenAPI document, once the server is ready. */
  readonly readDocument: () => unknown;
}

/**
 * `deps.app` is shared by all requests; what is done is done in the name of each request's key. The server must let
 * parameters through in which every character of a name is percent-encoded.
 */
export async function registerApi(
  server: FastifyInstance,
  deps: ApiDeps & { readonly authenticator: Authenticator },
): Promise<RegisteredApi> {
  let readDocument = (): unknown => undefined;
  registerHealth(server, deps);
  await server.register(
    async (api) => {
      answerProblems(api, deps.app.log);
      api.setValidatorCompiler(compileReading);
      // Answers are texts by the time they are sent: a schema that was applied to each row would cost more than the
      // row.
      api.setSerializerCompiler(() => (value) => JSON.stringify(value));
      acceptPolicyFiles(api);
      await describeRoutes(api, deps.version);
      guard(api, deps.authenticator);
      for (const route of ROUTES) serve(api, deps, route);
      readDocument = () => api.swagger();
    },
    { prefix: "/v1" },
  );
  const read = (): unknown => readDocument();
  // Outside of the guard: it says nothing of this installation, and tools read it before they have a key.
  server.get("/v1/openapi.json", { schema: { hide: true } }, read);
  registerPage(server, read);
  // Before connections are waited for: a stream ends only when somebody ends it.
  server.addHook("preClose", (done) => {
    endStreams();
    done();
  });
  return { readDocument: read };
}

/** YAML is read by the policy file's own parser, which tells faults by line. */
function acceptPolicyFiles(api: FastifyInstance): void {
  const types = ["application/yaml", "text/yaml"];
  api.removeContentTypeParser("text/plain");
  api.addContentTypeParser(types, { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
}
