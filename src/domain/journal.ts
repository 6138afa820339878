// The journal's kinds of lines: what happened to the fleet and what people did. Kinds are stored for 90 days and
// printed by `get journal`, so one may be added but none renamed. Pure data.

/** What people filter by, as conditions of `get journal`. */
export const JOURNAL_FAMILIES = {
  policies: "a policy was written or deleted",
  changes: "a change was opened, cancelled or closed",
  states: "Atlas showed another state, or the reason for what is done changed",
  slots: "a slot of a restart schedule was skipped, or a train was aborted",
  exceptions: "suspended, parked, degraded, armed, approved or released from the brake, or the end of it",
  incidents: "an incident was opened, tried, refilled or closed",
  keys: "a key to the HTTP API was created, rotated or revoked",
  installation: "a project was held or released, the clock went back, or the loop stood still",
  requests: "somebody asked over HTTP for something to be changed",
} as const;

export type JournalFamily = keyof typeof JOURNAL_FAMILIES;

export const JOURNAL_KINDS = {
  "policy.written": "policies",
  "policy.deleted": "policies",
  "change.opened": "changes",
  "change.cancel-requested": "changes",
  "change.closed": "changes",
  "gateway.unanswered": "changes",
  "gateway.relayed": "changes",
  "gateway.refused": "changes",
  "state.changed": "states",
  "reason.changed": "states",
  "condition.changed": "states",
  "tier.climbed": "states",
  "climb.ended": "states",
  "rung.taken": "states",
  "slot.skipped": "slots",
  "train.aborted": "slots",
  "processor.suspended": "exceptions",
  "processor.unsuspended": "exceptions",
  "suspension.ended": "exceptions",
  "processor.parked": "exceptions",
  "processor.unparked": "exceptions",
  "processor.degraded": "exceptions",
  "position.armed": "exceptions",
  "brake.released": "exceptions",
  "approval.needed": "exceptions",
  "approval.given": "exceptions",
  "approval.withdrawn": "exceptions",
  "approval.ended": "exceptions",
  "incident.opened": "incidents",
  "incident.joined": "incidents",
  "incident.trying": "incidents",
  "incident.failed": "incidents",
  "incident.refilling": "incidents",
  "incident.resting": "incidents",
  "incident.ending": "incidents",
  "incident.closed": "incidents",
  "key.created": "keys",
  "key.rotated": "keys",
  "key.revoked": "keys",
  "project.held": "installation",
  "project.released": "installation",
  "clock.went-back": "installation",
  "loop.silent": "installation",
  "loop.back": "installation",
  "request.accepted": "requests",
} as const satisfies Record<string, JournalFamily>;

export type JournalKind = keyof typeof JOURNAL_KINDS;
