// The YAML document people write, as zod schemas: what is allowed, in words that a fault repeats. Nothing here merges
// defaults; absent stays absent. The JSON Schema for editors is made from these.
import { z } from "zod";
import { DURATION_RULE, parseDurationMs } from "../domain/duration.js";
import { TIERS } from "../domain/policy.js";
import { NAME_RULE, PROJECT_RULE } from "../domain/refs.js";

const YEAR_MS = 366 * 86_400_000;

const duration = z
  .string({ error: DURATION_RULE })
  .refine((text) => {
    const ms = parseDurationMs(text);
    return ms !== undefined && ms <= YEAR_MS;
  }, `${DURATION_RULE}, a year at most`)
  .meta({ pattern: "^(\\d+(ms|[dhms]))+$", examples: ["30s", "30m", "4h", "1h30m"] });

const utcTime = z
  .string({ error: "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z" })
  .refine(isUtcTime, "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z, not before 2000")
  .meta({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$" });

function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return false;
  const ms = Date.parse(text);
  // A day that does not exist rolls over: the text has to come back as it was.
  return ms >= Date.UTC(2000, 0, 1) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

const start = z.strictObject({
  tier: z.enum(TIERS, { error: `one of ${TIERS.join(", ")}` }).optional(),
  resumeFromCheckpoint: z.boolean({ error: "true or false" }).optional(),
  startAtOperationTime: utcTime.optional(),
});

const restart = z.strictObject({
  cron: z
    .string({ error: "five cron fields in quotes" })
    .meta({ description: "minute hour day-of-month month day-of-week" })
    .optional(),
  timezone: z.string({ error: "an IANA time zone such as Europe/Madrid" }).optional(),
  spread: duration.optional(),
  catchUp: duration.optional(),
});

const WHOLE = "a whole number from 1 to 1000";
const FACTOR = "a number from 1 to 10";

const recovery = z.strictObject({
  backoff: z
    .strictObject({
      initial: duration.optional(),
      factor: z.number({ error: FACTOR }).min(1, FACTOR).max(10, FACTOR).optional(),
      max: duration.optional(),
    })
    .optional(),
  maxAttempts: z.int({ error: WHOLE }).min(1, WHOLE).max(1000, WHOLE).optional(),
  stableAfter: duration.optional(),
  stoppedGrace: duration.optional(),
});

/** What may stand under `defaults` and under a processor. */
const fields = z.strictObject({
  state: z.enum(["STARTED", "STOPPED"], { error: "STARTED or STOPPED" }).optional(),
  mode: z.enum(["enforce", "observe"], { error: "enforce or observe" }).optional(),
  start: start.optional(),
  restart: restart.nullable().optional().meta({ description: "null switches an inherited schedule off" }),
  recovery: recovery.optional(),
});

export type PolicyFields = z.infer<typeof fields>;

const PROJECT_PATTERN = /^[0-9a-f]{24}$/;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}$/;

export const documentSchema = z.strictObject({
  project: z
    .string({ error: `${PROJECT_RULE}, in quotes if they are all digits` })
    .regex(PROJECT_PATTERN, PROJECT_RULE),
  workspace: z.string({ error: NAME_RULE }).regex(NAME_PATTERN, NAME_RULE),
  defaults: fields.optional(),
  processors: z.record(z.string().regex(NAME_PATTERN, NAME_RULE), fields.nullable(), {
    error: "processors by name",
  }),
});

export type PolicyDocument = z.infer<typeof documentSchema>;

/** The JSON Schema of one document, for editors. */
export function policyJsonSchema(): object {
  return { ...z.toJSONSchema(documentSchema, { io: "input" }), title: "Headgate policies of one workspace" };
}
