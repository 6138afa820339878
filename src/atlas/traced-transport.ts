// A span for each request to Atlas: its method, the template of its path, and the status. Names of processors and
// workspaces, queries, headers and bodies stay out of it.
import type { Tracing } from "../base/tracing.js";
import type { Transport } from "./transport.js";

/** What stands behind these words of a path is a name. */
const NAMES: Readonly<Partial<Record<string, string>>> = {
  groups: "{groupId}",
  streams: "{tenantName}",
  processor: "{processorName}",
  connections: "{connectionName}",
  rateLimits: "{endpointSetId}",
};
const WORDS = new Set(["", "api", "atlas", "v2", "oauth", "token", "revoke", "events", "processors"]);
const VERB = /:(?:start|startWith|stop|downloadOperationalLogs|withSampleConnections)$/;

/** The path without its names; what is no word of the API that Headgate uses is `{other}`. */
export function toRouteTemplate(path: string): string {
  const [bare = ""] = path.split("?", 1);
  const segments = bare.split("/");
  return segments
    .map((segment, index) => {
      const [verb = ""] = VERB.exec(segment) ?? [];
      const name = NAMES[segments[index - 1] ?? ""];
      if (name !== undefined) return `${name}${verb}`;
      const word = segment.slice(0, segment.length - verb.length);
      return WORDS.has(word) || Object.hasOwn(NAMES, word) ? segment : "{other}";
    })
    .join("/");
}

export function withSpans(transport: Transport, tracing: Tracing, origin: string): Transport {
  const { hostname } = new URL(origin);
  return {
    exchange: (request, patience) => {
      const { method, path } = request;
      const template = toRouteTemplate(path);
      const attributes = {
        "http.request.method": method,
        "url.template": template,
        "server.address": hostname,
      };
      return tracing.call({ name: `${method} ${template}`, attributes }, async (note) => {
        const reply = await transport.exchange(request, patience);
        note({ "http.response.status_code": reply.status });
        return reply;
      });
    },
    close: () => transport.close(),
  };
}
