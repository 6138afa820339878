// Row checkpoint-forgotten of the decision table: what has rested for longer than Atlas keeps a checkpoint is not
// started as if it could resume (docs/atlas.md 3: 45 days).
import { CHECKPOINT_KEPT_MS } from "../../../src/domain/decide/checkpoint-age.js";
import { DECISION_TABLE, decide } from "../../../src/domain/decide/decision-table.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";
import { aStart } from "./decision-case.js";
import { expect, it } from "vitest";

const LONG_AGO = NOW - CHECKPOINT_KEPT_MS;
const at = (state: string, stateSince: number, start: object = { tier: "SP10" }) => ({
  declared: aDeclared({ policy: { start } }),
  status: aStatus({ stateSince }),
  observation: anObservation({ state }),
});

it.each([
  { reason: "the last moment at which Atlas keeps it", facts: at("STOPPED", LONG_AGO + 1), parks: false },
  { reason: "the moment at which it is gone", facts: at("STOPPED", LONG_AGO), parks: true },
  { reason: "a year at rest", facts: at("STOPPED", NOW - 365 * 24 * HOUR_MS), parks: true },
  { reason: "never run: there was no checkpoint", facts: at("CREATED", LONG_AGO), parks: false },
  { reason: "FAILED is not stopped", facts: at("FAILED", LONG_AGO), parks: false },
  {
    reason: "a declared time says where to begin",
    facts: at("STOPPED", LONG_AGO, { startAtOperationTime: "2026-05-04T09:42:00Z" }),
    parks: false,
  },
  {
    reason: "declared fresh: nothing is lost that was wanted",
    facts: at("STOPPED", LONG_AGO, { resumeFromCheckpoint: false }),
    parks: false,
  },
])("$reason", ({ facts, parks }) => {
  const { row, action, parks: why, reason } = decide(someFacts(facts));
  expect(row).toBe(parks ? "checkpoint-forgotten" : "start");
  expect(action?.kind).toBe(parks ? undefined : aStart().kind);
  expect(why !== undefined).toBe(parks);
  if (parks) expect(reason.text).toContain("--at TIME or --no-resume");
});

it("leaves what is declared STOPPED at rest, and would say the same in mode observe", () => {
  const rests = at("STOPPED", LONG_AGO);
  expect(decide(someFacts({ ...rests, declared: aDeclared({ policy: { state: "STOPPED" } }) })).row).toBe(
    "rests-as-declared",
  );
  const observed = decide(someFacts({ ...rests, declared: aDeclared({ policy: { mode: "observe" } }) }));
  expect([observed.row, observed.reason.code]).toEqual(["observe-only", "would-park"]);
  expect(DECISION_TABLE.map(({ id }) => id)).toContain("checkpoint-forgotten");
});
