// Data for tests of src/domain: a processor that is declared STARTED on SP10 and runs so, seen a minute after it was
// declared, with nothing in the way. A test names only what differs. Holds no rule of the domain and never decides.
import type { OpenChange, StepRow } from "../../src/domain/change/change.js";
import { toPlannedRequest } from "../../src/domain/change/requests.js";
import type { ChangeRequest } from "../../src/domain/change/requests.js";
import type { RequestFields } from "./request-fields.js";
import type { Observation } from "../../src/domain/observation.js";
import type { Facts } from "../../src/domain/decide/decision.js";
import type { Policy } from "../../src/domain/policy.js";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../src/domain/status.js";
import { NEW_STATUS } from "../../src/domain/status.js";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** Noon of a Monday, UTC. */
export const NOW = Date.UTC(2026, 5, 1, 12);
export const REF: ProcessorRef = {
  project: "32b6e34b3d91647abb20e7b8",
  workspace: "orders",
  processor: "clicks",
};
const ATLAS_ID = "a".repeat(24);

/** STARTED on SP10, enforced, no slots, default recovery. */
export function aPolicy(fields: Partial<Policy> = {}): Policy {
  return {
    state: "STARTED",
    mode: "enforce",
    start: { tier: "SP10" },
    recovery: DEFAULT_RECOVERY,
    ...fields,
  };
}

/** Version 3 of a policy, declared a day before NOW; fields of the policy itself go under `policy`. */
export function aDeclared(
  fields: Partial<Omit<DeclaredPolicy, "policy">> & { readonly policy?: Partial<Policy> } = {},
): DeclaredPolicy {
  const { policy, ...rest } = fields;
  return { version: 3, declaredAt: NOW - 24 * HOUR_MS, ...rest, policy: aPolicy(policy) };
}

/** Of `clicks`: STARTED on SP10, not autoscaled. `tier: undefined` shows none. */
export function anObservation(
  fields: Partial<Omit<Observation, "tier">> & { readonly tier?: string | undefined } = {},
): Observation {
  const { tier, ...rest } = { tier: "SP10", ...fields };
  return {
    atlasId: ATLAS_ID,
    processor: REF.processor,
    state: "STARTED",
    autoscaled: false,
    ...rest,
    ...(tier === undefined ? {} : { tier }),
  };
}

/** What a processor is remembered by that nobody has looked at yet, save what is named. */
export function aStatus(fields: Partial<ProcessorStatus> = {}): ProcessorStatus {
  return { ...NEW_STATUS, ...fields };
}

/** Facts of one processor at NOW, observed a second before; in agreement unless a field says otherwise. */
export function someFacts(fields: Partial<Facts> = {}): Facts {
  return {
    ref: REF,
    declared: aDeclared(),
    status: aStatus(),
    observation: anObservation(),
    observedAt: NOW - 1_000,
    now: NOW,
    isHeld: false,
    hasOpenChange: false,
    failure: undefined,
    dueSlot: undefined,
    settings: DEFAULT_SETTINGS,
    ...fields,
  };
}

/** A pass's start of `clicks` under version 3. */
export function aRequest(fields: RequestFields = {}): ChangeRequest {
  const planned = toPlannedRequest({
    ref: REF,
    kind: "start",
    policyVersion: 3,
    slotAt: null,
    why: "FAILED, but declared STARTED",
    plannedFrom: NOW - 1_000,
    isReleased: false,
    isTrial: false,
  });
  // Fields that no one kind of request has together are a test's own business.
  return { ...planned, ...fields } as ChangeRequest;
}

/** An open change at NOW; fields of the request itself go under `request`. */
export function anOpenChange(
  fields: Partial<Omit<OpenChange, "request">> & { readonly request?: RequestFields } = {},
): OpenChange {
  const { request, ...rest } = fields;
  return {
    id: "1",
    openedAt: NOW,
    closedAt: null,
    stateBefore: "FAILED",
    tierBefore: "SP10",
    owesStart: false,
    cancelRequestedBy: null,
    ...rest,
    request: aRequest(request),
  };
}

/** A start fenced at NOW, posted once, that took effect a second later. */
export function aStepRow(fields: Partial<StepRow> = {}): StepRow {
  return {
    step: "start",
    attempt: 1,
    posts: 1,
    fencedAt: NOW,
    horizonAt: NOW + DEFAULT_SETTINGS.startHorizonMs,
    answeredAt: NOW + 1_000,
    fate: "applied",
    answer: null,
    options: { tier: "SP10" },
    positionKey: null,
    ...fields,
  };
}
