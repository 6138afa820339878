// One row per row of the error table: what Atlas sends and what it means. Texts are those of atlas-facts 1e and 6.
import { describe, expect, it } from "vitest";
import { ERROR_TABLE, findErrorRow, toReplyError } from "../../../src/atlas/errors.js";
import type { ErrorRow, Operation } from "../../../src/atlas/errors.js";
import { parseErrorBody } from "../../../src/atlas/wire.js";

const GENERIC = "STREAM_PROCESSOR_GENERIC_ERROR";
const generic = (inner: string): string =>
  `Streams Processor with this name (started-not-running) had a problem occur: ${inner}`;

type Case = readonly [Operation, number, string, string, string, boolean];

const LOCK = "failed to provision resources: timed out trying to acquire tenant lock";
const PROJECT_500 = "error getting project 32b6 [500/UNEXPECTED_ERROR]";
const FAULTS = [
  LOCK,
  "An internal error occurred",
  "failed to acquire resources for stream processor validation",
  "failed to provision resources for stream processor",
  PROJECT_500,
  "access of ProjectID that does not exist (.../StopStreamProcessor)",
];

const CASES: readonly Case[] = [
  ["startWith", 429, "RATE_LIMITED_TOKEN_BUCKET", "Rate limit exceeded", "atlas.rate_limited", true],
  ["list", 401, "UNEXPECTED_ERROR", "You are not authorized", "atlas.denied", false],
  ["startWith", 402, "NO_PAYMENT_INFORMATION_FOUND", "no billing", "atlas.denied", false],
  ["get", 403, "USER_UNAUTHORIZED", "no role", "atlas.denied", false],
  ["token", 400, "", "", "atlas.denied", false],
  ["token", 503, "", "", "atlas.unavailable", true],
  ...FAULTS.map((text): Case => ["startWith", 400, GENERIC, generic(text), "atlas.rejected", true]),
  ...FAULTS.map((text): Case => ["get", 400, GENERIC, generic(text), "atlas.unavailable", true]),
  ["stop", 409, "CONFLICT", "busy", "atlas.conflict", false],
  ["startWith", 400, GENERIC, generic("stream processor is already started"), "atlas.conflict", false],
  ["stop", 400, GENERIC, generic("processor must be running, not STOPPED"), "atlas.conflict", false],
  ["stop", 400, GENERIC, generic("the processor is not running"), "atlas.conflict", false],
  ["startWith", 400, "INVALID", "invalid state for this call", "atlas.conflict", false],
  ["startWith", 400, GENERIC, generic("connection named X does not exist"), "atlas.rejected", false],
  ["startWith", 400, GENERIC, generic("parallelism 12 exceeds 8: use SP30"), "atlas.rejected", false],
  ["startWith", 400, "VALIDATION_ERROR", "the validation error: tier", "atlas.rejected", false],
  ["startWith", 404, "STREAM_TENANT_NOT_FOUND_FOR_NAME", "not found", "atlas.rejected", false],
  ["list", 406, "INVALID_VERSION_DATE", "Invalid accept header", "atlas.rejected", false],
  ["list", 408, "", "", "atlas.unavailable", true],
  ["startWith", 408, "", "", "atlas.rejected", false],
  ["list", 410, "VERSION_GONE", "gone", "atlas.rejected", false],
  ["startWith", 418, "", "", "atlas.rejected", false],
  ["startWith", 504, "STREAM_PROCESSOR_TIMEOUT", "timed out while processing", "atlas.ambiguous", true],
  ["startWith", 500, "UNEXPECTED_ERROR", "", "atlas.ambiguous", true],
  ["stop", 502, "", "", "atlas.ambiguous", true],
  ["stop", 503, "", "", "atlas.ambiguous", true],
  ["list", 503, "", "", "atlas.unavailable", true],
  ["list", 302, "", "", "atlas.unintelligible", false],
];

function toBody(status: number, errorCode: string, detail: string): Buffer {
  return Buffer.from(errorCode === "" ? "<html>" : JSON.stringify({ error: status, errorCode, detail }));
}

describe("the error table", () => {
  it.each(CASES)("%s %i %s %s: %s", (...row) => {
    const [operation, status, errorCode, detail, code, isTransient] = row;
    const reply = { status, headers: {}, body: toBody(status, errorCode, detail) };
    const error = toReplyError(operation, reply, (text) => text);
    expect(error).toMatchObject({ code, context: { operation, status, transient: isTransient } });
    expect(error.context["sent"]).toBe(operation !== "token");
  });

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
