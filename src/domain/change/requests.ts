// What a change is asked for with, in its three kinds: a pass's, a person's, and the one that takes over a lost
// change's owed start. A request is stored in workflow histories and in `changes.request`, so every kind has every
// field, and a field may be added but none renamed. Made by the constructors below and nowhere else. JSON only; holds
// no credential.
import type { ChangeKind } from "../decide/decision.js";
import type { PlannedChange } from "../decide/workspace-plan.js";
import type { ProcessorRef } from "../refs.js";
import { formatProcessorRef } from "../refs.js";
import type { StartOptions } from "../start-options.js";

interface Asked {
  readonly ref: ProcessorRef;
  readonly kind: ChangeKind;
  /** Who, as the journal names them. */
  readonly actor: string;
  readonly why: string;
}

/** A pass's own plan. It ends if its policy is replaced, or if another change came between. */
export interface PlannedRequest extends Asked {
  readonly requestedBy: "pass";
  /** The version it was planned under. */
  readonly policyVersion: number;
  /** The slot of the restart schedule that it satisfies. */
  readonly slotAt: number | null;
  /** When the observation it rests on was sent. */
  readonly plannedFrom: number;
  /** The brake was released for this version. */
  readonly isReleased: boolean;
  /** The one change that is tried for a whole held project. */
  readonly isTrial: boolean;
  readonly isBulk: false;
  /** As declared. */
  readonly options: null;
  readonly resumes: null;
}

/** Bound by no brake, cap or hold, but for a bulk one, which waits for places under the caps as a pass's does. */
export interface PersonalRequest extends Asked {
  readonly requestedBy: "person";
  /** The version they saw; null for an unmanaged processor. */
  readonly policyVersion: number | null;
  readonly slotAt: null;
  readonly plannedFrom: null;
  readonly isReleased: false;
  readonly isTrial: false;
  readonly isBulk: boolean;
  /** Their own; null means: as declared. */
  readonly options: StartOptions | null;
  readonly resumes: null;
  /** Of the HTTP request that asked for it. */
  readonly requestId?: string;
  /** From a client of Atlas: where nobody declares the processor, Atlas gets the options as they were given. */
  readonly isVerbatim?: true;
}

/** Takes over an open row whose run is gone and whose start is owed: started whatever the policy says by now. */
export interface ResumedRequest extends Asked {
  readonly requestedBy: "pass";
  readonly policyVersion: null;
  readonly slotAt: null;
  readonly plannedFrom: null;
  readonly isReleased: false;
  readonly isTrial: false;
  readonly isBulk: false;
  readonly options: null;
  /** The row's id. */
  readonly resumes: string;
}

export type ChangeRequest = PlannedRequest | PersonalRequest | ResumedRequest;

/** How passes sign what they do. */
const HEADGATE = "headgate";

export function toPlannedRequest(planned: PlannedChange): PlannedRequest {
  return {
    ...planned,
    requestedBy: "pass",
    actor: HEADGATE,
    isBulk: false,
    options: null,
    resumes: null,
  };
}

export function toPersonalRequest(
  asked: Asked & Pick<PersonalRequest, "policyVersion" | "options" | "isBulk" | "requestId" | "isVerbatim">,
): PersonalRequest {
  const { ref, kind, actor, why, policyVersion, options, isBulk, requestId, isVerbatim } = asked;
  return {
    ref,
    kind,
    requestedBy: "person",
    actor,
    why,
    policyVersion,
    slotAt: null,
    plannedFrom: null,
    isReleased: false,
    isTrial: false,
    isBulk,
    options,
    resumes: null,
    ...(requestId === undefined ? {} : { requestId }),
    ...(isVerbatim === undefined ? {} : { isVerbatim }),
  };
}

export function toResumedRequest(ref: ProcessorRef, changeId: string): ResumedRequest {
  return {
    ref,
    kind: "restart",
    requestedBy: "pass",
    actor: HEADGATE,
    why: `the restart of ${formatProcessorRef(ref)} was lost after its stop: it owes a start`,
    policyVersion: null,
    slotAt: null,
    plannedFrom: null,
    isReleased: false,
    isTrial: false,
    isBulk: false,
    options: null,
    resumes: changeId,
  };
}
