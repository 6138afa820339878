// The Atlas client: what Headgate asks of Atlas and what it does there, in Headgate's words. It retries nothing,
// decides nothing and keeps nothing but connections and a token; every failure is an AppError with context {operation,
// sent, transient}.
import { AppError } from "../base/errors.js";
import type { Observation, ProcessorDetails, WorkspaceLimits } from "../domain/observation.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import type { AtlasCredentials } from "./auth.js";
import { Caller, checked, toPatience, parseReply } from "./caller.js";
import type { ListCall, RateLimitReading, ReadCall } from "./caller.js";
import { toUnintelligible } from "./errors.js";
import { readPages } from "./listing.js";
import type { Listing } from "./listing.js";
import type { Secret } from "../base/secret.js";
import type { Tracing } from "../base/tracing.js";
import { withSpans } from "./traced-transport.js";
import { createTransport } from "./transport.js";
import type { HttpMethod } from "./transport.js";
import {
  MEDIA,
  parseWorkspaceLimits,
  toListPath,
  toProcessorPath,
  toStartBody,
  toWorkspacePath,
} from "./wire.js";
import {
  parseProcessor,
  parseProcessorDetails,
  parseProcessorDetailsPage,
  parseProcessorPage,
} from "./wire-processors.js";

import { listFailures, listMoves, listWorkspaces, readRateLimits } from "./project-reads.js";
import type { ListedMove } from "./project-reads.js";
import type { AtlasStartOptions, FailureEvent, Page, PageAsked, RateLimits } from "./wire.js";

export type { RateLimitReading, ReadCall } from "./caller.js";
export type { AtlasCredentials } from "./auth.js";

/** No default for the deadline: how late a POST may still go out is what the bar of its fence rests on. */
interface WriteCall {
  readonly signal?: AbortSignal;
  /** On performance.now()'s clock: past it the request is not handed to the socket, and waiting for its answer ends. */
  readonly deadline: number;
}

export interface RelayRequest {
  readonly project: string;
  readonly method: HttpMethod;
  /** With its query, percent-encoded, below `/api/atlas/v2/groups/`. */
  readonly path: string;
  readonly accept: string;
  readonly contentType?: string;
  readonly body?: Buffer;
}

export interface RelayReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Reads may be repeated at will. Each call is one request, a list one a page, and one more after a 401 that a new token
 * or nonce may cure. All throw AppErrors of an `atlas.` code, `atlas.ambiguous` by writes alone; what `admit` throws
 * passes as it is. A name that no URL may hold is `request.refused`, and nothing is sent.
 */
export interface AtlasClient {
  /** Complete or an error; undefined if the workspace is 404. */
  listProcessors(
    ref: WorkspaceRef,
    call: ListCall,
  ): Promise<{ readonly observations: readonly Observation[]; readonly pages: number } | undefined>;
  /** The same list with all that is worth reading of it. */
  describeProcessors(ref: WorkspaceRef, call: ListCall): Promise<readonly ProcessorDetails[] | undefined>;
  /** Undefined if Atlas has no such processor or workspace. */
  getProcessor(ref: ProcessorRef, call: ReadCall): Promise<Observation | undefined>;
  /** The same with all that is worth reading of it. */
  describeProcessor(ref: ProcessorRef, call: ReadCall): Promise<ProcessorDetails | undefined>;
  /** Undefined if Atlas has no such workspace. */
  getWorkspace(ref: WorkspaceRef, call: ReadCall): Promise<WorkspaceLimits | undefined>;
  /** Names; complete or an error; undefined if the project is 404. */
  listWorkspaces(project: string, call: ReadCall): Promise<readonly string[] | undefined>;
  /** Why processors of the project FAILED since then, newest first. */
  listFailures(
    from: { readonly project: string; readonly since: number },
    call: ReadCall,
  ): Promise<readonly FailureEvent[]>;
  /** Who moved processors of the project since then, newest first. */
  listMoves(
    from: { readonly project: string; readonly since: number },
    call: ReadCall,
  ): Promise<readonly ListedMove[]>;
  /** Undefined if Atlas tells of none. */
  readRateLimits(project: string, call: ReadCall): Promise<RateLimits | undefined>;
  /** Not idempotent. With the options it had; as startWith. */
  start(ref: ProcessorRef, call: WriteCall): Promise<void>;
  /** Not idempotent. Returns when Atlas has accepted it; throws `atlas.ambiguous` if its effect is not known. */
  startWith(ref: ProcessorRef, options: AtlasStartOptions, call: WriteCall): Promise<void>;
  /** Not idempotent; as startWith. */
  stop(ref: ProcessorRef, call: WriteCall): Promise<void>;
  /**
   * One request as another client of Atlas wrote it; whatever status comes back whole is the answer. Throws
   * `atlas.ambiguous` if a write may have taken effect, else `atlas.unavailable`, if none came.
   */
  relay(request: RelayRequest, call: WriteCall): Promise<RelayReply>;
  close(): Promise<void>;
}

export interface AtlasClientOptions {
  /** The origin, with or without `/api/atlas/v2`. */
  readonly baseUrl: string;
  /** For every project that `credentialsByProject` does not name; absent: those are refused as `atlas.denied`. */
  readonly credentials: AtlasCredentials | undefined;
  readonly credentialsByProject?: ReadonlyMap<string, AtlasCredentials>;
  readonly proxy?: Secret | undefined;
  readonly userAgent: string;
  /** Called at once after each answer that tells of the budget. Must not throw. */
  readonly onRateLimit?: (reading: RateLimitReading) => void;
  /**
   * Takes the 400 "stream processor doesn't exist" of Atlas before 5 June 2026 for a 404
   * (docs/atlas.md 1e). Default false.
   */
  readonly acceptsLegacyNotFound?: boolean;
  /** Absent: no spans. */
  readonly tracing?: Tracing | undefined;
}

