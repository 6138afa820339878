// The body of a start as clients of Atlas send it (docs/atlas.md 2a, 12): absent, empty, `null` and `{}` are no
// options. A time passes byte for byte, with any offset and up to nine digits of a fraction. What Atlas knows and
// Headgate's changes do not (failover, autoscaling) is found here and judged by nobody but Atlas.
import { z } from "zod";
import { TIERS, collectStartOptions } from "../../domain/start-options.js";
import type { StartOptions } from "../../domain/start-options.js";
import type { AtlasError } from "./form.js";
import { validationError } from "./form.js";

const TIME_RULE = "must be an ISO 8601 time with an offset, such as 2026-05-04T09:42:00Z";
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.]\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A day that does not exist rolls over: it has to come back as it was. */
function isIsoTime(text: string): boolean {
  const [, year, month, day] = TIME.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return (
    Number(year) >= 1970 && date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day)
  );
}

const SWITCH_RULE = "must be true or false";
const onOff = z.boolean({ error: SWITCH_RULE });
const tier = z.enum(TIERS, { error: `must be one of ${[...TIERS].reverse().join(", ")}` });
/** Clients send back what they have read: Atlas takes its own links and does nothing with them. */
const links = z.array(z.unknown(), { error: "must be an array" }).optional();

const startBody = z.strictObject({
  tier: tier.optional(),
  resumeFromCheckpoint: onOff.optional(),
  startAtOperationTime: z.string({ error: TIME_RULE }).refine(isIsoTime, TIME_RULE).optional(),
  failover: z
    .strictObject({
      region: z.string({ error: "is required and must be the name of a region" }),
      mode: z.enum(["GRACEFUL", "FORCED"], { error: "must be GRACEFUL or FORCED" }).optional(),
      dryRun: onOff.optional(),
      clearCheckpoint: onOff.optional(),
      links,
    })
    .optional(),
  autoscaling: z
    .strictObject({
      enabled: onOff.optional(),
      minTier: tier.nullable().optional(),
      maxTier: tier.nullable().optional(),
    })
    .nullable()
    .optional(),
  links,
});

export type StartBody =
  /** Null: none were given. */
  | { readonly kind: "options"; readonly options: StartOptions | null }
  /** Holds what only Atlas can carry out; the options in it are the others. */
  | { readonly kind: "beyond"; readonly field: string; readonly options: StartOptions }
  | { readonly kind: "refused"; readonly error: AtlasError };

export function parseStartBody(raw: Buffer): StartBody {
  const text = toUtf8(raw);
  if (text?.trim() === "") return { kind: "options", options: null };
  const json = text === undefined ? undefined : parse(text);
  if (json === undefined) return { kind: "refused", error: MALFORMED };
  const parsed = startBody.safeParse(json.value ?? {});
  if (!parsed.success)
    return { kind: "refused", error: validationError(parsed.error.issues.flatMap(toFields)) };
  const options = collectStartOptions((name) => parsed.data[name]);
  const beyond = (["failover", "autoscaling"] as const).find((field) => parsed.data[field] !== undefined);
  if (beyond !== undefined) return { kind: "beyond", field: beyond, options };
  return { kind: "options", options: Object.keys(options).length === 0 ? null : options };
}

/** A start of the older version and a stop take no options: what is sent beside them must not be dropped in silence. */
export function parseEmptyBody(raw: Buffer): AtlasError | undefined {
  const body = parseStartBody(raw);
  if (body.kind === "refused") return body.error;
  if (body.kind === "options" && body.options === null) return undefined;
  const description = "this operation takes no options; :startWith does";
  return validationError([{ field: "body", description }]);
}

const MALFORMED: AtlasError = {
  ...validationError([{ field: "body", description: "is not valid JSON" }]),
  errorCode: "MALFORMED_JSON",
};

/** Undefined for bytes that are no UTF-8, which JSON has to be. */
function toUtf8(raw: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return undefined;
  }
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** An unknown field has no path of its own: each is named, below its parent. */
function toFields(
  issue: z.core.$ZodIssue,
): readonly { readonly field: string; readonly description: string }[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: [...path, key].join("."),
      description: "is not a known field",
    }));
  }
  const isBody = path.length === 0;
  return [
    {
      field: isBody ? "body" : path.join("."),
      description: isBody ? "must be a JSON object" : issue.message,
    },
  ];
}
