// Processors as Atlas spells them, into our words: what is decided by, and what is only shown to people. Extra fields
// and unknown states are tolerated, a missing field that we rest on is not. A parser answers undefined for what it
// cannot read and never throws. What comes out can be stored and shown: texts are cut, times are times, counts are
// counts.
import { z } from "zod";
import type { Observation, ProcessorDetails, ProcessorStats } from "../domain/observation.js";
import { keptText, optionalText, parsePage } from "./wire.js";
import type { Page } from "./wire.js";

/** What is decided by. Id, name and state must be there; a field of another kind that nothing rests on is none. */
const processorSchema = z.object({
  _id: z.string().min(1).pipe(keptText),
  name: z.string().min(1),
  state: z.string().min(1).pipe(keptText),
  tier: optionalText,
  effectiveTier: optionalText,
  errorMsg: optionalText,
  pipeline: z.array(z.unknown()).optional().catch(undefined),
  options: z
    .object({ autoscaling: z.object({ enabled: z.boolean().optional().catch(undefined) }).optional() })
    .optional()
    .catch(undefined),
});

/** Below nothing, or no number: as if it were not there. */
const optionalCount = z.number().nonnegative().optional().catch(undefined);
/** In which of three ways Atlas writes dates of stats is not known (docs/atlas.md 4): all are read. */
const isoDate = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
/** The last millisecond that a Date holds; printing a later one throws. */
const LAST_MS = 8.64e15;
/** Seconds or milliseconds since 1970: no time of either reading is one of the other, from 1973 to 5138. */
const epochDate = z
  .number()
  .nonnegative()
  .max(LAST_MS)
  .transform((count) => (count < 1e11 ? count * 1_000 : count));
const plainDate = z.union([isoDate, epochDate]);
const optionalDate = z
  .union([plainDate, z.object({ $date: plainDate }).transform(({ $date }) => $date)])
  .optional()
  .catch(undefined);

/**
 * The cluster's time that a change stream's token begins with, epoch ms. 82 stands for a timestamp, the next four bytes
 * are its seconds (reported: docs/atlas.md 4); MongoDB itself calls the token opaque, so any other form says nothing.
 */
const tokenTime = z
  .object({ _data: z.string().regex(/^82[\da-f]{8}/i) })
  .transform(({ _data }) => parseInt(_data.slice(2, 10), 16) * 1_000)
  .optional()
  .catch(undefined);

/** Newer and older name of the same: either is there (docs/atlas.md 4). A count below nothing says nothing. */
const statsSchema = z.object({
  inputMessageCount: optionalCount,
  outputMessageCount: optionalCount,
  dlqMessageCount: optionalCount,
  stateSize: optionalCount,
  memoryUsageBytes: optionalCount,
  memoryTrackerBytes: optionalCount,
  lastMessageIn: optionalDate,
  watermark: optionalDate,
  changeStreamTimeDifferenceSecs: optionalCount,
  changeStreamState: tokenTime,
  kafkaTotalOffsetLag: optionalCount,
});

