// A change told step by step, for people: what has happened since it was last looked at. Pure: from two readings of its
// rows to the lines between them. What came and went between two readings is not told.
import type { Answer, Fate, Outcome, StepName, StepRow } from "../change/change.js";

/** A change, its steps and its processor, as read at one moment. */
export interface ChangeReading {
  readonly now: number;
  readonly kind: string;
  readonly actor: string;
  readonly why: string;
  readonly openedAt: number;
  readonly stateBefore: string | null;
  readonly tierBefore: string | null;
  readonly cancelRequestedBy: string | null;
  /** In the order of their last fences. */
  readonly steps: readonly StepRow[];
  /** What Atlas last showed. */
  readonly state: string | null;
  readonly closedAt: number | null;
  readonly outcome: Outcome | null;
  readonly outcomeText: string | null;
}

export interface Happening {
  readonly at: number;
  readonly kind: "opened" | "fenced" | "posted" | "answered" | "waiting" | "cancelled" | "closed";
  readonly text: string;
}

/** As much of a reading as says what was told of it: whoever comes back with it is told the rest. */
export interface ToldSoFar {
  readonly steps: readonly Pick<StepRow, "step" | "attempt" | "fate">[];
  readonly cancelRequestedBy: string | null;
  readonly waiting: string | null;
}

export function toToldSoFar(reading: ChangeReading): ToldSoFar {
  return {
    steps: reading.steps.map(({ step, attempt, fate }) => ({ step, attempt, fate })),
    cancelRequestedBy: reading.cancelRequestedBy,
    waiting: toWait(reading) ?? null,
  };
}

/** What is new in `now`, in order; all there is where nothing was told before. */
export function tellNews(before: ToldSoFar | undefined, now: ChangeReading): readonly Happening[] {
  const waiting = toWait(now);
  const cancelled = now.cancelRequestedBy !== (before?.cancelRequestedBy ?? null);
  return [
    ...(before === undefined ? [tellOpening(now)] : []),
    ...now.steps.flatMap((row) =>
      tellStep(
        before?.steps.find(({ step }) => step === row.step),
        row,
      ),
    ),
    ...(cancelled ? [happened("cancelled", now.now, `asked for by ${now.cancelRequestedBy ?? "-"}`)] : []),
    ...(waiting === undefined || before?.waiting === waiting ? [] : [happened("waiting", now.now, waiting)]),
    ...(now.closedAt === null
      ? []
      : [happened("closed", now.closedAt, `${now.outcome ?? "-"}: ${now.outcomeText ?? ""}`)]),
  ];
}

function happened(kind: Happening["kind"], at: number, text: string): Happening {
  return { at, kind, text };
}

function tellOpening({ kind, actor, why, openedAt, stateBefore, tierBefore }: ChangeReading): Happening {
  const was = [stateBefore, tierBefore].filter((part) => part !== null).join(" ");
  return happened("opened", openedAt, `${kind} by ${actor}: ${why}${was === "" ? "" : ` (it was ${was})`}`);
}

function tellStep(before: ToldSoFar["steps"][number] | undefined, row: StepRow): readonly Happening[] {
  const isNewFence = before?.attempt !== row.attempt;
  const news: Happening[] = [];
  if (isNewFence) news.push(happened("fenced", row.fencedAt, toFenceText(row)));
  const told = isNewFence ? null : before.fate;
  if (row.fate === null || row.fate === told) return news;
  const at = row.answeredAt ?? row.fencedAt;
  if (told === null && row.fate !== "unsent") news.push(happened("posted", at, NAMES[row.step]));
  news.push(happened("answered", at, toFateText(row.fate, row.answer, told)));
  return news;
}

const NAMES: Readonly<Record<StepName, string>> = {
  stop: "stop",
  start: "start",
  fallback: "start with its old tier",
};

function toFenceText({ step, attempt, options }: StepRow): string {
  const asked = Object.entries(options).map(([name, value]) => `${name} ${String(value)}`);
  const again = attempt > 1 ? `, attempt ${String(attempt)}` : "";
  return `${NAMES[step]}${asked.length === 0 ? "" : ` with ${asked.join(", ")}`}${again}`;
}

const FATES: Readonly<Record<Fate, string>> = {
  applied: "accepted",
  refused: "refused",
  limited: "too many calls",
  unsent: "never sent",
  unknown: "nothing that could be relied on",
};

function toFateText(fate: Fate, answer: Answer | null, told: Fate | null): string {
  if (fate === "applied") return told === "unknown" ? "it took effect, as Atlas shows now" : FATES.applied;
  return answer === null ? FATES[fate] : `${FATES[fate]}: ${toAnswerText(answer)}`;
}

function toAnswerText({ status, errorCode, detail }: Answer): string {
  return [status === null ? "" : String(status), errorCode ?? "", detail]
    .filter((part) => part !== "")
    .join(" ");
}

/** What an open change waits for; undefined while a POST is on its way or where it has closed. */
function toWait(reading: ChangeReading): string | undefined {
  if (reading.closedAt !== null) return undefined;
  const last = reading.steps.at(-1);
  if (last === undefined)
    return `to post its ${reading.kind === "start" ? "start" : "stop"}: ${toStateText(reading)}`;
  if (last.fate === "applied") return toWaitForState(reading, last.step);
  return last.fate === null ? undefined : WAITS[last.fate];
}

const WAITS: Readonly<Partial<Record<Fate, string>>> = {
  unknown: "to see whether it took effect; nothing else is posted before its horizon has passed",
  limited: "to post it again",
  unsent: "to post it again",
};

function toWaitForState(reading: ChangeReading, step: StepName): string | undefined {
  if (step !== "stop") return `for STARTED: ${toStateText(reading)}`;
  if (!isAtRest(reading.state)) return `for STOPPED: ${toStateText(reading)}`;
  return reading.kind === "restart" ? `to post its start: ${toStateText(reading)}` : undefined;
}

function toStateText({ state }: ChangeReading): string {
  return `it is ${state ?? "not observed yet"}`;
}

function isAtRest(state: string | null): boolean {
  return state === "STOPPED" || state === "CREATED" || state === "FAILED";
}
