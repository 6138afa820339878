// In which order an incident brings its members back: by the time that each can still resume for.
import fc from "fast-check";
import { expect, it } from "vitest";
import { advance } from "../../../src/domain/incident/advance.js";
import type { MemberFacts } from "../../../src/domain/incident/incident.js";
import { DEFAULT_RECOVERY } from "../../../src/domain/policy.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { HOUR_MS, NOW, REF, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";
import { aMember, anIncident } from "./incident-case.js";

const DAY_MS = 24 * HOUR_MS;

interface Waiting {
  readonly name: string;
  readonly state?: string;
  /** Of its source's oplog; absent: not declared. */
  readonly windowMs?: number;
  /** How old the place is that it would resume from; absent: not known. */
  readonly placeMs?: number;
  /** Since when it is not as declared; absent: since an hour. */
  readonly driftMs?: number;
}

function toMember({ name, state = "FAILED", windowMs, placeMs, driftMs = HOUR_MS }: Waiting): MemberFacts {
  const recovery = { ...DEFAULT_RECOVERY, ...(windowMs === undefined ? {} : { oplogWindowMs: windowMs }) };
  return aMember("down", {
    ref: { ...REF, processor: name },
    declared: aDeclared({ policy: { recovery } }),
    status: aStatus({
      observed: anObservation({ processor: name, state }),
      stateSince: NOW - driftMs,
      driftSince: NOW - driftMs,
      position: placeMs === undefined ? null : { at: NOW - placeMs, seenAt: NOW - HOUR_MS },
    }),
  });
}

/** The whole refill, a member a wave. */
function refill(waiting: readonly Waiting[]): readonly string[] {
  const settings = { ...DEFAULT_SETTINGS, incidentWave: 1 };
  const incident = anIncident({ phase: "refilling", wave: 0 });
  let left = waiting.map(toMember);
  const order: string[] = [];
  while (left.length > 0) {
    const [next] = advance({ incident, members: left, now: NOW, settings })?.admitted ?? [];
    if (next === undefined) throw new Error("nobody's turn comes");
    order.push(next.processor);
    left = left.filter(({ ref }) => ref.processor !== next.processor);
  }
  return order;
}

it.each<{ readonly reason: string; readonly waiting: readonly Waiting[]; readonly order: readonly string[] }>(
  [
    {
      reason: "the older place of one oplog first",
      waiting: [
        { name: "a", windowMs: DAY_MS, placeMs: HOUR_MS },
        { name: "b", windowMs: DAY_MS, placeMs: 5 * HOUR_MS },
      ],
      order: ["b", "a"],
    },
    {
      reason: "the shorter oplog first, though its place is younger",
      waiting: [
        { name: "a", windowMs: 3 * DAY_MS, placeMs: 5 * HOUR_MS },
        { name: "b", windowMs: DAY_MS, placeMs: HOUR_MS },
      ],
      order: ["b", "a"],
    },
    {
      reason: "an oplog before the 45 days of Atlas, and both before what has no end",
      waiting: [
        { name: "a", driftMs: 9 * HOUR_MS },
        { name: "b", state: "STOPPED" },
        { name: "c", windowMs: DAY_MS },
      ],
      order: ["c", "b", "a"],
    },
    {
      reason: "of equal ones the longest outage, then by name",
      waiting: [{ name: "b" }, { name: "c", driftMs: 2 * HOUR_MS }, { name: "a" }],
      order: ["c", "a", "b"],
    },
  ],
)("brings back $reason", ({ waiting, order }) => {
  expect(refill(waiting)).toEqual(order);
});

it("the order does not depend on how its members were read, and nobody waits behind one with more time", () => {
  const one = fc.record(
    {
      state: fc.constantFrom("FAILED", "STOPPED"),
      windowMs: fc.constantFrom(DAY_MS, 3 * DAY_MS),
      placeMs: fc.integer({ min: 0, max: 2 * DAY_MS }),
    },
    { requiredKeys: ["state"] },
  );
  const fleet = fc
    .array(one, { minLength: 1, maxLength: 8 })
    .map((all) => all.map((member, index) => ({ ...member, name: `p-${String(index)}` })));
  fc.assert(
    fc.property(
      fleet.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const order = refill(all);
        expect(refill(shuffled)).toEqual(order);
        const ofOplog = order
          .map((name) => all.find((member) => member.name === name))
          .flatMap((member) =>
            member?.windowMs === undefined ? [] : [member.windowMs - (member.placeMs ?? HOUR_MS)],
          );
        expect(ofOplog).toEqual([...ofOplog].sort((a, b) => a - b));
      },
    ),
  );
});