/** What is only shown: any part of it may be missing or new without a processor going unread. */
const detailsSchema = z.object({
  stats: statsSchema.optional().catch(undefined),
  failoverEnabled: z.boolean().optional().catch(undefined),
  options: z
    .object({
      autoscaling: z
        .object({
          enabled: z.boolean().optional().catch(undefined),
          minTier: optionalText,
          maxTier: optionalText,
        })
        .optional()
        .catch(undefined),
      dlq: z
        .object({ connectionName: optionalText, db: optionalText, coll: optionalText })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** Undefined if a field that we rest on is not there. */
export function parseProcessor(value: unknown): Observation | undefined {
  const parsed = processorSchema.safeParse(value);
  return parsed.success ? toObservation(parsed.data) : undefined;
}

/**
 * Undefined if one of them cannot be read: half a page would show the others as absent. What a processor counts is
 * handed to `onStats` unread: few are asked about, and a fleet has many.
 */
export function parseProcessorPage(value: unknown, onStats?: OnStats): Page<Observation> | undefined {
  return parsePage(value, (item) => {
    const observation = parseProcessor(item);
    if (observation !== undefined && onStats !== undefined) {
      const { stats } = item as { readonly stats?: unknown };
      onStats(observation.processor, () => parseStats(stats));
    }
    return observation;
  });
}

/** Called once per processor of a page; the last of several counts. `read` may be called at any time. */
export type OnStats = (processor: string, read: () => ProcessorStats | undefined) => void;

function parseStats(value: unknown): ProcessorStats | undefined {
  const parsed = statsSchema.safeParse(value);
  return parsed.success ? toStats(parsed.data) : undefined;
}

/** As `parseProcessorPage`, with all that is worth showing. */
export function parseProcessorDetailsPage(value: unknown): Page<ProcessorDetails> | undefined {
  return parsePage(value, parseProcessorDetails);
}

/** The limits of autoscaling are shown only while it is on. */
export function parseProcessorDetails(value: unknown): ProcessorDetails | undefined {
  const observation = parseProcessor(value);
  const details = detailsSchema.safeParse(value).data;
  if (observation === undefined || details === undefined) return undefined;
  const { autoscaling, dlq } = details.options ?? {};
  return {
    ...observation,
    ...(autoscaling?.enabled === true ? { autoscaling: toPresent(autoscaling, ["minTier", "maxTier"]) } : {}),
    ...(dlq === undefined
      ? {}
      : {
          deadLetters: {
            ...(dlq.connectionName === undefined ? {} : { connection: dlq.connectionName }),
            ...toPresent(dlq, ["db", "coll"]),
          },
        }),
    failoverEnabled: details.failoverEnabled ?? false,
    ...(details.stats === undefined ? {} : { stats: toStats(details.stats) }),
  };
}

/** What Atlas does not tell is left out: nought and "not told" are different things to whoever reads it. */
function toStats(stats: z.infer<typeof statsSchema>): ProcessorStats {
  const found = {
    messagesIn: stats.inputMessageCount,
    messagesOut: stats.outputMessageCount,
    deadLetterMessages: stats.dlqMessageCount,
    stateBytes: stats.stateSize,
    memoryBytes: stats.memoryUsageBytes ?? stats.memoryTrackerBytes,
    lastMessageAt: stats.lastMessageIn,
    watermarkAt: stats.watermark,
    lagSeconds: stats.changeStreamTimeDifferenceSecs,
    positionAt: stats.changeStreamState,
    kafkaLag: stats.kafkaTotalOffsetLag,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The texts of those fields that are there. */
function toPresent<Key extends string>(
  fields: Readonly<Partial<Record<Key, unknown>>>,
  keys: readonly Key[],
): Partial<Record<Key, string>> {
  const texts = keys.flatMap((key) => (typeof fields[key] === "string" ? [[key, fields[key]] as const] : []));
  return Object.fromEntries(texts) as Partial<Record<Key, string>>;
}

/** An effective tier is shown only with autoscaling (docs/atlas.md 2c): it tells of it even if the options do not. */
function toObservation(processor: z.infer<typeof processorSchema>): Observation {
  const { tier, effectiveTier, errorMsg } = processor;
  const connections = findConnections(processor.pipeline ?? []);
  return {
    atlasId: processor._id,
    processor: processor.name,
    state: processor.state,
    ...(tier === undefined ? {} : { tier }),
    ...(effectiveTier === undefined ? {} : { effectiveTier }),
    autoscaled: processor.options?.autoscaling?.enabled === true || effectiveTier !== undefined,
    ...(errorMsg === undefined ? {} : { errorMessage: errorMsg }),
    ...(connections.length === 0 ? {} : { connections }),
  };
}

/** One operator a stage; its connection is named in it, or in what it reads from or writes into. */
const connectionSchema = z.object({
  connectionName: optionalText,
  from: z.object({ connectionName: optionalText }).optional().catch(undefined),
  into: z.object({ connectionName: optionalText }).optional().catch(undefined),
});
const stageSchema = z.record(z.string(), connectionSchema.optional().catch(undefined));

/** More than a processor has: no list of names grows with a pipeline. */
const CONNECTIONS_MAX = 20;

function findConnections(pipeline: readonly unknown[]): readonly string[] {
  const names = new Set<string>();
  for (const stage of pipeline) {
    for (const operator of Object.values(stageSchema.safeParse(stage).data ?? {})) {
      const found = [
        operator?.connectionName,
        operator?.from?.connectionName,
        operator?.into?.connectionName,
      ];
      for (const name of found) if (name !== undefined && names.size < CONNECTIONS_MAX) names.add(name);
    }
  }
  return [...names];
}
