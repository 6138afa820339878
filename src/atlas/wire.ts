// Atlas's spellings and our words, and the way between them; they stop here. Replies are checked on the way in: extra
// fields and unknown states are tolerated, a missing field that we rest on is not.
import { z } from "zod";
import type { WorkspaceLimits } from "../domain/observation.js";
import { collectStartOptions } from "../domain/start-options.js";
import type { StartOptions } from "../domain/start-options.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { isName, isProjectId } from "../domain/refs.js";
import { toKept } from "../base/text.js";

const API = "/api/atlas/v2";
export const TOKEN_PATH = "/api/oauth/token";
/** Characters that are kept of any text. */
const MAX_TEXT = 500;

/** Asked for by date, one per resource (docs/atlas.md 1d). */
export const MEDIA = {
  processor: "application/vnd.atlas.2024-05-30+json",
  startWith: "application/vnd.atlas.2025-03-12+json",
  workspace: "application/vnd.atlas.2023-02-01+json",
  events: "application/vnd.atlas.2023-01-01+json",
  rateLimits: "application/vnd.atlas.2025-03-12+json",
} as const;

/**
 * A text as it is kept: what a processor died of may name a connection with its password, and what nobody can store
 * must not come further. Names are left as they are, because another name is another thing: only those that a ref may
 * hold go on.
 */
export const keptText = z.string().transform((text) => toKept(text, MAX_TEXT));
/** Absent if it is no text: what nothing rests on is tolerated. */
export const optionalText = keptText.optional().catch(undefined);

/** Items are read one by one by their own parser. */
const pageSchema = z.object({
  results: z.array(z.unknown()),
  totalCount: z.number().int().nonnegative().optional(),
  links: z
    .array(z.object({ rel: z.string() }))
    .optional()
    .catch(undefined),
});

const workspaceSchema = z.object({
  name: z.string().optional(),
  streamConfig: z.object({ tier: optionalText, maxTierSize: optionalText }).nullish(),
});

const workspaceNameSchema = z.object({ name: z.string().min(1) });

/** Of a username that is kept. */
const MAX_MOVER = 200;

const FAILED_EVENT = "STREAM_PROCESSOR_STATE_IS_FAILED";

const AUTOSCALED_EVENT = "STREAM_PROCESSOR_AUTOSCALE_INITIATED";
const MOVED_EVENTS = [
  "STREAM_PROCESSOR_STARTED",
  "STREAM_PROCESSOR_STOPPED",
  "STREAM_PROCESSOR_MODIFIED",
  AUTOSCALED_EVENT,
];

/** Fields that name no processor are optional: events of other kinds may be in the page. */
const eventSchema = z.object({
  created: z.iso.datetime({ offset: true }),
  eventTypeName: z.string(),
  instanceName: z.string().optional().catch(undefined),
  processorName: z.string().optional().catch(undefined),
  processorErrorMsg: optionalText,
  modifiedBy: optionalText,
});

/** Why one processor FAILED, and when Atlas wrote that down (epoch ms). */
export interface FailureEvent {
  readonly at: number;
  readonly workspace: string;
  readonly processor: string;
  readonly why: string;
}

/**
 * A bound no limit will ever reach, below which what is reckoned from it can be stored: columns of budgets are 32 bits.
 */
export const MAX_LIMIT = 10_000_000;
const limitSchema = z.object({ value: z.number().int().positive().max(MAX_LIMIT) });
const rateLimitSchema = z.object({
  capacity: limitSchema,
  refillRate: limitSchema,
  refillDurationSeconds: limitSchema,
});

export interface RateLimits {
  readonly capacity: number;
  readonly refillPerMinute: number;
  /** What Atlas adds at once. */
  readonly refillStep: number;
}

/**
 * Visible ASCII and spaces, as RFC 6749 A.12 says. With any other character no request could carry it: the token would
 * be kept, and each call would fail as if the connection had.
 */
const tokenSchema = z.object({
  access_token: z.string().regex(/^[ -~]+$/),
  expires_in: z.number().positive(),
});

