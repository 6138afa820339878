// The client against simulators of its own: every page, absence, starts and stops with both kinds of credential,
// refusals, tokens and the budget. The simulator's log is the judge of what really happened.
import { expect, it } from "vitest";
import { Secret } from "../../src/base/secret.js";
import { BIG, BIG_COUNT, ORDERS, PROJECT, catchAppError, processor, within } from "./client-harness.js";
import type { BenchOptions, OnBench } from "./client-harness.js";

const KINDS = ["service-account", "api-key"] as const;

export function describeReading(onBench: OnBench): void {
  it.each(KINDS)("reads a workspace and its processors with a %s", async (kind) => {
    await onBench(
      async ({ client, readings }) => {
        const listing = await client.listProcessors(ORDERS, {});
        const states = listing?.observations.map(({ state }) => state).sort();
        expect(states).toEqual(["CREATED", "FAILED", "STARTED", "STOPPED", "STOPPED"]);
        expect(listing?.pages).toBe(1);
        expect(await client.getProcessor(processor("started"), {})).toMatchObject({
          processor: "started",
          state: "STARTED",
          autoscaled: false,
        });
        expect(await client.getWorkspace(ORDERS, {})).toHaveProperty("defaultTier");
        expect(readings.at(-1)).toMatchObject({ project: PROJECT, limit: 1_200 });
      },
      { kind },
    );
  });

  it("reads every page", async () => {
    await onBench(async ({ client }) => {
      const listing = await client.listProcessors(BIG, {});
      expect(listing?.pages).toBe(3);
      expect(new Set(listing?.observations.map((one) => one.processor)).size).toBe(BIG_COUNT);
      const empty = await client.listProcessors({ project: PROJECT, workspace: "empty" }, {});
      expect(empty?.observations).toEqual([]);
    });
  });

  it("finds absent what is not there", async () => {
    const nowhere = { project: PROJECT, workspace: "nowhere" };
    await onBench(async ({ client }) => {
      expect(await client.getProcessor(processor("none"), {})).toBeUndefined();
      expect(await client.listProcessors(nowhere, {})).toBeUndefined();
      expect(await client.getWorkspace(nowhere, {})).toBeUndefined();
    });
  });

  it("finds absent what Atlas of before June 2026 called a 400, where told to", async () => {
    const old = { assignments: ["missingProcessor.status=400"], client: { acceptsLegacyNotFound: true } };
    await onBench(async ({ client }) => {
      expect(await client.getProcessor(processor("none"), {})).toBeUndefined();
    }, old);
  });
}

export function describeWriting(onBench: OnBench): void {
  it.each(KINDS)("starts and stops with a %s, each once", async (kind) => {
    await onBench(
      async ({ client, simulator }) => {
        await client.startWith(processor("failed"), { tier: "SP30" }, within(10_000));
        const started = await client.getProcessor(processor("failed"), {});
        expect(started).toMatchObject({ state: "STARTED", tier: "SP30" });
        await client.startWith(
          processor("a name:with.marks_-"),
          { resumeFromCheckpoint: false },
          within(10_000),
        );
        await client.stop(processor("failed"), within(10_000));
        expect(await client.getProcessor(processor("failed"), {})).toMatchObject({ state: "STOPPED" });
        const effects = simulator.log().filter(({ effective }) => effective);
        expect(effects.map(({ operation }) => operation)).toEqual(["startWith", "startWith", "stop"]);
        expect(effects.slice(0, 2).map(({ body }) => body)).toEqual([
          { tier: "SP30" },
          { resumeFromCheckpoint: false },
        ]);
      },
      { kind },
    );
  });

  it("starts many at once with an API key", async () => {
    await onBench(
      async ({ client, simulator }) => {
        const names = Array.from({ length: 60 }, (_, n) => ({ ...BIG, processor: `p-${String(n)}` }));
        await Promise.all(names.map((ref) => client.startWith(ref, {}, within(20_000))));
        expect(simulator.log().filter(({ effective }) => effective)).toHaveLength(60);
      },
      { kind: "api-key" },
    );
  });

  it("tells what state the call was wrong for from what is wrong in itself", async () => {
    await onBench(async ({ client }) => {
      const start = await catchAppError(client.startWith(processor("started"), {}, within(10_000)));
      expect(start).toMatchObject({ code: "atlas.conflict", context: { status: 400, transient: false } });
      const stop = await catchAppError(client.stop(processor("stopped"), within(10_000)));
      expect(stop.code).toBe("atlas.conflict");
      const elsewhere = { failover: { region: "SYDNEY_AUS" } };
      const move = await catchAppError(client.startWith(processor("stopped"), elsewhere, within(10_000)));
      expect(move.code).toBe("atlas.rejected");
      const missing = await catchAppError(client.startWith(processor("none"), {}, within(10_000)));
      expect(missing).toMatchObject({ code: "atlas.rejected", context: { status: 404 } });
    });
  });

  it("calls a tier above the workspace's largest rejected", async () => {
    await onBench(async ({ client, simulator }) => {
      expect(simulator.mutate({ op: "workspace", ...ORDERS, maxTierSize: "SP10" })).toEqual([]);
      expect(await client.getWorkspace(ORDERS, {})).toMatchObject({ maxTier: "SP10" });
      const call = client.startWith(processor("stopped"), { tier: "SP50" }, within(10_000));
      expect((await catchAppError(call)).code).toBe("atlas.rejected");
    });
  });
}

export function describeAccess(onBench: OnBench): void {
  it("asks for one token however many callers there are", async () => {
    await onBench(
      async ({ client }) => {
        const reads = Array.from({ length: 50 }, () => client.getProcessor(processor("started"), {}));
        expect(await Promise.all(reads)).toHaveLength(50);
      },
      { assignments: ["oauth.tokensPerMinute=1"] },
    );
  });

  it("is denied with a wrong secret, and the secret stays inside", async () => {
    await onBench(async ({ client, simulator }) => {
      const error = await catchAppError(client.listProcessors(ORDERS, {}));
      expect(error.code).toBe("atlas.denied");
      expect(JSON.stringify([error.message, error.context])).not.toContain(
        simulator.credentials.clientSecret,
      );
      expect(simulator.log().some(({ operation }) => operation === "list")).toBe(false);
    }, wrongSecret());
  });

  it("waits as long as the bucket asks for", async () => {
    await onBench(
      async ({ client, readings }) => {
        await client.getProcessor(processor("started"), {});
        const error = await catchAppError(client.getProcessor(processor("started"), {}));
        expect(error.code).toBe("atlas.rate_limited");
        expect(error.retryAfterMs).toBeGreaterThan(1_000);
        expect(readings.at(-1)?.retryAfterMs).toBe(error.retryAfterMs);
      },
      { assignments: ["rateLimit.capacity=1", "rateLimit.refill=1"] },
    );
  });
}

function wrongSecret(): BenchOptions {
  return {
    client: {
      credentials: { kind: "service-account", clientId: "nobody", clientSecret: new Secret("wrong") },
    },
  };
}
