// From method and path to an operation. Works on the raw path: the verb stands behind the last literal colon of the
// last segment, and only then is each segment percent-decoded (docs/atlas.md 12). A name may hold anything, encoded
// colons and slashes among it, and must come out as it went in. Pure; never throws.
import type { ResourceVersion } from "./versions.js";

export interface Route {
  readonly kind: "route";
  readonly operation: Operation;
  readonly project: string | null;
  readonly workspace: string | null;
  readonly processor: string | null;
  /** The last name of a path that names something else: a connection, an endpoint set. */
  readonly resource: string | null;
}

export type RouteMatch =
  Route | { readonly kind: "none" } | { readonly kind: "wrong-method" } | { readonly kind: "bad-encoding" };

interface OperationRow {
  readonly versions: readonly ResourceVersion[];
  /** Draws on the project's "Streams" bucket. */
  readonly isBudgeted: boolean;
}

// All of these draw on one bucket, reads and writes alike (docs/atlas.md 6).
const streams = (date: string, format: ResourceVersion["format"] = "json"): OperationRow => ({
  versions: [{ date, format }],
  isBudgeted: true,
});
// Events and rate limits are not under /streams, so they draw on other buckets (a guess, docs/atlas.md 6).
const other = (...versions: readonly ResourceVersion[]): OperationRow => ({ versions, isBudgeted: false });
/** The OpenAPI slice gives the preview a date by which it may be gone. */
const LIMITS_VERSIONS: readonly ResourceVersion[] = [
  { date: "preview", format: "json", sunset: "2026-04-21" },
  { date: "2025-03-12", format: "json" },
];

/** Every operation with the media-type dates it is served under (the OpenAPI slice). */
export const OPERATIONS = {
  list: streams("2024-05-30"),
  get: streams("2024-05-30"),
  create: streams("2024-05-30"),
  modify: streams("2024-05-30"),
  delete: streams("2024-05-30"),
  start: streams("2024-05-30"),
  startWith: streams("2025-03-12"),
  stop: streams("2024-05-30"),
  listWorkspaces: streams("2023-02-01"),
  getWorkspace: streams("2023-02-01"),
  createWorkspace: streams("2023-02-01"),
  createSampleWorkspace: streams("2024-08-05"),
  modifyWorkspace: streams("2023-02-01"),
  deleteWorkspace: streams("2023-02-01"),
  listConnections: streams("2023-02-01"),
  createConnection: streams("2023-02-01"),
  getConnection: streams("2023-02-01"),
  modifyConnection: streams("2023-02-01"),
  deleteConnection: streams("2023-02-01"),
  downloadLogs: streams("2025-03-12", "gzip"),
  listEvents: other({ date: "2023-01-01", format: "json" }),
  listRateLimits: other(...LIMITS_VERSIONS),
  getRateLimit: other(...LIMITS_VERSIONS),
  token: other(),
  revoke: other(),
} as const satisfies Record<string, OperationRow>;

export type Operation = keyof typeof OPERATIONS;

/** Of one path: method to operation. */
type Methods = Readonly<Partial<Record<string, Operation>>>;

const BASE = "/api/atlas/v2";
const ON_WORKSPACE: Methods = { GET: "getWorkspace", PATCH: "modifyWorkspace", DELETE: "deleteWorkspace" };
const ON_CONNECTION: Methods = {
  GET: "getConnection",
  PATCH: "modifyConnection",
  DELETE: "deleteConnection",
};
const ON_PROCESSOR: Methods = { GET: "get", PATCH: "modify", DELETE: "delete" };
const VERBS: Methods = { start: "start", startWith: "startWith", stop: "stop" };
type Collections = Readonly<Partial<Record<string, Methods>>>;
// A verb of a collection is part of the segment: there is no name before it.
const UNDER_PROJECT: Collections = {
  events: { GET: "listEvents" },
  streams: { GET: "listWorkspaces", POST: "createWorkspace" },
  "streams:withSampleConnections": { POST: "createSampleWorkspace" },
};
const UNDER_WORKSPACE: Collections = {
  processors: { GET: "list" },
  processor: { POST: "create" },
  connections: { GET: "listConnections", POST: "createConnection" },
};
// Paths without a name in them, looked up whole.
const FIXED: Readonly<Partial<Record<string, Methods>>> = {
  "/api/oauth/token": { POST: "token" },
  "/api/oauth/revoke": { POST: "revoke" },
  [`${BASE}/rateLimits`]: { GET: "listRateLimits" },
};

