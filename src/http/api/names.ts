// Names and small values as they are sent and answered: refs, durations, times. Patterns are those of refs.ts, said so
// that the OpenAPI document shows them.
import { z } from "zod";
import { DURATION_RULE, parseDurationMs } from "../../domain/duration.js";
import { parseSince } from "../../domain/tell/listing.js";
import { NAME_RULE, PROJECT_RULE } from "../../domain/refs.js";
import { TIERS, isUtcTime } from "../../domain/start-options.js";

const project = z
  .string({ error: PROJECT_RULE })
  .regex(/^[0-9a-f]{24}$/, PROJECT_RULE)
  .meta({ example: "32b6e34b3d91647abb20e7b8" });
const name = z
  .string({ error: NAME_RULE })
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}$/, NAME_RULE)
  .meta({ example: "orders" });

/** In a path: every part percent-encoded. */
export const processorPath = z.strictObject({ project, workspace: name, processor: name });
export const workspacePath = z.strictObject({ project, workspace: name });
export const projectPath = z.strictObject({ project });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const changeId = z.string().regex(UUID, "the id of a change, as lists of changes show it");

export const processorRef = z
  .strictObject({ project, workspace: name, processor: name })
  .meta({ id: "ProcessorRef" });
export const workspaceRef = z.strictObject({ project, workspace: name }).meta({ id: "WorkspaceRef" });

/** Epoch milliseconds. */
export const time = z.int().meta({ description: "Milliseconds since 1970, UTC." });

export const sourcePosition = z
  .object({ at: time, seenAt: time })
  .nullable()
  .meta({ description: "The newest place in its change stream that was seen; null: none was." });

/** Longer than any wait that is meant. */
const YEAR_MS = 366 * 86_400_000;
const DURATION = `${DURATION_RULE}, a year at most`;

export const durationText = z
  .string({ error: DURATION })
  .regex(/^(\d+(ms|[dhms]))+$/, { error: DURATION, abort: true })
  .refine((text) => {
    const ms = parseDurationMs(text);
    return ms !== undefined && ms > 0 && ms <= YEAR_MS;
  }, DURATION)
  .meta({ example: "4h" });

export const MOMENT_RULE = `${DURATION_RULE}, or an ISO 8601 UTC time`;

/** A moment, said by itself or as a while ago. */
export const momentText = z.string().refine((text) => parseSince(text) !== undefined, MOMENT_RULE);

export const reasonText = z
  .string({ error: "a text of 1 to 500 characters" })
  .min(1, "a text of 1 to 500 characters")
  .max(500, "a text of 1 to 500 characters")
  .meta({ description: "Kept with what is done, for whoever finds it." });

export const startOptions = z
  .strictObject({
    tier: z.enum(TIERS).optional(),
    resumeFromCheckpoint: z.boolean().optional(),
    startAtOperationTime: z
      .string()
      .regex(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/,
        "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z",
      )
      // Here, because everything behind it counts with the time: one that is none breaks it.
      .refine(isUtcTime, "a second that exists, not before 2000")
      .optional(),
  })
  .meta({ id: "StartOptions", description: "As Atlas names them." });
