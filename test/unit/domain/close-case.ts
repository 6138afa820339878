// A change about to close, for tests of src/domain/change/outcome.ts: a pass's start of a STOPPED processor that took
// effect, and what Atlas now shows. A test names only what differs. Decides nothing.
import type { Answer, Ending, OpenChange } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { ending } from "../../../src/domain/change/change.js";
import type { CloseFacts } from "../../../src/domain/change/outcome.js";
import {
  NOW,
  aDeclared,
  anObservation,
  anOpenChange,
  aStatus,
  aStepRow,
} from "../../support/domain-builders.js";

export const CLOSED_AT = NOW + 2_000;
export const DONE: Ending = ending("succeeded", "done", "as asked");
export const FAILED: Ending = ending("failed", "not-in-time", "still PROVISIONING");
export const REFUSED: Ending = ending("failed", "atlas.rejected", "400: no");

/** A 400 that names no tier and is not known to pass by itself. */
export function anAnswer(fields: Partial<Answer> = {}): Answer {
  return {
    code: "atlas.rejected",
    status: 400,
    errorCode: "STREAM_PROCESSOR_GENERIC_ERROR",
    detail: "connection named X does not exist",
    isTransient: false,
    ...fields,
  };
}

export interface CloseCase
  extends Partial<Omit<CloseFacts, "change">>, Partial<Pick<OpenChange, "stateBefore" | "owesStart">> {
  readonly request?: RequestFields;
}

export function aClose(fields: CloseCase = {}): CloseFacts {
  const { request, stateBefore = "STOPPED", owesStart = false, ...rest } = fields;
  return {
    change: anOpenChange({ stateBefore, owesStart, request: request ?? {} }),
    ending: DONE,
    steps: [aStepRow()],
    seen: null,
    declared: aDeclared(),
    hold: null,
    now: CLOSED_AT,
    ...rest,
    status: rest.status ?? aStatus({ observed: anObservation(), observedAt: NOW + 1_500 }),
  };
}
