// The YAML document people write, as zod schemas: what is allowed, in words that a fault repeats. Nothing here merges
// defaults; absent stays absent. The JSON Schema for editors is made from these.
// Every object is strict, because a misspelt field that is ignored declares the opposite of what its author believes.
// An
// `error` is the text behind "allowed:", so it reads as a noun.
import { z } from "zod";
import { DURATION_RULE, parseDurationMs } from "../domain/duration.js";
import { findPatternFault } from "./patterns.js";
import { OWN_CLASSES } from "../domain/failure-classes.js";
import type { FailureClass } from "../domain/failure-classes.js";
import { LEAVES } from "../domain/rungs.js";
import { START_OPTIONS, START_OPTION_NAMES, TIERS, isUtcTime } from "../domain/start-options.js";
import type { StartOptionName, StartValueKinds } from "../domain/start-options.js";
import { NAME_RULE, PROJECT_RULE } from "../domain/refs.js";
import type { WorkspaceRef } from "../domain/refs.js";

/** Longer than any wait that is meant; a typed zero too many is found. */
const YEAR_MS = 366 * 86_400_000;

const duration = z
  .string({ error: DURATION_RULE })
  .refine((text) => {
    const ms = parseDurationMs(text);
    return ms !== undefined && ms <= YEAR_MS;
  }, `${DURATION_RULE}, a year at most`)
  .meta({ pattern: "^(\\d+(ms|[dhms]))+$", examples: ["30s", "30m", "4h", "1h30m"] });

// No offsets: two spellings of one instant would be two positions.
const utcTime = z
  .string({ error: "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z" })
  .refine(isUtcTime, "an ISO 8601 UTC time such as 2026-05-04T09:42:00Z, not before 2000")
  .meta({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$" });

/** An object with these fields and no others, saying so in words. */
function map<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: `a map of ${Object.keys(shape).join(", ")}` });
}

/** One schema per kind of value. */
const START_VALUES = {
  tier: z.enum(TIERS, { error: `one of ${TIERS.join(", ")}` }),
  switch: z.boolean({ error: "true or false" }),
  time: utcTime,
} satisfies { readonly [Kind in keyof StartValueKinds]: z.ZodType<StartValueKinds[Kind]> };

type StartShape = {
  [Name in StartOptionName]: z.ZodOptional<(typeof START_VALUES)[(typeof START_OPTIONS)[Name]["kind"]]>;
};

const start = map(
  Object.fromEntries(
    START_OPTION_NAMES.map((name) => [name, START_VALUES[START_OPTIONS[name].kind].optional()]),
  ) as StartShape,
);

const KEY_RULE =
  "1 to 63 letters, digits, dots, colons, underscores or hyphens, starting with a letter or digit";

/** Shorter than a name, and without blanks: it stands in reasons and in the middle of sentences. */
const key = (description: string): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  z
    .string({ error: KEY_RULE })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,62}$/, KEY_RULE)
    .nullable()
    .optional()
    .meta({ description });

const restart = map({
  cron: z
    .string({ error: "five cron fields in quotes" })
    .meta({ description: "minute hour day-of-month month day-of-week" })
    .optional(),
  timezone: z.string({ error: "an IANA time zone such as Europe/Madrid" }).optional(),
  spread: duration.optional(),
  catchUp: duration.optional(),
  train: key("those of one train are restarted in waves; null takes an inherited train back"),
})
  .nullable()
  .optional()
  .meta({ description: "null switches an inherited schedule off" });

// The same words in every check of a field, so that a fault names the whole rule and not the half that failed.
const WHOLE = "a whole number from 1 to 1000";
const FACTOR = "a number from 1 to 10";

const CLASS = `one of ${OWN_CLASSES.join(", ")}`;
const CODE = "a code of the server, such as 286";
/** Each is tried against the text of every failure. */
const RULES_MAX = 20;
const ACTION = "resume, climb, ladder or wait";

const failureRule = map({
  code: z.int({ error: CODE }).min(1, CODE).max(999_999_999, CODE).optional(),
  pattern: z
    .string({ error: "a pattern in RE2 syntax" })
    .superRefine((text, found) => {
      const allowed = findPatternFault(text);
      if (allowed !== undefined) found.addIssue({ code: "custom", message: allowed });
    })
    .meta({ description: "RE2 syntax, found anywhere in the text of the failure" })
    .optional(),
  class: z.enum(OWN_CLASSES, { error: CLASS }),
}).refine(
  (rule) => (rule.code === undefined) !== (rule.pattern === undefined),
  "either code or pattern, and class",
);

const classRule = map({
  action: z.enum(["resume", "climb", "ladder", "wait"], { error: ACTION }).optional(),
  ceiling: START_VALUES.tier
    .meta({ description: "of climb: the largest tier that Headgate may choose" })
    .optional(),
  stepBackAfter: duration
    .meta({ description: "of climb: STARTED so long, it goes back to the declared tier" })
    .optional(),
}).optional();

const classes = map(
  Object.fromEntries(OWN_CLASSES.map((name) => [name, classRule])) as Record<FailureClass, typeof classRule>,
);
const RATIO = "a number from 0 to 1";

const proof = map({
  within: duration.optional(),
  deadLetterRatio: z.number({ error: RATIO }).min(0, RATIO).max(1, RATIO).optional(),
  maxLag: duration.optional(),
})
  .nullable()
  .optional()
  .meta({ description: "what a start has to prove; null takes an inherited proof back" });

