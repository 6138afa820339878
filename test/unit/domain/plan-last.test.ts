// What a wait and a parking say went wrong last: the newest of what is known.
import { expect, it } from "vitest";
import { decide } from "../../../src/domain/decide/decision-table.js";
import { HOUR_MS, NOW, aDeclared, anObservation, aStatus, someFacts } from "../../support/domain-builders.js";

const BACKING_OFF = { attempts: 1, attemptsVersion: 3, nextAttemptAt: NOW + HOUR_MS };

it.each([
  {
    reason: "the last change failed after it was first seen FAILED",
    observation: anObservation({ state: "FAILED", errorMessage: "the first time" }),
    status: { lastFailure: "400: no such topic", stateSince: NOW - 2, lastCloseAt: NOW - 1 },
    last: "400: no such topic",
  },
  {
    reason: "it FAILED again after the last change, for another reason",
    observation: anObservation({ state: "FAILED", errorMessage: "the second time" }),
    status: { lastFailure: "400: no such topic", stateSince: NOW - 1, lastCloseAt: NOW - 2 },
    last: "the second time",
  },
  {
    reason: "it FAILED again, and nobody says why",
    observation: anObservation({ state: "FAILED" }),
    status: { lastFailure: "400: no such topic", stateSince: NOW - 1, lastCloseAt: NOW - 2 },
    last: "FAILED, but declared STARTED",
  },
  {
    reason: "somebody has stopped it since",
    observation: anObservation({ state: "STOPPED" }),
    status: { lastFailure: "400: no such topic", stateSince: NOW - 1, lastCloseAt: NOW - 2 },
    last: "STOPPED, but declared STARTED",
  },
  {
    reason: "a restart that succeeded has not brought the tier",
    observation: anObservation({ state: "STARTED", tier: "SP30" }),
    status: { lastFailure: null, stateSince: NOW - 2, lastCloseAt: NOW - 1 },
    last: "runs on SP30, but declared SP10",
  },
])("row backing-off: says what went wrong last: $reason", ({ observation, status, last }) => {
  const declared = aDeclared({ policy: { start: { tier: "SP10" } } });
  const settled = {
    ...status,
    lastCloseAt: status.lastCloseAt - HOUR_MS,
    stateSince: status.stateSince - HOUR_MS,
  };
  const facts = someFacts({ declared, observation, status: aStatus({ ...BACKING_OFF, ...settled }) });
  expect(decide(facts).reason.text).toBe(`waiting before the next attempt; last: ${last}`);
  const parked = someFacts({ declared, observation, status: aStatus({ ...facts.status, attempts: 1_000 }) });
  expect(decide(parked).parks).toBe(`gave up after the declared number of attempts; last: ${last}`);
});
