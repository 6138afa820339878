// What a route of /v1 is made of: its place, its right, its schemas and what it does. Everything else that a request
// meets is the same for all of them, and stands in serving.ts. Types, and nothing that runs.
import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import type { AppDeps } from "../../app/deps.js";
import type { shareReads } from "../../base/shared-reads.js";
import type { KeyHolder, Place, Right } from "../../domain/access.js";
import type { ProcessorRef } from "../../domain/refs.js";
import type { JsonBytes, KeptPages } from "./kept-pages.js";
import type { ProblemName } from "./problems.js";

export interface ApiDeps {
  readonly app: AppDeps;
  /** Of Headgate, for the OpenAPI document. */
  readonly version: string;
}

type Headers = Readonly<Record<string, string>>;

/** What a route answers: a value, bytes that are JSON already, or a text of another kind. */
export interface RouteAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly json?: JsonBytes;
  readonly text?: string;
  readonly headers?: Headers;
}

/** One request, understood and admitted. */
export interface Call<Params, Query, Body> {
  /** The use cases, done in the name of the key. */
  readonly app: AppDeps;
  readonly holder: KeyHolder;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: IncomingHttpHeaders;
  readonly share: ReturnType<typeof shareReads>;
  readonly pages: KeptPages;
  /** What Postgres showed when it was found out who calls: after the request had come. */
  readonly shown: string;
  /** Throws the problem `forbidden`, which names the right, where the key does not hold it there. */
  readonly demand: (right: Right, place: Place) => void;
  /** Writes the one journal line of a request that changes something. Call it once, before anything is changed. */
  readonly accept: (place: Partial<ProcessorRef>) => Promise<void>;
}

/** An event of a stream, with the id from which a client goes on. */
export interface StreamEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

interface RouteAnswers {
  readonly status: number;
  readonly description: string;
  /** Absent: without a body. */
  readonly schema?: z.ZodType;
  /** Default: application/json. */
  readonly mediaType?: string;
}

export interface RouteSpec<Params, Query, Body> {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** As Fastify has it, below /v1. */
  readonly path: string;
  /** Of the OpenAPI document: what clients call it. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  /** One of these is needed to be let in; what depends on the body is demanded in `run`. */
  readonly rights: readonly Right[];
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Media types of a body that is taken as the text it is. */
  readonly textBody?: readonly string[];
  readonly bodyLimit?: number;
  readonly requestHeaders?: z.ZodType;
  readonly answers: readonly [RouteAnswers, ...RouteAnswers[]];
  /** Beside those that every route has. */
  readonly problems?: readonly ProblemName[];
  /** Whether it changes something. */
  readonly isMutation?: true;
  run(call: Call<Params, Query, Body>): Promise<RouteAnswer>;
  /** Instead of `run`, for a stream of events, which `run` has admitted. */
  readonly stream?: (
    call: Call<Params, Query, Body>,
    leaveOff: AbortSignal,
  ) => AsyncGenerator<readonly StreamEvent[]>;
}

export type ApiRoute = RouteSpec<unknown, unknown, unknown>;

/** Forgets the types that only `run` needs: what it is given has passed the route's own schemas. */
export function defineRoute<Params = object, Query = object, Body = undefined>(
  spec: RouteSpec<Params, Query, Body>,
): ApiRoute {
  return spec as unknown as ApiRoute;
}
