// The next slots as people read them: on the wall clock of the zone, across its changes, and in UTC.
import { expect, it } from "vitest";
import { createScheduler } from "../../../src/domain/decide/schedule.js";
import { formatUtc, previewSlots } from "../../../src/domain/tell/slot-preview.js";

const REF = { project: "32b6e34b3d91647abb20e7b8", workspace: "orders", processor: "clicks" };
const preview = (
  restart: { readonly cron: string; readonly timezone: string; readonly spreadMs: number },
  from: string,
): ReturnType<typeof previewSlots> =>
  previewSlots(
    createScheduler(),
    { ref: REF, restart: { ...restart, catchUpMs: 0 } },
    { from: Date.parse(from), count: 3 },
  );

it("tells the wall clock of the zone with the offset it has then: its clocks go forward on 29 March", () => {
  const slots = preview(
    { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: 0 },
    "2026-03-28T00:00:00Z",
  );
  expect(slots.map(({ slotLocal }) => slotLocal)).toEqual([
    "2026-03-28T03:00:00+01:00",
    "2026-03-29T03:00:00+02:00",
    "2026-03-30T03:00:00+02:00",
  ]);
  expect(slots.map(({ firesUtc }) => firesUtc)).toEqual([
    "2026-03-28T02:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-03-30T01:00:00Z",
  ]);
});

it("shows a slot inside the gap where it fires: at its end", () => {
  const [, gap] = preview(
    { cron: "30 2 * * *", timezone: "Europe/Madrid", spreadMs: 0 },
    "2026-03-28T00:00:00Z",
  );
  expect(gap).toMatchObject({ slotLocal: "2026-03-29T03:00:00+02:00", firesUtc: "2026-03-29T01:00:00Z" });
});

it("puts this processor's share of the spread on top of each nominal time, the same for every slot", () => {
  const slots = preview(
    { cron: "0 3 * * *", timezone: "Asia/Kolkata", spreadMs: 1_800_000 },
    "2026-05-04T00:00:00Z",
  );
  const shares = slots.map(({ slotAt, firesAt }) => firesAt - slotAt);
  expect(new Set(shares).size).toBe(1);
  expect(shares[0]).toBeGreaterThan(0);
  expect(shares[0]).toBeLessThan(1_800_000);
  for (const { slotLocal, firesLocal, firesAt } of slots) {
    expect(slotLocal).toMatch(/T03:00:00\+05:30$/);
    expect(firesLocal).toMatch(/T03:[0-2]\d:\d\d\+05:30$/);
    expect(Date.parse(firesLocal)).toBe(Math.floor(firesAt / 1_000) * 1_000);
  }
});

it("writes UTC as an offset of nothing on the wall clock, and as Z on its own", () => {
  const [first] = preview({ cron: "0 0 1 1 *", timezone: "UTC", spreadMs: 0 }, "2026-05-04T00:00:00Z");
  expect(first).toMatchObject({
    slotLocal: "2027-01-01T00:00:00+00:00",
    firesUtc: "2027-01-01T00:00:00Z",
    slotAt: Date.parse("2027-01-01T00:00:00Z"),
  });
  expect(formatUtc(1_999)).toBe("1970-01-01T00:00:01Z");
});
