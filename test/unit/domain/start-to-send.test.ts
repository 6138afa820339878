// The options that a start and a restart are sent with.
import { expect, it } from "vitest";
import {
  isPositionArmed,
  toRequestedOptions,
  toResumeOptions,
  toStartOptions,
  toTierOnly,
  withoutOneOff,
} from "../../../src/domain/decide/start-to-send.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import { aDeclared, aStatus } from "../../support/domain-builders.js";

const ONE_OFF: Partial<ProcessorStatus> = { oneOff: { start: { tier: "SP50" }, version: 3 } };
const declaring = (start: StartOptions): DeclaredPolicy => aDeclared({ policy: { start } });

it.each<{
  readonly reason: string;
  readonly declared?: DeclaredPolicy;
  readonly status?: Partial<ProcessorStatus>;
  readonly options: StartOptions;
}>([
  { reason: "the declared tier", options: { tier: "SP10" } },
  { reason: "none where none is declared", declared: declaring({}), options: {} },
  { reason: "the standing one-off's", status: ONE_OFF, options: { tier: "SP50" } },
  {
    reason: "the standing one-off's, though the version was refused",
    status: { ...ONE_OFF, refusedVersion: 3, lastTier: "SP2" },
    options: { tier: "SP50" },
  },
  {
    reason: "the last one running of a refused version",
    status: { refusedVersion: 3, lastTier: "SP2" },
    options: { tier: "SP2" },
  },
  {
    reason: "the declared one where none was seen running",
    status: { refusedVersion: 3 },
    options: { tier: "SP10" },
  },
  {
    reason: "the declared one where the last is a word we do not know",
    status: { refusedVersion: 3, lastTier: "SP900" },
    options: { tier: "SP10" },
  },
  {
    reason: "the declared one of a version after a refused one",
    status: { refusedVersion: 2, lastTier: "SP2" },
    options: { tier: "SP10" },
  },
])("the tier of a start and of a restart: $reason", ({ declared = aDeclared(), status, options }) => {
  expect(toStartOptions(declared, aStatus(status))).toEqual(options);
  expect(toResumeOptions(declared, aStatus(status))).toEqual(options);
});

it("a position is armed until its value is spent, whatever else was", () => {
  const start: StartOptions = { startAtOperationTime: "2026-05-04T09:42:00Z" };
  expect(isPositionArmed(start, aStatus())).toBe(true);
  expect(isPositionArmed(start, aStatus({ positionsSpent: ["fresh"] }))).toBe(true);
  expect(isPositionArmed(start, aStatus({ positionsSpent: ["at:2026-05-04T09:42:00Z:absent"] }))).toBe(false);
  expect(isPositionArmed({ tier: "SP10" }, aStatus())).toBe(false);
});

it("an armed position goes with a start and never with a restart", () => {
  const start: StartOptions = {
    tier: "SP10",
    startAtOperationTime: "2026-05-04T09:42:00Z",
    resumeFromCheckpoint: true,
  };
  expect(toStartOptions(declaring(start), aStatus())).toEqual(start);
  expect(toResumeOptions(declaring(start), aStatus())).toEqual({ tier: "SP10" });
});

it("the checkpoint by name is no position: a start leaves it out", () => {
  expect(toStartOptions(declaring({ resumeFromCheckpoint: true }), aStatus())).toEqual({});
});

it("without its one-off a status is the same otherwise, and the very same where there was none", () => {
  expect(withoutOneOff(aStatus({ ...ONE_OFF, lastTier: "SP50" }))).toEqual(aStatus({ lastTier: "SP50" }));
  const status = aStatus();
  expect(withoutOneOff(status)).toBe(status);
});

it("of a one-off only what every start is sent goes on to count: its position was for that one start", () => {
  const status = aStatus({
    oneOff: { start: { tier: "SP50", startAtOperationTime: "2026-05-04T09:42:00Z" }, version: 3 },
  });
  expect(toResumeOptions(declaring({}), status)).toEqual({ tier: "SP50" });
  expect(toStartOptions(declaring({ resumeFromCheckpoint: false }), status)).toEqual({
    tier: "SP50",
    resumeFromCheckpoint: false,
  });
});

it.each<{
  readonly reason: string;
  readonly asked: StartOptions;
  readonly declared: StartOptions;
  readonly sent: StartOptions;
}>([
  { reason: "nothing asked: as declared", asked: {}, declared: { tier: "SP10" }, sent: { tier: "SP10" } },
  {
    reason: "a tier asked: the declared position is kept",
    asked: { tier: "SP50" },
    declared: { tier: "SP10", resumeFromCheckpoint: false },
    sent: { tier: "SP50", resumeFromCheckpoint: false },
  },
  {
    reason: "a position asked: no part of the declared one is mixed into it",
    asked: { startAtOperationTime: "2026-05-04T09:42:00Z" },
    declared: { tier: "SP10", resumeFromCheckpoint: false },
    sent: { tier: "SP10", startAtOperationTime: "2026-05-04T09:42:00Z" },
  },
])("a person's options over the declared ones: $reason", ({ asked, declared, sent }) => {
  expect(toRequestedOptions(asked, declared)).toEqual(sent);
});

it("a tier that Atlas shows and we do not know is not sent back to it", () => {
  expect([null, "SP900", "SP10"].map(toTierOnly)).toEqual([{}, {}, { tier: "SP10" }]);
});
