// One row per row of the error table: what Atlas sends and what it means. Texts are those of docs/atlas.md 1e and 6.
import { describe, expect, it } from "vitest";
import { ERROR_TABLE, findErrorRow, toReplyError } from "../../../src/atlas/errors.js";
import type { ErrorRow, Operation } from "../../../src/atlas/errors.js";
import { parseErrorBody } from "../../../src/atlas/wire.js";
import type { ErrorCode } from "../../../src/domain/error-codes.js";

const GENERIC = "STREAM_PROCESSOR_GENERIC_ERROR";
const generic = (inner: string): string =>
  `Streams Processor with this name (started-not-running) had a problem occur: ${inner}`;

/**
 * Whether it is known to pass by itself; last the source: a section of docs/atlas.md and how sure it is, or a standard.
 */
type Case = readonly [Operation, number, string, string, ErrorCode, boolean, string];

/** The platform's own faults inside the generic 400, each with its source. */
const FAULTS = [
  [
    "failed to provision resources: timed out trying to acquire tenant lock",
    "docs/atlas.md 1e, seen in CI, on :start",
  ],
  ["timed out trying to acquire tenant lock", "docs/atlas.md 1e, seen in CI, on PATCH"],
  ["An internal error occurred", "docs/atlas.md 1e, seen in CI"],
  ["failed to acquire resources for stream processor validation", "docs/atlas.md 1e, seen in CI, on create"],
  ["failed to provision resources for stream processor", "docs/atlas.md 1e, seen in CI, on :start"],
  ["error getting project 32b6 [500/UNEXPECTED_ERROR]", "docs/atlas.md 1e, seen in CI, on :start"],
  [
    "access of ProjectID that does not exist (.../StopStreamProcessor)",
    "docs/atlas.md 1e, seen in CI, on :stop",
  ],
] as const;

const CASES: readonly Case[] = [
  [
    "startWith",
    429,
    "RATE_LIMITED_TOKEN_BUCKET",
    "Rate limit exceeded",
    "atlas.rate_limited",
    true,
    "docs/atlas.md 6, documented",
  ],
  [
    "list",
    401,
    "UNEXPECTED_ERROR",
    "You are not authorized",
    "atlas.denied",
    false,
    "docs/atlas.md 5, recorded",
  ],
  [
    "startWith",
    402,
    "NO_PAYMENT_INFORMATION_FOUND",
    "no billing",
    "atlas.denied",
    false,
    "docs/atlas.md 1e, documented",
  ],
  ["get", 403, "USER_UNAUTHORIZED", "no role", "atlas.denied", false, "docs/atlas.md 1d, documented"],
  ["token", 400, "", "", "atlas.denied", false, "RFC 6749 5.2"],
  ["token", 503, "", "", "atlas.unavailable", true, "RFC 9110 15.6.4"],
  ...FAULTS.map(([text, source]): Case => [
    "startWith",
    400,
    GENERIC,
    generic(text),
    "atlas.rejected",
    true,
    source,
  ]),
  ...FAULTS.map(([text, source]): Case => [
    "get",
    400,
    GENERIC,
    generic(text),
    "atlas.unavailable",
    true,
    source,
  ]),
  ["stop", 409, "CONFLICT", "busy", "atlas.conflict", false, "docs/atlas.md 1d, documented for create"],
  [
    "startWith",
    400,
    GENERIC,
    generic("stream processor is already started"),
    "atlas.conflict",
    false,
    "docs/atlas.md 1e, unknown",
  ],
  [
    "stop",
    400,
    GENERIC,
    generic("processor must be running, not STOPPED"),
    "atlas.conflict",
    false,
    "docs/atlas.md 1e, unknown",
  ],
  [
    "stop",
    400,
    GENERIC,
    generic("the processor is not running"),
    "atlas.conflict",
    false,
    "docs/atlas.md 1e, unknown",
  ],
  [
    "startWith",
    400,
    "INVALID",
    "invalid state for this call",
    "atlas.conflict",
    false,
    "docs/atlas.md 1e, in clients",
  ],
  [
    "startWith",
    400,
    GENERIC,
    generic("connection named X does not exist"),
    "atlas.rejected",
    false,
    "docs/atlas.md 1e, seen in CI",
  ],
  [
    "startWith",
    400,
    GENERIC,
    generic("parallelism 12 exceeds 8: use SP30"),
    "atlas.rejected",
    false,
    "docs/atlas.md 2c, documented: texts of user errors",
  ],
  [
    "startWith",
    400,
    "VALIDATION_ERROR",
    "the validation error: tier",
    "atlas.rejected",
    false,
    "docs/atlas.md 1e, seen in CI",
  ],
  [
    "startWith",
    404,
    "STREAM_TENANT_NOT_FOUND_FOR_NAME",
    "not found",
    "atlas.rejected",
    false,
    "docs/atlas.md 1e, seen in CI",
  ],
  [
    "list",
    406,
    "INVALID_VERSION_DATE",
    "Invalid accept header",
    "atlas.rejected",
    false,
    "docs/atlas.md 6, reported",
  ],
  ["list", 408, "", "", "atlas.unavailable", true, "RFC 9110 15.5.9"],
  ["startWith", 408, "", "", "atlas.rejected", false, "ours: no 4xx of a write is retried"],
  ["list", 410, "VERSION_GONE", "gone", "atlas.rejected", false, "docs/atlas.md 6, documented"],
  ["startWith", 418, "", "", "atlas.rejected", false, "any other 4xx"],
  [
    "startWith",
    504,
    "STREAM_PROCESSOR_TIMEOUT",
    "timed out while processing",
    "atlas.ambiguous",
    true,
    "docs/atlas.md 1e, seen in CI",
  ],
  ["startWith", 500, "UNEXPECTED_ERROR", "", "atlas.ambiguous", true, "docs/atlas.md 1d, documented"],
  ["stop", 502, "", "", "atlas.ambiguous", true, "RFC 9110 15.6.3, a proxy"],
  ["stop", 503, "", "", "atlas.ambiguous", true, "docs/atlas.md 6, documented"],
  ["list", 503, "", "", "atlas.unavailable", true, "docs/atlas.md 6, documented"],
  ["list", 302, "", "", "atlas.unintelligible", false, "none: Atlas redirects nothing"],
];

