// What the client says after each of the simulator's scripted faults, and what the simulator's log says really
// happened: a write is sent once, and its fate is called known only where it is.
import { expect, it } from "vitest";
import type { FaultScript } from "../../src/sim/faults/faults.js";
import type { LogEntry } from "../../src/sim/wire/request-log.js";
import { BIG, BIG_COUNT, ORDERS, catchAppError, processor, within } from "./client-harness.js";
import type { OnBench } from "./client-harness.js";

type What = FaultScript[number]["what"];

const LOCK = "had a problem occur: timed out trying to acquire tenant lock";
const GENERIC = { status: 400, errorCode: "STREAM_PROCESSOR_GENERIC_ERROR" } as const;

const WRITES: readonly { readonly what: What; readonly code: string; readonly starts: number }[] = [
  { what: { kind: "reset-before" }, code: "atlas.ambiguous", starts: 0 },
  { what: { kind: "reset-after" }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "hang" }, code: "atlas.ambiguous", starts: 0 },
  { what: { kind: "hang", applies: true }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "status", status: 500 }, code: "atlas.ambiguous", starts: 0 },
  { what: { kind: "status", status: 503 }, code: "atlas.ambiguous", starts: 0 },
  { what: { kind: "status-after-apply", status: 504 }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "html" }, code: "atlas.ambiguous", starts: 0 },
  { what: { kind: "html", status: 504, applies: true }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "garbage" }, code: "atlas.unintelligible", starts: 1 },
  { what: { kind: "oversized" }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "truncated" }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "late-apply", afterMs: 0 }, code: "atlas.ambiguous", starts: 1 },
  { what: { kind: "status", status: 402 }, code: "atlas.denied", starts: 0 },
  { what: { kind: "status", ...GENERIC, detail: LOCK }, code: "atlas.rejected", starts: 0 },
  { what: { kind: "status", status: 409 }, code: "atlas.conflict", starts: 0 },
  { what: { kind: "status", status: 429, retryAfter: 3 }, code: "atlas.rate_limited", starts: 0 },
];

const READS: readonly { readonly what: What; readonly code: string }[] = [
  { what: { kind: "reset-before" }, code: "atlas.unavailable" },
  { what: { kind: "reset-after" }, code: "atlas.unavailable" },
  { what: { kind: "hang" }, code: "atlas.unavailable" },
  { what: { kind: "status", status: 500 }, code: "atlas.unavailable" },
  { what: { kind: "html" }, code: "atlas.unavailable" },
  { what: { kind: "html", status: 404 }, code: "atlas.unintelligible" },
  { what: { kind: "garbage" }, code: "atlas.unintelligible" },
  { what: { kind: "truncated" }, code: "atlas.unavailable" },
  { what: { kind: "status", status: 403 }, code: "atlas.denied" },
  { what: { kind: "status", status: 406 }, code: "atlas.rejected" },
];

export function describeFaults(onBench: OnBench): void {
  it.each(WRITES)(
    "a start that meets $what is $code, with $starts effects",
    async ({ what, code, starts }) => {
      await onBench(
        async ({ client, simulator }) => {
          const error = await catchAppError(client.startWith(processor("failed"), {}, within(1_500)));
          expect(error).toMatchObject({ code, context: { sent: true } });
          const findStarts = (): LogEntry[] =>
            simulator.log().filter(({ operation }) => operation === "startWith");
          await expect.poll(() => findStarts().filter(({ effective }) => effective).length).toBe(starts);
          expect(findStarts()).toHaveLength(1);
        },
        { faults: [{ when: { operation: "startWith" }, what }] },
      );
    },
  );

  it.each(READS)("a second page that meets $what makes the list $code", async ({ what, code }) => {
    await onBench(
      async ({ client }) => {
        const call = client.listProcessors(BIG, { timeoutMs: 2_500 });
        expect((await catchAppError(call)).code).toBe(code);
      },
      { faults: [{ when: { operation: "list", nth: 2 }, what }] },
    );
  });

  it("starts the list again with pages half as long where one is oversized", async () => {
    await onBench(
      async ({ client }) => {
        const listing = await client.listProcessors(BIG, {});
        expect(listing?.pages).toBe(Math.ceil(BIG_COUNT / 250));
        expect(new Set(listing?.observations.map((one) => one.processor)).size).toBe(BIG_COUNT);
      },
      { faults: [{ when: { operation: "list", nth: 2 }, what: { kind: "oversized" } }] },
    );
  });

  it("gives up a list of which one processor alone is oversized", async () => {
    await onBench(
      async ({ client, simulator }) => {
        const error = await catchAppError(client.listProcessors(ORDERS, {}));
        expect(error.code).toBe("atlas.unintelligible");
        // 500, 250, 125, 62, 31, 15, 7, 3, 1.
        expect(simulator.log().filter(({ operation }) => operation === "list")).toHaveLength(9);
      },
      { faults: [{ when: { operation: "list" }, what: { kind: "oversized" } }] },
    );
  });

  it("reads a trickle to its end, and a state nobody knows", async () => {
    await onBench(
      async ({ client }) => {
        expect((await client.listProcessors(ORDERS, {}))?.observations).toHaveLength(5);
        expect(await client.getProcessor(processor("started"), {})).toMatchObject({ state: "RESTING" });
      },
      {
        faults: [
          { when: { operation: "list" }, what: { kind: "trickle", everyMs: 1, bytes: 256 } },
          { when: { operation: "get" }, what: { kind: "unknown-state", state: "RESTING" } },
        ],
      },
    );
  });
}
