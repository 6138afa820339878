// Policies laid over the stored ones before they are written: what a plan of them may rest on.
import { expect, it } from "vitest";
import { layOver } from "../../../src/domain/tell/overlay.js";
import type { Policy } from "../../../src/domain/policy.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import type { ProcessorFacts } from "../../../src/domain/decide/workspace-facts.js";
import { HOUR_MS, NOW, aDeclared, aPolicy, aStatus } from "../../support/domain-builders.js";

const RESTART = { cron: "0 3 * * *", timezone: "Europe/Madrid", spreadMs: 0, catchUpMs: HOUR_MS };
const SINCE = NOW - 48 * HOUR_MS;

const known = (fields: Partial<ProcessorFacts> = {}): ProcessorFacts => ({
  processor: "clicks",
  declared: aDeclared({ policy: { restart: RESTART }, restartSince: SINCE }),
  status: undefined,
  hasOpenChange: false,
  ...fields,
});

function layOne(after: Policy | null, before = known()): ProcessorFacts["declared"] {
  const [laid, ...more] = layOver([before], [{ processor: "clicks", after }], NOW);
  expect(more).toEqual([]);
  return laid?.declared;
}

it("declares a new version now, whose restart block keeps its age where it stays as it is", () => {
  const after = aPolicy({ start: { tier: "SP50" }, restart: RESTART });
  expect(layOne(after)).toEqual({ policy: after, version: 4, declaredAt: NOW, restartSince: SINCE });
});

it("knows an unchanged restart block in whatever order its fields come, as the database sorts them", () => {
  const { cron, spreadMs, timezone, catchUpMs } = RESTART;
  const after = aPolicy({ restart: { catchUpMs, timezone, spreadMs, cron } });
  expect(layOne(after)?.restartSince).toBe(SINCE);
});

it.each([
  { changes: "cron", restart: { ...RESTART, cron: "0 4 * * *" } },
  { changes: "timezone", restart: { ...RESTART, timezone: "UTC" } },
  { changes: "spread", restart: { ...RESTART, spreadMs: 60_000 } },
  { changes: "catchUp", restart: { ...RESTART, catchUpMs: 0 } },
])("counts a restart block with another $changes from now on", ({ restart }) => {
  expect(layOne(aPolicy({ restart }))?.restartSince).toBe(NOW);
});

it("counts a restart block that was not there before from now on, and none where there is none", () => {
  expect(layOne(aPolicy({ restart: RESTART }), known({ declared: aDeclared() }))?.restartSince).toBe(NOW);
  expect(layOne(aPolicy({ restart: RESTART }), known({ declared: undefined }))?.restartSince).toBe(NOW);
  expect(layOne(aPolicy())).not.toHaveProperty("restartSince");
});

interface RememberedCase {
  readonly what: string;
  readonly status: Partial<ProcessorStatus>;
}

const REMEMBERED: readonly RememberedCase[] = [
  { what: "attempts", status: { attempts: 3, attemptsVersion: 7 } },
  { what: "the parking", status: { parked: { version: 7, why: "gave up" } } },
  { what: "the refusal", status: { refusedVersion: 7 } },
  { what: "the one-off", status: { oneOff: { start: { tier: "SP30" }, version: 7 } } },
];

it.each(REMEMBERED)("gives a policy that was deleted a version under which $what does not count", (row) => {
  const before = known({ declared: undefined, status: aStatus(row.status) });
  expect(layOne(aPolicy(), before)?.version).toBe(8);
});

it("takes a deleted policy away and leaves everything else of the processor, and the others, as they are", () => {
  const clicks = known({ status: aStatus({ attempts: 1 }), hasOpenChange: true });
  const other = known({ processor: "other" });
  expect(layOver([clicks, other], [{ processor: "clicks", after: null }], NOW)).toEqual([
    { ...clicks, declared: undefined },
    other,
  ]);
});

it("adds a processor that nobody has heard of", () => {
  const after = aPolicy();
  expect(layOver([], [{ processor: "new", after }], NOW)).toEqual([
    {
      processor: "new",
      declared: { policy: after, version: 1, declaredAt: NOW },
      status: undefined,
      hasOpenChange: false,
    },
  ]);
});