function toBody(status: number, errorCode: string, detail: string): Buffer {
  return Buffer.from(errorCode === "" ? "<html>" : JSON.stringify({ error: status, errorCode, detail }));
}

describe("the error table", () => {
  it.each(CASES)("%s %i %s %s: %s (passes: %s; %s)", (...row) => {
    const [operation, status, errorCode, detail, code, isTransient] = row;
    const reply = { status, headers: {}, body: toBody(status, errorCode, detail) };
    const error = toReplyError(operation, reply, (text) => text);
    expect(error).toMatchObject({
      code,
      context: { operation, status, transient: isTransient },
    });
    expect(error.context["sent"]).toBe(operation !== "token");
  });

  it.each([
    { operation: "startWith", inner: "timed out trying to acquire tenant lock", locked: true },
    {
      operation: "startWith",
      inner: "failed to provision resources for stream processor",
      locked: undefined,
    },
    { operation: "get", inner: "timed out trying to acquire tenant lock", locked: undefined },
  ] as const)(
    "tells a start that met the tenant lock: $operation, $inner",
    ({ operation, inner, locked }) => {
      const reply = { status: 400, headers: {}, body: toBody(400, GENERIC, generic(inner)) };
      expect(toReplyError(operation, reply, (text) => text).context["locked"]).toBe(locked);
    },
  );

  it("has a case for each of its rows", () => {
    const met = new Set(
      CASES.map(([operation, status, errorCode, detail]): ErrorRow | undefined =>
        findErrorRow(operation, status, parseErrorBody(toBody(status, errorCode, detail).toString())),
      ),
    );
    expect(ERROR_TABLE.filter((row) => !met.has(row))).toEqual([]);
  });

  it("takes the error code from the header where there is no body", () => {
    const reply = { status: 400, headers: { "x-error-code": "VALIDATION_ERROR" } };
    expect(toReplyError("stop", reply, (text) => text).context["errorCode"]).toBe("VALIDATION_ERROR");
  });

  it("cuts a long detail at 500 characters", () => {
    const reply = { status: 400, headers: {}, body: toBody(400, "VALIDATION_ERROR", "x".repeat(2_000)) };
    expect(toReplyError("stop", reply, (text) => text).context["detail"]).toHaveLength(500);
  });
});
