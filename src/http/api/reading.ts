// From what came over the wire to what a route's schema knows: query parameters are texts and say themselves neither
// numbers nor lists, and a fault is told by field, value and what would be right. Never throws for what was sent.
import { z } from "zod";
import type { FastifySchemaCompiler } from "fastify";
import { toKept, toOneLine } from "../../base/text.js";
import { Problem } from "./problems.js";
import type { FieldProblem } from "./problems.js";

/** Characters of a value that are told. */
const VALUE_MAX = 100;
/** Faults that are told of one request. */
const ERRORS_MAX = 20;

const PARTS: Readonly<Record<string, string>> = {
  querystring: "query",
  params: "path",
  headers: "header",
  body: "body",
};

export const compileReading: FastifySchemaCompiler<unknown> = ({ schema, httpPart = "body" }) => {
  if (!(schema instanceof z.ZodType)) throw new Error("a route's schema is none of zod's");
  const part = PARTS[httpPart] ?? httpPart;
  return (sent: unknown) => {
    const result = schema.safeParse(part === "query" ? toTyped(schema, sent) : sent);
    if (result.success) return { value: result.data };
    return { error: toReadingProblem(part, result.error, sent) };
  };
};

function toReadingProblem(part: string, { issues }: z.ZodError, sent: unknown): Problem {
  const errors = issues.slice(0, ERRORS_MAX).map((issue) => toFieldProblem(part, issue, sent));
  const [first] = errors;
  const what = first === undefined ? part : `${first.field}: ${first.allowed}`;
  const more = issues.length > 1 ? ` (and ${String(issues.length - 1)} more)` : "";
  return new Problem("invalid-request", `${what}${more}`, { errors });
}

function toFieldProblem(part: string, issue: z.core.$ZodIssue, sent: unknown): FieldProblem {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return { field: [part, ...path, cutValue(key)].join("."), allowed: "no field of this name" };
  }
  const value = toValue(path, sent);
  return {
    field: [part, ...path].join("."),
    ...(value === undefined ? {} : { value }),
    allowed: issue.message,
  };
}

function cutValue(text: string): string {
  return toKept(toOneLine(text), VALUE_MAX);
}

/** Only what fits into a line: a whole document is no value. */
function toValue(path: readonly string[], sent: unknown): string | undefined {
  let value: unknown = sent;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  const isShort = ["string", "number", "boolean"].includes(typeof value);
  return isShort ? cutValue(String(value)) : undefined;
}

/** As the schema would have it: a list for one value, a number or a boolean for its text. All else stays a text. */
function toTyped(schema: z.ZodType, sent: unknown): unknown {
  if (!(schema instanceof z.ZodObject) || sent === null || typeof sent !== "object") return sent;
  const shape = schema.shape as Readonly<Record<string, z.ZodType | undefined>>;
  return Object.fromEntries(
    Object.entries(sent as Readonly<Record<string, unknown>>).map(([name, value]) => {
      return [name, toTypedValue(Object.hasOwn(shape, name) ? shape[name] : undefined, value)];
    }),
  );
}

function toTypedValue(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return toTypedValue(schema.unwrap() as z.ZodType, value);
  }
  if (schema instanceof z.ZodArray) return Array.isArray(value) ? value : [value];
  if (schema instanceof z.ZodNumber && typeof value === "string" && /^-?\d{1,15}$/.test(value)) {
    return Number(value);
  }
  if (schema instanceof z.ZodBoolean && (value === "true" || value === "false")) return value === "true";
  return value;
}
