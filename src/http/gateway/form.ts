// Atlas's own forms: its error body and headers, its answers, `envelope` and `pretty` (docs/atlas.md 6). Every error
// has a JSON object for a body: one vendor client takes an error whose body is empty for success (docs/atlas.md 12).
// Pure.
import { STATUS_CODES } from "node:http";

export interface AtlasError {
  readonly status: number;
  readonly errorCode: string;
  readonly detail: string;
  readonly parameters?: readonly (string | number)[];
  /** Of a body or a query, each with what is right. */
  readonly fields?: readonly { readonly field: string; readonly description: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Rendered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const isTrue = (query: URLSearchParams, name: string): boolean => query.get(name) === "true";
/** The characters that a header takes. */
const HEADER_TEXT = /^[!-~]+$/;

function toText(value: unknown, status: number, query: URLSearchParams): string {
  const whole = isTrue(query, "envelope") ? { content: value, status } : value;
  return JSON.stringify(whole, null, isTrue(query, "pretty") ? 2 : undefined);
}

/** Keys in alphabetical order, as recorded. */
export function renderError(error: AtlasError, query: URLSearchParams): Rendered {
  const { status, errorCode, detail, parameters = [], fields, headers } = error;
  const body = {
    ...(fields === undefined ? {} : { badRequestDetail: { fields } }),
    detail,
    error: status,
    errorCode,
    parameters,
    reason: STATUS_CODES[status] ?? "Unknown",
  };
  return {
    status,
    headers: {
      "content-type": "application/json",
      vary: "Accept-Encoding",
      ...(HEADER_TEXT.test(errorCode) ? { "x-error-code": errorCode } : {}),
      ...headers,
    },
    body: toText(body, status, query),
  };
}

/** The answer to a start or a stop: the specification gives it no body, and an old client parses one. */
export function renderAccepted(mediaType: string, query: URLSearchParams): Rendered {
  return {
    status: 200,
    headers: { "content-type": `${mediaType};charset=utf-8` },
    body: toText({}, 200, query),
  };
}

/** An error body of Atlas, sent on with its own words; undefined if it is no JSON object. */
export function renderForeignError(
  status: number,
  text: string,
  query: URLSearchParams,
): Rendered | undefined {
  const body = parseObject(text);
  if (body === undefined || Object.keys(body).length === 0) return undefined;
  const errorCode = body["errorCode"];
  const isPlain = !isTrue(query, "envelope") && !isTrue(query, "pretty");
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(typeof errorCode === "string" && HEADER_TEXT.test(errorCode) ? { "x-error-code": errorCode } : {}),
    },
    body: isPlain ? text : toText(isEnvelope(body) ? body["content"] : body, status, query),
  };
}

function isEnvelope(body: Readonly<Record<string, unknown>>): boolean {
  return "content" in body && "status" in body;
}

/** Undefined for anything but an object. Never throws. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** STREAM_PROCESSOR_GENERIC_ERROR: one code for everything, and only `inner` says which (docs/atlas.md 1e). */
export function genericError(processor: string, inner: string): AtlasError {
  return {
    status: 400,
    errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
    detail: `Streams Processor with this name (${processor}) had a problem occur: ${inner}`,
    parameters: [processor, inner],
  };
}

/** VALIDATION_ERROR with the fields at fault (docs/atlas.md 1e). */
export function validationError(fields: NonNullable<AtlasError["fields"]>): AtlasError {
  const texts = fields.map(({ field, description }) => `${field}: ${description}`);
  return {
    status: 400,
    errorCode: "VALIDATION_ERROR",
    detail: `The request content produced the validation error: ${texts.join("; ")}`,
    parameters: texts,
    fields,
  };
}
