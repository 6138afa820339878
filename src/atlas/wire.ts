// Atlas's spellings and our words, and the way between them; they stop here. Replies are checked on the way in: extra
// fields and unknown states are tolerated, a missing field that we rest on is not.
import { z } from "zod";
import type { Observation, WorkspaceLimits } from "../domain/observation.js";
import type { StartOptions } from "../domain/policy.js";
import type { ProcessorRef, WorkspaceRef } from "../domain/refs.js";
import { isName, isProjectId } from "../domain/refs.js";

const API = "/api/atlas/v2";
export const TOKEN_PATH = "/api/oauth/token";
export const PAGE_SIZE = 500;
const MAX_TEXT = 500;

/** Asked for by date, one per resource (atlas-facts 1d). */
export const MEDIA = {
  processor: "application/vnd.atlas.2024-05-30+json",
  startWith: "application/vnd.atlas.2025-03-12+json",
  workspace: "application/vnd.atlas.2023-02-01+json",
} as const;

const optionalText = z.string().optional().catch(undefined);

const processorSchema = z.object({
  _id: z.string().min(1),
  name: z.string().min(1),
  state: z.string().min(1),
  tier: optionalText,
  effectiveTier: optionalText,
  errorMsg: optionalText,
  options: z
    .object({ autoscaling: z.object({ enabled: z.boolean().optional().catch(undefined) }).optional() })
    .optional()
    .catch(undefined),
});

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

const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
});

const errorSchema = z.object({
  errorCode: optionalText,
  detail: optionalText,
  reason: optionalText,
  error_description: optionalText,
  parameters: z.array(z.unknown()).optional().catch(undefined),
});

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly totalCount?: number;
  readonly hasNext: boolean;
}

/** What an error body says; empty where it is not one of Atlas's. */
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

/** Undefined where the text is not JSON. Never an exception: its message would quote the body. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

export function parseProcessor(value: unknown): Observation | undefined {
  const parsed = processorSchema.safeParse(value);
  return parsed.success ? toObservation(parsed.data) : undefined;
}

export function parseProcessorPage(value: unknown): Page<Observation> | undefined {
  return parsePage(value, parseProcessor);
}

/** Undefined where the page or one of its items is not what it should be. */
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

export function parseWorkspaceLimits(value: unknown): WorkspaceLimits | undefined {
  const parsed = workspaceSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { tier, maxTierSize } = parsed.data.streamConfig ?? {};
  return {
    ...(tier === undefined ? {} : { defaultTier: tier }),
    ...(maxTierSize === undefined ? {} : { maxTier: maxTierSize }),
  };
}

export function parseToken(value: unknown): Token | undefined {
  const parsed = tokenSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return { text: parsed.data.access_token, livesMs: parsed.data.expires_in * 1_000 };
}

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

function toObservation(processor: z.infer<typeof processorSchema>): Observation {
  const { tier, effectiveTier, errorMsg } = processor;
  return {
    atlasId: processor._id,
    processor: processor.name,
    state: processor.state,
    ...(tier === undefined ? {} : { tier }),
    ...(effectiveTier === undefined ? {} : { effectiveTier }),
    autoscaled: processor.options?.autoscaling?.enabled === true || effectiveTier !== undefined,
    ...(errorMsg === undefined ? {} : { errorMessage: errorMsg.slice(0, MAX_TEXT) }),
  };
}

/** The body of startWith. A field that is absent stays absent: Atlas takes absent and null for different things. */
export function toStartBody(options: StartOptions): string {
  const { tier, resumeFromCheckpoint, startAtOperationTime } = options;
  return JSON.stringify({ tier, resumeFromCheckpoint, startAtOperationTime });
}

/** Checked and encoded; throws RangeError for a name that a ref may not hold. */
export function toWorkspacePath({ project, workspace }: WorkspaceRef): string {
  if (!isProjectId(project) || !isName(workspace)) throw new RangeError("not a workspace's ref");
  return `${API}/groups/${project}/streams/${encodeURIComponent(workspace)}`;
}

/** The verb's colon stays literal: Atlas splits at the last one (atlas-facts 12). */
export function toProcessorPath(ref: ProcessorRef, verb?: "startWith" | "stop"): string {
  if (!isName(ref.processor)) throw new RangeError("not a processor's ref");
  const path = `${toWorkspacePath(ref)}/processor/${encodeURIComponent(ref.processor)}`;
  return verb === undefined ? path : `${path}:${verb}`;
}

export function toListPath(ref: WorkspaceRef, pageNum: number): string {
  const query = `includeCount=true&itemsPerPage=${String(PAGE_SIZE)}&pageNum=${String(pageNum)}`;
  return `${toWorkspacePath(ref)}/processors?${query}`;
}
