// What Temporal says, sorted: is it away, does it refuse us, or is it there and only busy? A worker ends itself on a
// refusal and goes on through an outage, so neither may be taken for the other.
import { expect, it } from "vitest";
import { isRefusal, isThere, toTemporalError } from "../../../src/temporal/errors.js";

const TARGET = { address: "t:7233", namespace: "ns" };

const grpc = (code: number, details = "said"): Error =>
  Object.assign(new Error(`${String(code)} X: ${details}`), { code, details });
const wrapped = (error: Error, depth: number): Error =>
  depth === 0 ? error : new Error("wrapped", { cause: wrapped(error, depth - 1) });

const KINDS = [
  { code: 1, refuses: false, there: false },
  { code: 4, refuses: false, there: false },
  { code: 5, refuses: true, there: false },
  { code: 7, refuses: true, there: false },
  { code: 8, refuses: false, there: true },
  { code: 9, refuses: false, there: true },
  { code: 13, refuses: false, there: false },
  { code: 14, refuses: false, there: false },
  { code: 16, refuses: true, there: false },
] as const;

it.each(KINDS)(
  "takes code $code for a refusal: $refuses, for an answer: $there",
  ({ code, refuses, there }) => {
    for (const depth of [0, 1, 5]) {
      const error = wrapped(grpc(code), depth);
      expect({ refuses: isRefusal(error), there: isThere(error) }).toEqual({ refuses, there });
    }
  },
);

it.each([
  { reason: "no code", error: new Error("socket closed") },
  { reason: "a code of a socket", error: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) },
  { reason: "no error at all", error: "gone" },
  { reason: "nothing", error: undefined },
])("takes $reason for an outage", ({ error }) => {
  expect([isRefusal(error), isThere(error)]).toEqual([false, false]);
  expect(toTemporalError(error, TARGET).message).toMatch(
    /^Temporal at t:7233 cannot be reached: tried once; /,
  );
});

it("takes the SDK's own word for a missing namespace, which has no code, for a refusal", () => {
  const named = Object.assign(new Error("Namespace not found: 'ns'"), { name: "NamespaceNotFoundError" });
  expect(isRefusal(wrapped(named, 2))).toBe(true);
});

it("goes by the outermost code: what wraps it knows less", () => {
  const inner = grpc(14, "inner");
  const outer = Object.assign(grpc(7, "outer"), { cause: inner });
  expect(isRefusal(outer)).toBe(true);
  expect(toTemporalError(outer, TARGET).message).toContain("refuses it: outer.");
});

it.each([
  { reason: "a full stop of its own", details: "no such thing.", told: "no such thing" },
  { reason: "several lines", details: "first\n  second", told: "first second" },
  { reason: "a trailing line break and dots", details: "over ...\n", told: "over" },
  { reason: "a password in a URL", details: "at https://me:swordfish@h", told: "at https://me:[redacted]@h" },
  { reason: "a key that was sent", details: "Bearer abcdefghijklmnop", told: "[redacted]" },
])("tells what was said in one clean sentence: $reason", ({ details, told }) => {
  expect(toTemporalError(grpc(3, details), TARGET).message).toBe(`Temporal at t:7233 did not do it: ${told}`);
});

it("falls back on the message if there are no details, and cuts what is long", () => {
  expect(toTemporalError(grpc(3, ""), TARGET).message).toBe("Temporal at t:7233 did not do it: 3 X:");
  const long = toTemporalError(grpc(3, "x".repeat(2_000)), TARGET).message;
  expect(long).toBe(`Temporal at t:7233 did not do it: ${"x".repeat(499)}…`);
});

it("keeps what broke as its cause, for logs", () => {
  const error = grpc(14);
  expect(toTemporalError(error, TARGET).cause).toBe(error);
});