interface Shape {
  readonly methods: Methods;
  /** Raw segments still: project, workspace, processor. */
  readonly names: readonly string[];
  readonly resource?: string;
}

/** An own entry only: a segment may well be called "constructor". */
function own<T>(table: Readonly<Partial<Record<string, T>>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** At the last colon: vendor clients leave the colons of a name as they are. */
function splitVerb(segment: string): { name: string; verb: string } {
  const cut = segment.lastIndexOf(":");
  return cut < 0
    ? { name: segment, verb: "" }
    : { name: segment.slice(0, cut), verb: segment.slice(cut + 1) };
}

function shapeUnder(table: Collections, segment: string, names: readonly string[]): Shape | undefined {
  const methods = own(table, segment);
  return methods === undefined ? undefined : { methods, names };
}

/**
 * Only a POST has a verb. For any other method the colon belongs to the name, so that a processor called "a:stop" can
 * be read, changed and deleted.
 */
function shapeOfProcessor(method: string, names: readonly string[]): Shape | undefined {
  const last = names[2] ?? "";
  if (method !== "POST") return { methods: ON_PROCESSOR, names };
  const { name, verb } = splitVerb(last);
  const operation = own(VERBS, verb);
  if (name === "") return undefined;
  return { methods: operation === undefined ? {} : { POST: operation }, names: [...names.slice(0, 2), name] };
}

/**
 * The methods of a path and the names in it, or undefined for a path that leads nowhere. An empty segment is no name.
 */
function shapeOf(method: string, path: string): Shape | undefined {
  const fixed = own(FIXED, path);
  if (fixed !== undefined) return { methods: fixed, names: [] };
  if (!path.startsWith(`${BASE}/`)) return undefined;
  const [first, project, second, workspace, third, processor, ...rest] = path
    .slice(BASE.length + 1)
    .split("/");
  if (rest.length > 0 || project === undefined || project === "") return undefined;
  if (first === "rateLimits" && second === undefined) {
    return { methods: { GET: "getRateLimit" }, names: [], resource: project };
  }
  if (first !== "groups") return undefined;
  if (workspace === undefined) return shapeUnder(UNDER_PROJECT, second ?? "", [project]);
  return second === "streams" ? shapeOfStreams(method, [project, workspace, third, processor]) : undefined;
}

/**
 * Below a workspace. Its one verb is a GET too, so a literal colon before it is never part of the name; an encoded one
 * is.
 */
function shapeOfStreams(method: string, parts: readonly (string | undefined)[]): Shape | undefined {
  const [project = "", workspace = "", third, processor] = parts;
  if (workspace === "") return undefined;
  if (third === undefined) {
    const { name, verb } = splitVerb(workspace);
    if (verb === "downloadOperationalLogs")
      return { methods: { GET: "downloadLogs" }, names: [project, name] };
    return { methods: ON_WORKSPACE, names: [project, workspace] };
  }
  const names = [project, workspace];
  if (processor === undefined) return shapeUnder(UNDER_WORKSPACE, third, names);
  if (processor === "") return undefined;
  if (third === "connections") return { methods: ON_CONNECTION, names, resource: processor };
  if (third !== "processor") return undefined;
  return shapeOfProcessor(method, [...names, processor]);
}

/** The operation of a request; `path` raw, without its query. */
export function matchRoute(method: string, path: string): RouteMatch {
  const shape = shapeOf(method, path);
  if (shape === undefined) return { kind: "none" };
  const operation = own(shape.methods, method);
  if (operation === undefined) return { kind: "wrong-method" };
  try {
    // Decoded last: an encoded slash or colon must not have been taken for one that separates.
    const [project, workspace, processor] = shape.names.map((name) => decodeURIComponent(name));
    return {
      kind: "route",
      operation,
      project: project === undefined || project === "" ? null : project,
      workspace: workspace === undefined || workspace === "" ? null : workspace,
      processor: processor ?? null,
      resource: shape.resource === undefined ? null : decodeURIComponent(shape.resource),
    };
  } catch {
    return { kind: "bad-encoding" };
  }
}
