// The fence and the opening: every way in which a change ends there, and the wait at a bar. With which options a POST
// goes out stands in fence-options.test.ts.
import { expect, it } from "vitest";
import type { OpenChange } from "../../../src/domain/change/change.js";
import type { RequestFields } from "../../support/request-fields.js";
import { judgeFence, judgeOpening } from "../../../src/domain/change/fence.js";
import type { FenceFacts } from "../../../src/domain/change/fence.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { NOW, aDeclared, anOpenChange, aRequest, aStatus } from "../../support/domain-builders.js";

const someFenceFacts = (fields: Partial<FenceFacts> = {}): FenceFacts => ({
  change: anOpenChange(),
  step: "start",
  declared: aDeclared(),
  status: aStatus(),
  now: NOW,
  ...fields,
});

/** `post`, `wait <until less now>`, or how it ends. */
function judge(fields: Partial<FenceFacts>): string {
  const verdict = judgeFence(someFenceFacts(fields));
  if (verdict.kind === "wait") return `wait ${String(verdict.until - NOW)}`;
  return verdict.kind === "end" ? `${verdict.ending.outcome} ${verdict.ending.code}` : "post";
}

const SUSPENDED: Partial<ProcessorStatus> = { suspended: { by: "ann", why: "deploy", until: NOW + 1 } };
const PARKED: Partial<ProcessorStatus> = { parked: { version: 3, why: "gave up" } };
const STOPPED = { state: "STOPPED" } as const;
const byPerson = (fields: RequestFields = {}): OpenChange =>
  anOpenChange({ request: { requestedBy: "person", plannedFrom: null, ...fields } });
const owing = (request: RequestFields = {}): OpenChange =>
  anOpenChange({ owesStart: true, request: { kind: "restart", ...request } });

const VERDICTS: readonly {
  readonly reason: string;
  readonly facts: Partial<FenceFacts>;
  readonly verdict: string;
}[] = [
  { reason: "nothing in the way", facts: {}, verdict: "post" },
  {
    reason: "closed by somebody else: nobody waits for it",
    facts: { change: anOpenChange({ closedAt: NOW - 1 }) },
    verdict: "superseded superseded",
  },
  {
    reason: "closed outweighs even an owed start",
    facts: { change: anOpenChange({ closedAt: NOW - 1, owesStart: true }) },
    verdict: "superseded superseded",
  },
  {
    reason: "a person cancelled it",
    facts: { change: anOpenChange({ cancelRequestedBy: "ann" }) },
    verdict: "cancelled cancelled",
  },
  {
    reason: "a cancel releases an owed start",
    facts: { change: anOpenChange({ cancelRequestedBy: "ann", owesStart: true }) },
    verdict: "cancelled cancelled",
  },
  {
    reason: "a newer version supersedes a pass's change",
    facts: { declared: aDeclared({ version: 4 }) },
    verdict: "superseded policy-replaced",
  },
  {
    reason: "so does an older one: rolled back is replaced",
    facts: { declared: aDeclared({ version: 2 }) },
    verdict: "superseded policy-replaced",
  },
  {
    reason: "a deleted policy supersedes a pass's change",
    facts: { declared: undefined },
    verdict: "superseded policy-replaced",
  },
  {
    reason: "a suspension supersedes a pass's change",
    facts: { status: aStatus(SUSPENDED) },
    verdict: "superseded suspended",
  },
  {
    reason: "a suspension that is over does not",
    facts: { status: aStatus(SUSPENDED), now: NOW + 1 },
    verdict: "post",
  },
  {
    reason: "parked meanwhile supersedes a pass's change",
    facts: { status: aStatus(PARKED) },
    verdict: "superseded parked",
  },
  {
    reason: "parked under another version does not",
    facts: { status: aStatus({ parked: { version: 2, why: "gave up" } }) },
    verdict: "post",
  },
  ...[
    { reason: "a newer version does not bind a person", facts: { declared: aDeclared({ version: 4 }) } },
    { reason: "nor a deleted policy", facts: { declared: undefined } },
    { reason: "nor a suspension", facts: { status: aStatus(SUSPENDED) } },
    { reason: "nor parking", facts: { status: aStatus(PARKED) } },
    {
      reason: "nor mode observe",
      facts: { declared: aDeclared({ version: 4, policy: { mode: "observe" as const } }) },
    },
  ].map(({ reason, facts }) => ({ reason, facts: { ...facts, change: byPerson() }, verdict: "post" })),
  {
    reason: "but a cancel does",
    facts: { change: { ...byPerson(), cancelRequestedBy: "ann" } },
    verdict: "cancelled cancelled",
  },
  ...[
    {
      reason: "an owed start is not released by a newer version",
      facts: { declared: aDeclared({ version: 4 }) },
    },
    { reason: "nor by a deleted policy", facts: { declared: undefined } },
    { reason: "nor by a suspension", facts: { status: aStatus(SUSPENDED) } },
    { reason: "nor by parking", facts: { status: aStatus(PARKED) } },
    {
      reason: "nor by mode observe",
      facts: { declared: aDeclared({ version: 4, policy: { mode: "observe" as const } }) },
    },
  ].map(({ reason, facts }) => ({ reason, facts: { ...facts, change: owing() }, verdict: "post" })),
  {
    reason: "a newer STOPPED releases an owed start",
    facts: { change: owing(), declared: aDeclared({ version: 4, policy: STOPPED }) },
    verdict: "superseded policy-replaced",
  },
  {
    reason: "a person's restart of what was declared STOPPED all along is owed its start",
    facts: { change: owing({ requestedBy: "person" }), declared: aDeclared({ policy: STOPPED }) },
    verdict: "post",
  },
  {
    reason: "the first policy of an unmanaged processor, STOPPED, releases its owed start",
    facts: {
      change: owing({ requestedBy: "person", policyVersion: null }),
      declared: aDeclared({ version: 1, policy: STOPPED }),
    },
    verdict: "superseded policy-replaced",
  },
  {
    reason: "a bar is waited for",
    facts: { status: aStatus({ barredUntil: NOW + 75_000 }) },
    verdict: "wait 75000",
  },
  {
    reason: "a bar binds persons as well",
    facts: { change: byPerson(), status: aStatus({ barredUntil: NOW + 1 }) },
    verdict: "wait 1",
  },
  {
    reason: "and an owed start",
    facts: { change: owing(), status: aStatus({ barredUntil: NOW + 1 }) },
    verdict: "wait 1",
  },
  {
    reason: "and a stop",
    facts: { step: "stop", status: aStatus({ barredUntil: NOW + 1 }) },
    verdict: "wait 1",
  },
  { reason: "a bar ends on the dot", facts: { status: aStatus({ barredUntil: NOW }) }, verdict: "post" },
  {
    reason: "what has ended does not wait for a bar",
    facts: { change: anOpenChange({ cancelRequestedBy: "ann" }), status: aStatus({ barredUntil: NOW + 1 }) },
    verdict: "cancelled cancelled",
  },
];

