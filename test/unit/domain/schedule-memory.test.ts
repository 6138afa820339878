// What one scheduler remembers over the looks of a worker's life: never another answer than a new scheduler's, and how
// many evaluations of a cron it is spared.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import type { Scheduler } from "../../../src/domain/decide/schedule.js";
import { planWorkspace } from "../../../src/domain/decide/workspace-plan.js";
import type { ProcessorRef } from "../../../src/domain/refs.js";
import { HOUR_MS, MINUTE_MS, NOW, REF, aDeclared } from "../../support/domain-builders.js";
import { aWorkspace, many } from "./workspace-case.js";

const DAY_MS = 24 * HOUR_MS;
const ZONES = ["UTC", "Europe/Madrid", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca"];
/** Nights on which these zones change their clocks, and a day that one of them left out. */
const NIGHTS = [
  "2026-03-29T01:00Z",
  "2026-10-25T01:00Z",
  "2026-04-05T03:00Z",
  "2026-09-06T04:00Z",
  "2026-04-04T15:00Z",
  "2026-10-03T15:30Z",
  "2026-02-15T02:00Z",
  "2026-03-22T02:00Z",
].map((text) => Date.parse(text));

const field = (max: number, min = 0): fc.Arbitrary<string> =>
  fc.oneof(
    fc.integer({ min, max }).map(String),
    fc.constant("*"),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${String(step)}`),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
      .map(([one, other]) => `${String(one)},${String(other)}`),
  );
const crons = fc.oneof(
  fc.tuple(field(59), field(23), field(28, 1), field(12, 1), field(6)).map((fields) => fields.join(" ")),
  // The usual ones: every day, in the hours in which clocks change.
  fc.tuple(field(59), field(4)).map(([minute, hour]) => `${minute} ${hour} * * *`),
);
const refs = fc.integer({ min: 0, max: 50 }).map((index) => ({ ...REF, processor: `p-${String(index)}` }));
const spreads = fc.constantFrom(0, MINUTE_MS, 20 * MINUTE_MS, 3 * HOUR_MS);
const schedules = fc.record({
  cron: crons,
  timezone: fc.constantFrom(...ZONES),
  spreadMs: spreads,
  catchUpMs: fc.constant(0),
});
const times = fc.oneof(
  fc.constantFrom(...NIGHTS),
  fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
);
const looks = fc.array(fc.tuple(fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }), refs), {
  minLength: 2,
  maxLength: 25,
});

it("answers every look as a new scheduler does, on nights of clock changes and when time goes back", () => {
  const remembering = createScheduler();
  fc.assert(
    fc.property(schedules, times, looks, (schedule, around, all) => {
      const fault = remembering.findFault(schedule);
      expect(fault).toBe(createScheduler().findFault(schedule));
      fc.pre(fault === undefined);
      for (const [apart, ref] of all) {
        const span = { after: around + apart - DAY_MS, upTo: around + apart };
        const fresh = createScheduler().latestSlot(schedule, ref, span);
        expect(remembering.latestSlot(schedule, ref, span)).toEqual(fresh);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);

interface Counted {
  readonly scheduler: Scheduler;
  /** Since it was asked last. */
  readonly take: () => number;
}

function counted(): Counted {
  let count = 0;
  const onEvaluation = (): void => {
    count += 1;
  };
  const take = (): number => {
    const taken = count;
    count = 0;
    return taken;
  };
  return { scheduler: createScheduler({ onEvaluation }), take };
}

describe("evaluations of a cron", () => {
  const NIGHTLY = { cron: "0 3 * * *", timezone: "UTC", spreadMs: 0, catchUpMs: 2 * HOUR_MS };
  const THREE = Date.UTC(2026, 5, 2, 3);
  const fleet: readonly ProcessorRef[] = Array.from({ length: 1_000 }, (_, index) => ({
    ...REF,
    processor: `p-${String(index)}`,
  }));
  const lookAt = ({ scheduler, take }: Counted, upTo: number, spreadMs = 0): number => {
    for (const ref of fleet) scheduler.latestSlot({ ...NIGHTLY, spreadMs }, ref, { after: 0, upTo });
    return take();
  };

  it("are two for each slot of a thousand equal schedules: it, and the next one", () => {
    const one = counted();
    const evaluations = [
      lookAt(one, THREE - MINUTE_MS),
      lookAt(one, THREE - 1),
      lookAt(one, THREE),
      lookAt(one, THREE + DAY_MS - 1),
      lookAt(one, THREE + DAY_MS),
    ];
    expect(evaluations).toEqual([2, 0, 2, 0, 2]);
  });

  it("are none for a slot that was known, after a clock went back", () => {
    const one = counted();
    lookAt(one, THREE + 1);
    expect(lookAt(one, THREE + 5 * DAY_MS)).toBe(2);
    expect(lookAt(one, THREE + 1)).toBe(0);
  });

  it("are two for each of the slots between which a spread divides the fleet", () => {
    const one = counted();
    expect(lookAt(one, THREE + 30 * MINUTE_MS, HOUR_MS)).toBe(4);
    expect(lookAt(one, THREE + 31 * MINUTE_MS, HOUR_MS)).toBe(0);
  });

  it("are counted per cron and zone, not per spread", () => {
    const { scheduler, take } = counted();
    for (const timezone of ["UTC", "Asia/Tokyo"]) {
      for (const spreadMs of [0, MINUTE_MS, HOUR_MS]) {
        scheduler.latestSlot({ ...NIGHTLY, timezone, spreadMs }, REF, { after: 0, upTo: NOW });
      }
    }
    expect(take()).toBe(4);
  });

  it("are begun anew by the slot that comes after four newer ones", () => {
    const one = counted();
    const days = [0, 1, 2, 3, 4, 4, 1, 0].map((day) => lookAt(one, THREE + day * DAY_MS));
    expect(days).toEqual([2, 2, 2, 2, 2, 0, 0, 2]);
  });

  it("are three for the passes over fifty workspaces of twenty processors: one says that the schedule is sound", () => {
    const { scheduler, take } = counted();
    const restart = { ...NIGHTLY, catchUpMs: DAY_MS };
    const declared = aDeclared({ policy: { restart }, declaredAt: NOW - DAY_MS });
    const changes = Array.from({ length: 50 }, (_, index) => {
      const ref = { project: REF.project, workspace: `w-${String(index)}` };
      return planWorkspace(aWorkspace(many(20, { declared }), { ref }), { scheduler, finds: () => false })
        .changes.length;
    });
    expect(take()).toBe(3);
    expect(new Set(changes)).toEqual(new Set([20]));
  });
});
