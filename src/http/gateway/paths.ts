// What a path of Atlas is about, from the request target as it came. A name is decoded only after the path was split at
// its slashes and the verb at its last colon, so that neither `%2F` nor `%3A` in a name is taken for one that
// separates. Pure; never throws. What is not recognised here must never be sent on as something else: the path that
// goes to Atlas is the one that was judged, segment by segment.
export type Verb = "start" | "startWith" | "stop";

interface Named {
  /** As sent, with its query: what goes to Atlas. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly project: string;
}

export interface ActionPath extends Named {
  readonly kind: "action";
  readonly verb: Verb;
  readonly workspace: string;
  readonly processor: string;
}

export interface ReadPath extends Named {
  readonly kind: "read";
  readonly isList: boolean;
  /** Undefined: the list of workspaces. */
  readonly workspace: string | undefined;
}

/** Something else of a project, which Atlas is asked as it is. */
export interface OtherPath extends Named {
  readonly kind: "other";
  readonly workspace: string | undefined;
  readonly processor: string | undefined;
}

export type GatewayPath =
  | ActionPath
  | ReadPath
  | OtherPath
  | { readonly kind: "none" | "wrong-method" | "bad-encoding"; readonly query: URLSearchParams }
  | { readonly kind: "bad-project"; readonly project: string; readonly query: URLSearchParams };

const BASE = "/api/atlas/v2/groups/";
const VERBS: readonly string[] = ["start", "startWith", "stop"] satisfies readonly Verb[];
const PROJECT_ID = /^[a-f0-9]{24}$/;
/** What RFC 3986 lets a segment hold. */
const SEGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;

/** `method` in capitals; `target` as it stood in the request line. */
export function parseGatewayPath(method: string, target: string): GatewayPath {
  const cut = target.indexOf("?");
  const path = cut < 0 ? target : target.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : target.slice(cut + 1));
  if (!path.startsWith(BASE)) return { kind: "none", query };
  const raw = path.slice(BASE.length).split("/");
  const names = raw.map(decodeSegment);
  if (raw.some((segment) => segment === "")) return { kind: "none", query };
  if (names.some((name) => name === undefined)) return { kind: "bad-encoding", query };
  // A segment that a server between us and Atlas would resolve leads to another path than the one judged here.
  if (names.some((name) => name === "." || name === "..")) return { kind: "none", query };
  const [project = "", ...rest] = names as readonly string[];
  if (!PROJECT_ID.test(project)) return { kind: "bad-project", project, query };
  return toTarget(method, { named: { target, query, project }, raw: raw.slice(1), names: rest });
}

/** Undefined for what is not percent-encoded as it should be. */
function decodeSegment(segment: string): string | undefined {
  if (segment === "") return "";
  if (!SEGMENT.test(segment)) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

interface Split {
  readonly named: Named;
  /** Behind the project. */
  readonly raw: readonly string[];
  readonly names: readonly string[];
}

function toTarget(method: string, split: Split): GatewayPath {
  const { named, names } = split;
  const [area, workspace, collection, processor] = names;
  const depth = names.length;
  if (area !== "streams") return { ...named, kind: "other", workspace: undefined, processor: undefined };
  if (collection === "processor" && processor !== undefined && depth === 4) return toProcessor(method, split);
  if (method === "GET" && isReadPath(split)) {
    return {
      ...named,
      kind: "read",
      isList: depth === 1 || (depth === 3 && collection !== undefined),
      workspace,
    };
  }
  // The verb of a workspace stands in its segment, and is no part of its name.
  const owner = depth === 2 ? workspace?.replace(/:downloadOperationalLogs$/, "") : workspace;
  return { ...named, kind: "other", workspace: owner, processor: undefined };
}

/** Workspaces, connections and processors. */
function isReadPath({ raw, names }: Split): boolean {
  const [, , collection] = names;
  if (names.length === 1) return true;
  if (names.length === 2) return !(raw[1] ?? "").includes(":");
  if (collection === "connections") return names.length <= 4;
  return collection === "processors" && names.length === 3;
}

/** Only a POST has a verb: for any other method a colon belongs to the name. */
function toProcessor(method: string, { named, raw, names }: Split): GatewayPath {
  const [, workspace = "", , processor = ""] = names;
  if (method === "GET") return { ...named, kind: "read", isList: false, workspace };
  if (method !== "POST") return { ...named, kind: "other", workspace, processor };
  const segment = raw[3] ?? "";
  const cut = segment.lastIndexOf(":");
  const verb = segment.slice(cut + 1);
  const name = decodeSegment(segment.slice(0, Math.max(0, cut)));
  if (cut <= 0 || name === undefined || !VERBS.includes(verb))
    return { kind: "wrong-method", query: named.query };
  return { ...named, kind: "action", verb: verb as Verb, workspace, processor: name };
}