for (const { reason, facts, verdict } of VERDICTS) {
  it(`fence: ${reason}`, () => {
    expect(judge(facts)).toBe(verdict);
  });
}

it("fence: what ends a change says who did it", () => {
  const cancelled = judgeFence(someFenceFacts({ change: anOpenChange({ cancelRequestedBy: "ann" }) }));
  const suspended = judgeFence(someFenceFacts({ status: aStatus(SUSPENDED) }));
  expect(cancelled).toMatchObject({ ending: { text: "cancelled by ann" } });
  expect(suspended).toMatchObject({ ending: { text: "suspended by ann" } });
});

const CLOSED_AT = NOW - 500;
const OPENINGS: readonly {
  readonly reason: string;
  readonly request: RequestFields;
  readonly facts?: Partial<FenceFacts>;
  readonly code: string | undefined;
}[] = [
  { reason: "a pass's change with nothing in the way", request: {}, code: undefined },
  {
    reason: "another change closed after its plan's observation",
    request: { plannedFrom: CLOSED_AT - 1 },
    facts: { status: aStatus({ lastCloseAt: CLOSED_AT }) },
    code: "moved-on",
  },
  {
    reason: "another change closed before it was looked at",
    request: { plannedFrom: CLOSED_AT },
    facts: { status: aStatus({ lastCloseAt: CLOSED_AT }) },
    code: undefined,
  },
  {
    reason: "its version was replaced",
    request: {},
    facts: { declared: aDeclared({ version: 4 }) },
    code: "policy-replaced",
  },
  { reason: "its policy was deleted", request: {}, facts: { declared: undefined }, code: "policy-replaced" },
  { reason: "suspended", request: {}, facts: { status: aStatus(SUSPENDED) }, code: "suspended" },
  { reason: "parked", request: {}, facts: { status: aStatus(PARKED) }, code: "parked" },
  {
    reason: "a bar is no reason not to open: it is waited for at the fence",
    request: {},
    facts: { status: aStatus({ barredUntil: NOW + 1 }) },
    code: undefined,
  },
  {
    reason: "a person is bound by none of these",
    request: { requestedBy: "person", plannedFrom: null, policyVersion: null },
    facts: { declared: aDeclared(), status: aStatus({ ...SUSPENDED, ...PARKED, lastCloseAt: NOW }) },
    code: undefined,
  },
];

for (const { reason, request, facts, code } of OPENINGS) {
  it(`opening: ${reason}`, () => {
    expect(judgeOpening(aRequest(request), someFenceFacts(facts))?.code).toBe(code);
  });
}
