// What is recorded of one processor over a span, and what a replay makes of it: what happened to it whatever Headgate
// did, and how its starts ended. Pure. The assumption is here and nowhere else: a start ends as the recorded one next
// to it, and a FAILED soon after a recorded start came of that start.
import type { Answer } from "../change/change.js";
import type { ChangeKind } from "../decide/decision.js";
import type { Observation, SourcePosition } from "../observation.js";
import { toObservedState } from "../observation.js";
import type { Approval } from "../rungs.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";

/** A closed change. */
export interface RecordedChange {
  readonly kind: ChangeKind;
  readonly requestedBy: "pass" | "person";
  readonly closedAt: number;
  readonly isSuccess: boolean;
  readonly code: string;
  readonly text: string;
  /** Of Atlas, where it refused. */
  readonly answer: Answer | null;
}

export interface Recording {
  readonly processor: string;
  /** As remembered when the span began. */
  readonly status: ProcessorStatus;
  /** Rows of observations inside the span, oldest first. */
  readonly rows: readonly { readonly at: number; readonly status: ProcessorStatus }[];
  /** Inside the span, oldest first. */
  readonly changes: readonly RecordedChange[];
}

/** A policy from a moment on; undefined: none named the processor. */
export interface InForce {
  readonly at: number;
  readonly declared: DeclaredPolicy | undefined;
}

export type RecordedEvent = { readonly at: number } & (
  | { readonly kind: "seen"; readonly observation: Observation; readonly by: string | null }
  | { readonly kind: "gone" }
  | { readonly kind: "suspended"; readonly suspended: ProcessorStatus["suspended"] }
  | { readonly kind: "forgiven" }
  | { readonly kind: "approved"; readonly approval: Approval }
  | { readonly kind: "placed"; readonly position: SourcePosition }
  | { readonly kind: "personal"; readonly change: ChangeKind }
);

/** How a start ended that was recorded. */
export interface StartResult extends Pick<RecordedChange, "isSuccess" | "code" | "text" | "answer"> {
  readonly at: number;
  /** FAILED so long after it, with this text; null: it ran on. */
  readonly failure: { readonly afterMs: number; readonly text: string } | null;
}

export interface Script {
  readonly processor: string;
  readonly status: ProcessorStatus;
  /** By time. */
  readonly events: readonly RecordedEvent[];
  readonly results: readonly StartResult[];
}

/** A FAILED later than this after a start has another cause than the start: the time after which counts begin anew. */
const SOON_MS = 1_800_000;

export function toScript(recording: Recording): Script {
  const { processor, status, rows, changes } = recording;
  const starts = changes.filter(({ kind }) => kind !== "stop");
  const failures = new Map<RecordedChange, StartResult["failure"]>();
  const events: RecordedEvent[] = changes
    .filter(({ requestedBy, isSuccess }) => requestedBy === "person" && isSuccess)
    .map(({ closedAt, kind }) => ({ at: closedAt, kind: "personal", change: kind }));
  let before = status;
  for (const { at, status: after } of rows) {
    events.push(...toPlaces({ at, before, after }), ...toWords({ at, before, after }));
    const start = findItsStart(starts, { at, before, after });
    if (start !== undefined && !failures.has(start)) {
      failures.set(start, { afterMs: at - start.closedAt, text: after.observed?.errorMessage ?? "" });
    } else events.push(...toSightings({ at, before, after }));
    before = after;
  }
  const results = starts.map((start) => ({
    ...start,
    at: start.closedAt,
    failure: failures.get(start) ?? null,
  }));
  return { processor, status, events: events.sort((one, other) => one.at - other.at), results };
}

interface Step {
  readonly at: number;
  readonly before: ProcessorStatus;
  readonly after: ProcessorStatus;
}

/** The start that a failure came of; undefined: of none. */
function findItsStart(starts: readonly RecordedChange[], { at, after }: Step): RecordedChange | undefined {
  const { observed, stateSince } = after;
  if (observed === null || toObservedState(observed.state) !== "FAILED" || stateSince === null)
    return undefined;
  const last = starts.findLast(({ closedAt }) => closedAt <= at);
  if (last === undefined || !last.isSuccess || stateSince < last.closedAt) return undefined;
  return stateSince - last.closedAt <= SOON_MS ? last : undefined;
}

/** What people said. */
function toWords({ at, before, after }: Step): readonly RecordedEvent[] {
  const words: RecordedEvent[] = [];
  const ended = before.suspended !== null && before.suspended.until <= at;
  const isOther = before.suspended?.until !== after.suspended?.until;
  if (isOther && !(after.suspended === null && ended)) {
    words.push({ at, kind: "suspended", suspended: after.suspended });
  }
  if (after.forgivenAt !== null && after.forgivenAt !== before.forgivenAt)
    words.push({ at, kind: "forgiven" });
  const { approval } = after;
  if (approval !== null && approval.until !== before.approval?.until)
    words.push({ at, kind: "approved", approval });
  return words;
}

/** Where it was in its change stream, as far as rows were written. */
function toPlaces({ at, before, after: { position } }: Step): readonly RecordedEvent[] {
  return position === null || position.seenAt === before.position?.seenAt
    ? []
    : [{ at, kind: "placed", position }];
}

/** What Atlas showed and Headgate had not brought about. */
function toSightings({ at, before, after }: Step): readonly RecordedEvent[] {
  if (after.absences > 0) return before.absences > 0 ? [] : [{ at, kind: "gone" }];
  const { observed } = after;
  if (observed === null) return [];
  const isNews = before.absences > 0 || isOtherObservation(before.observed, observed);
  const isOurs = after.stateCause === "headgate" && before.absences === 0;
  return isNews && !isOurs ? [{ at, kind: "seen", observation: observed, by: after.stateBy }] : [];
}

function isOtherObservation(one: Observation | null, other: Observation): boolean {
  return (
    one?.state !== other.state ||
    one.tier !== other.tier ||
    one.atlasId !== other.atlasId ||
    one.autoscaled !== other.autoscaled ||
    one.errorMessage !== other.errorMessage
  );
}

/** The recorded start next to a moment; undefined where none was recorded: then it is taken to succeed. */
export function findNearestResult(results: readonly StartResult[], at: number): StartResult | undefined {
  let nearest: StartResult | undefined;
  for (const one of results) {
    if (nearest === undefined || Math.abs(one.at - at) < Math.abs(nearest.at - at)) nearest = one;
  }
  return nearest;
}