/** As they came: errors.ts takes the caller's credentials out of them before they are cut. */
const rawText = z.string().optional().catch(undefined);
const errorSchema = z.object({
  errorCode: rawText,
  detail: rawText,
  reason: rawText,
  error_description: rawText,
  parameters: z.array(z.unknown()).optional().catch(undefined),
});

/** One page of a list, counted from 1. */
export interface PageAsked {
  readonly pageNum: number;
  readonly pageSize: number;
}

/** Numbers only, so that nothing has to be encoded. */
function toPageQuery({ pageNum, pageSize }: PageAsked): string {
  return `itemsPerPage=${String(pageSize)}&pageNum=${String(pageNum)}`;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** An estimate (docs/atlas.md 6). */
  readonly totalCount?: number;
  readonly hasNext: boolean;
}

/** What an error body says; empty if it is not one of Atlas's. */
export interface ErrorBody {
  readonly isAtlas: boolean;
  readonly errorCode?: string;
  readonly detail: string;
  readonly parameters: readonly unknown[];
}

export interface Token {
  readonly text: string;
  readonly livesMs: number;
}

/** Undefined if the text is not JSON. Never an exception: its message would quote the body. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Undefined if the page or one of its items is not what it should be. */
export function parsePage<Item>(
  value: unknown,
  parseItem: (value: unknown) => Item | undefined,
): Page<Item> | undefined {
  const parsed = pageSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { results, totalCount, links } = parsed.data;
  const items = results.map(parseItem).filter((item) => item !== undefined);
  if (items.length < results.length) return undefined;
  return {
    items,
    ...(totalCount === undefined ? {} : { totalCount }),
    hasNext: links?.some(({ rel }) => rel === "next") ?? false,
  };
}

/** Undefined if it is no workspace at all; one that tells of no tier has no limits that we know of. */
export function parseWorkspaceLimits(value: unknown): WorkspaceLimits | undefined {
  const parsed = workspaceSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { tier, maxTierSize } = parsed.data.streamConfig ?? {};
  return {
    ...(tier === undefined ? {} : { defaultTier: tier }),
    ...(maxTierSize === undefined ? {} : { maxTier: maxTierSize }),
  };
}

export function parseWorkspaceNames(value: unknown): Page<string> | undefined {
  return parsePage(value, (item) => workspaceNameSchema.safeParse(item).data?.name);
}

/** Events that name no workspace, processor or reason tell us nothing: they are left out. */
export function parseFailureEvents(value: unknown): readonly FailureEvent[] | undefined {
  const page = parsePage(value, (item) => eventSchema.safeParse(item).data);
  return page?.items.flatMap((event) => {
    const { instanceName: workspace, processorName: processor, processorErrorMsg: why } = event;
    const isTold = workspace !== undefined && processor !== undefined && why !== undefined && why !== "";
    if (!isTold || event.eventTypeName !== FAILED_EVENT) return [];
    return [{ at: Date.parse(event.created), workspace, processor, why }];
  });
}

/** Whom `modifiedBy` names; for an autoscaling, which has none, Atlas itself. Left out: events about no processor. */
export interface MoveEvent {
  readonly at: number;
  readonly workspace: string;
  readonly processor: string;
  readonly isAutoscaling: boolean;
  readonly by?: string;
}

export function parseMoveEvents(value: unknown): readonly MoveEvent[] | undefined {
  const page = parsePage(value, (item) => eventSchema.safeParse(item).data);
  return page?.items.flatMap((event) => {
    const { instanceName: workspace, processorName: processor, modifiedBy: by, eventTypeName } = event;
    if (workspace === undefined || processor === undefined || !MOVED_EVENTS.includes(eventTypeName))
      return [];
    const named = by === undefined || by === "" ? {} : { by: toKept(by, MAX_MOVER) };
    const isAutoscaling = eventTypeName === AUTOSCALED_EVENT;
    return [{ at: Date.parse(event.created), workspace, processor, isAutoscaling, ...named }];
  });
}