/** Throws `config.invalid` for a base URL that is none. Opens no connection yet. */
export function createAtlasClient(options: AtlasClientOptions): AtlasClient {
  const origin = toOrigin(options.baseUrl);
  const direct = createTransport(origin, { proxy: options.proxy });
  const transport = options.tracing === undefined ? direct : withSpans(direct, options.tracing, origin);
  const caller = new Caller(options, transport);
  return {
    listProcessors: async (ref, call) => {
      const parse = (page: unknown): Page<Observation> | undefined => parseProcessorPage(page, call.onStats);
      const listing = await listProcessors(caller, { ref, call, parse });
      return listing && { observations: listing.items, pages: listing.pages };
    },
    describeProcessors: async (ref, call) =>
      (await listProcessors(caller, { ref, call, parse: parseProcessorDetailsPage }))?.items,
    getProcessor: (ref, call) => getProcessor(caller, ref, { call, parse: parseProcessor }),
    describeProcessor: (ref, call) => getProcessor(caller, ref, { call, parse: parseProcessorDetails }),
    getWorkspace: (ref, call) => getWorkspace(caller, ref, call),
    startWith: async (ref, startOptions, call) => {
      await caller.write({
        operation: "startWith",
        project: ref.project,
        path: checked(() => toProcessorPath(ref, "startWith")),
        accept: MEDIA.startWith,
        body: toStartBody(startOptions),
        patience: call,
      });
    },
    listWorkspaces: (project, call) => listWorkspaces(caller, project, call),
    listFailures: (from, call) => listFailures(caller, from, call),
    listMoves: (from, call) => listMoves(caller, from, call),
    readRateLimits: (project, call) => readRateLimits(caller, project, call),
    start: (ref, call) => postWithoutBody(caller, "start", { ref, call }),
    stop: (ref, call) => postWithoutBody(caller, "stop", { ref, call }),
    relay: async ({ method, ...request }, patience) => {
      const operation = method === "GET" ? "relayed read" : "relayed write";
      const {
        status,
        headers,
        body = Buffer.alloc(0),
      } = await caller.relay({ ...request, operation, patience }, method);
      return { status, headers, body };
    },
    close: () => transport.close(),
  };
}

async function postWithoutBody(
  caller: Caller,
  operation: "start" | "stop",
  { ref, call }: { readonly ref: ProcessorRef; readonly call: WriteCall },
): Promise<void> {
  await caller.write({
    operation,
    project: ref.project,
    path: checked(() => toProcessorPath(ref, operation)),
    accept: MEDIA.processor,
    patience: call,
  });
}

interface ProcessorList<Item> {
  readonly ref: WorkspaceRef;
  readonly call: ListCall;
  readonly parse: (value: unknown) => Page<Item> | undefined;
}

async function listProcessors<Item extends Observation>(
  caller: Caller,
  { ref, call, parse }: ProcessorList<Item>,
): Promise<Listing<Item> | undefined> {
  const patience = toPatience(call);
  const readPage = async (page: PageAsked): Promise<Page<Item> | undefined> => {
    await call.admit?.();
    const path = checked(() => toListPath(ref, page));
    const reply = await caller.read({
      operation: "list",
      project: ref.project,
      path,
      accept: MEDIA.processor,
      patience,
    });
    return reply === undefined ? undefined : parseReply("list", reply, parse);
  };
  return readPages({ readPage, toName: ({ processor }) => processor, plural: "processors" }, call);
}

async function getProcessor<Found extends Observation>(
  caller: Caller,
  ref: ProcessorRef,
  { call, parse }: { readonly call: ReadCall; readonly parse: (value: unknown) => Found | undefined },
): Promise<Found | undefined> {
  await call.admit?.();
  const reply = await caller.read({
    operation: "get",
    project: ref.project,
    path: checked(() => toProcessorPath(ref)),
    accept: MEDIA.processor,
    patience: toPatience(call),
  });
  if (reply === undefined) return undefined;
  const observation = parseReply("get", reply, parse);
  if (observation.processor !== ref.processor) {
    throw toUnintelligible("get", reply.status, "it is about another processor");
  }
  return observation;
}

async function getWorkspace(
  caller: Caller,
  ref: WorkspaceRef,
  call: ReadCall,
): Promise<WorkspaceLimits | undefined> {
  await call.admit?.();
  const reply = await caller.read({
    operation: "workspace",
    project: ref.project,
    path: checked(() => toWorkspacePath(ref)),
    accept: MEDIA.workspace,
    patience: toPatience(call),
  });
  return reply === undefined ? undefined : parseReply("workspace", reply, parseWorkspaceLimits);
}

function toOrigin(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new AppError("config.invalid", "the Atlas base URL is not a URL");
  const url = new URL(baseUrl);
  const isPlain = /^\/(api\/atlas\/v2\/?)?$/.test(url.pathname) && url.username === "" && url.search === "";
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new AppError("config.invalid", "the Atlas base URL must be an http or https origin");
  }
  return url.origin;
}