const leave = (what: string): z.ZodOptional<z.ZodEnum<{ [Key in (typeof LEAVES)[number]]: Key }>> =>
  z
    .enum(LEAVES, { error: "allow, approve or deny" })
    .meta({ description: `${what}: by itself, once a person has approved it, or never` })
    .optional();

const ladder = map({
  resume: leave("resume from the checkpoint, where it may still be of use"),
  time: leave("start where it was last seen, less the margin"),
  fresh: leave("start from now on"),
  margin: duration.meta({ description: "how much earlier than it was last seen" }).optional(),
  maxReplay: duration.meta({ description: "to read more than this twice takes an approval" }).optional(),
  maxGap: duration.meta({ description: "to skip more than this takes an approval" }).optional(),
})
  .nullable()
  .optional()
  .meta({ description: "what may be done where a position is lost; null takes an inherited ladder back" });

const recovery = map({
  backoff: map({
    initial: duration.optional(),
    factor: z.number({ error: FACTOR }).min(1, FACTOR).max(10, FACTOR).optional(),
    max: duration.optional(),
  }).optional(),
  maxAttempts: z.int({ error: WHOLE }).min(1, WHOLE).max(1000, WHOLE).optional(),
  stableAfter: duration.optional(),
  stoppedGrace: duration.optional(),
  rules: z
    .array(failureRule, { error: "a list of rules, each a code or a pattern and its class" })
    .max(RULES_MAX, `${String(RULES_MAX)} rules at most`)
    .meta({ description: "which class a failure has, tried in this order before Headgate's own rules" })
    .optional(),
  classes: classes.meta({ description: "what is done about a class of failures" }).optional(),
  respectManualStop: duration
    .meta({ description: "a person's stop is left alone so long; 0s: as long as anybody's" })
    .optional(),
  proof,
  oplogWindow: duration
    .meta({ description: "how far back the oplog of its source reaches; 0s: not known" })
    .optional(),
  ladder,
}).optional();

const gateway = map({
  stop: z
    .enum(["allow", "suspend", "refuse"], { error: "allow, suspend or refuse" })
    .meta({ description: "a client's stop through the gateway of what is declared STARTED" })
    .optional(),
  for: duration.meta({ description: "with stop: suspend, how long Headgate leaves it alone" }).optional(),
}).optional();

const concurrencyKey = key("open changes of one key are capped together; null takes an inherited key back");

/** What may stand under `defaults` and under a processor. */
export const policyFieldsSchema = map({
  state: z.enum(["STARTED", "STOPPED"], { error: "STARTED or STOPPED" }).optional(),
  mode: z.enum(["enforce", "observe"], { error: "enforce or observe" }).optional(),
  start: start.optional(),
  restart,
  recovery,
  gateway,
  concurrencyKey,
});

export type PolicyFields = z.infer<typeof policyFieldsSchema>;

// Patterns of their own instead of the functions of refs.ts: the JSON Schema shows them to editors.
const PROJECT_PATTERN = /^[0-9a-f]{24}$/;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,127}$/;

const project = z.string({ error: PROJECT_RULE }).regex(PROJECT_PATTERN, PROJECT_RULE);
const workspace = z.string({ error: NAME_RULE }).regex(NAME_PATTERN, NAME_RULE);

export const documentSchema = map({
  project,
  workspace,
  defaults: policyFieldsSchema.optional(),
  processors: z.record(z.string().regex(NAME_PATTERN, NAME_RULE), policyFieldsSchema.nullable(), {
    error: "processors by name",
  }),
});

export type PolicyDocument = z.infer<typeof documentSchema>;

/** What may be checked of a document that failed as a whole, so that all its faults are told at once. */
export interface SoundParts {
  readonly workspace: WorkspaceRef | undefined;
  /** The blocks of `defaults` that pass by themselves. */
  readonly defaults: PolicyFields;
  /** Only the blocks with rules between their fields, and those only where they pass here and under `defaults`. */
  readonly processors: readonly {
    readonly processor: string;
    readonly defaults: PolicyFields;
    readonly own: PolicyFields;
  }[];
}

/** Never throws, whatever it is given. */
export function toSoundParts(document: unknown): SoundParts {
  const content = toRecord(document);
  const named = z.object({ project, workspace }).safeParse(content);
  const defaults = toRecord(content["defaults"]);
  return {
    workspace: named.data,
    defaults: toSoundBlocks(defaults, {}).defaults,
    processors: Object.entries(toRecord(content["processors"])).map(([processor, own]) => ({
      processor,
      ...toSoundBlocks(defaults, toRecord(own)),
    })),
  };
}

type Plain = Readonly<Record<string, unknown>>;

function toRecord(value: unknown): Plain {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Plain) : {};
}

function toSoundBlocks(defaults: Plain, own: Plain): { defaults: PolicyFields; own: PolicyFields } {
  // Half a block is judged only together with its other half: else one fault would make a second one up.
  const sound = Object.entries(RULED_BLOCKS).flatMap(([name, block]) => {
    const [inherited, written] = [block.safeParse(defaults[name]), block.safeParse(own[name])];
    return inherited.success && written.success
      ? [{ name, inherited: inherited.data, written: written.data }]
      : [];
  });
  return {
    defaults: Object.fromEntries(sound.map(({ name, inherited }) => [name, inherited])),
    own: Object.fromEntries(sound.map(({ name, written }) => [name, written])),
  };
}

/** The blocks whose fields have rules between them. */
const RULED_BLOCKS = { restart, recovery, gateway };

/** The JSON Schema of one document, for editors. */
export function policyJsonSchema(): object {
  return { ...z.toJSONSchema(documentSchema, { io: "input" }), title: "Headgate policies of one workspace" };
}