/** The refill a minute is at least one: the table asks for it, and a wait for no refill would not end. */
export function parseRateLimits(value: unknown): readonly RateLimits[] | undefined {
  const page = parsePage(value, (item) => rateLimitSchema.safeParse(item).data);
  return page?.items.map(({ capacity, refillRate, refillDurationSeconds }) => ({
    capacity: capacity.value,
    refillPerMinute: Math.max(1, Math.floor((refillRate.value * 60) / refillDurationSeconds.value)),
    refillStep: refillRate.value,
  }));
}

export function parseToken(value: unknown): Token | undefined {
  const parsed = tokenSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return { text: parsed.data.access_token, livesMs: parsed.data.expires_in * 1_000 };
}

/** Never undefined: an error that cannot be read is still an error. Only a body with an errorCode is Atlas's own. */
export function parseErrorBody(text: string): ErrorBody {
  const json = parseJson(text);
  const parsed = json === undefined ? undefined : errorSchema.safeParse(json.value);
  if (parsed?.success !== true) return { isAtlas: false, detail: "", parameters: [] };
  const { errorCode, detail, reason, error_description: description, parameters } = parsed.data;
  return {
    isAtlas: errorCode !== undefined,
    ...(errorCode === undefined ? {} : { errorCode }),
    detail: detail ?? description ?? reason ?? "",
    parameters: parameters ?? [],
  };
}

/** Start options as Atlas takes them, failover included, which no policy declares. */
export interface AtlasStartOptions extends StartOptions {
  readonly failover?: {
    readonly region: string;
    readonly mode?: "GRACEFUL" | "FORCED";
    readonly dryRun?: boolean;
    readonly clearCheckpoint?: boolean;
  };
}

/** The body of startWith. A field that is absent stays absent: Atlas takes absent and null for different things. */
export function toStartBody(options: AtlasStartOptions): string {
  const known = collectStartOptions((name) => options[name]);
  return JSON.stringify({ ...known, failover: options.failover });
}

/** Checked and encoded; throws RangeError for a name that a ref may not hold. */
export function toWorkspacePath({ project, workspace }: WorkspaceRef): string {
  if (!isProjectId(project) || !isName(workspace)) throw new RangeError("not a workspace's ref");
  return `${API}/groups/${project}/streams/${encodeURIComponent(workspace)}`;
}

function toProjectPath(project: string): string {
  if (!isProjectId(project)) throw new RangeError("not a project's id");
  return `${API}/groups/${project}`;
}

export function toWorkspacesPath(project: string, page: PageAsked): string {
  return `${toProjectPath(project)}/streams?${toPageQuery(page)}`;
}

/** Newest first (docs/atlas.md 4). */
export function toFailuresPath(project: string, since: number, page: PageAsked): string {
  return toEventsPath(project, [FAILED_EVENT], { since, page });
}

/** The same of events that say who moved a processor. */
export function toMovesPath(project: string, since: number, page: PageAsked): string {
  return toEventsPath(project, MOVED_EVENTS, { since, page });
}

function toEventsPath(
  project: string,
  types: readonly string[],
  { since, page }: { readonly since: number; readonly page: PageAsked },
): string {
  const wanted = types.map((type) => `eventType=${type}`).join("&");
  const minDate = encodeURIComponent(new Date(since).toISOString());
  return `${toProjectPath(project)}/events?${wanted}&minDate=${minDate}&${toPageQuery(page)}`;
}

export function toRateLimitsPath(project: string): string {
  if (!isProjectId(project)) throw new RangeError("not a project's id");
  return `${API}/rateLimits?groupId=${project}&name=Streams`;
}

/** The verb's colon stays literal: Atlas splits at the last one (docs/atlas.md 12). */
export function toProcessorPath(ref: ProcessorRef, verb?: "start" | "startWith" | "stop"): string {
  if (!isName(ref.processor)) throw new RangeError("not a processor's ref");
  const path = `${toWorkspacePath(ref)}/processor/${encodeURIComponent(ref.processor)}`;
  return verb === undefined ? path : `${path}:${verb}`;
}

export function toListPath(ref: WorkspaceRef, page: PageAsked): string {
  return `${toWorkspacePath(ref)}/processors?includeCount=true&${toPageQuery(page)}`;
}
