// One question to Atlas that nobody knows the answer to (docs/atlas.md 11), and how its answer is written. A probe
// asserts nothing.
import type { RecordedExchange } from "./recorder.js";
import { parseJson } from "./reply-judge.js";
import type { Subject } from "./subject.js";

export interface Finding {
  /** In words that a switch of the simulator decides. */
  readonly answer: string;
  /** What a switch cannot tell: times and names. */
  readonly measured?: string;
}

export interface Probe {
  /** Of the list in docs/atlas.md 11. */
  readonly number: string;
  readonly question: string;
  /** It changes nothing. */
  readonly isReading: boolean;
  readonly ask: (subject: Subject) => Promise<Finding>;
}

export const writing = (number: string, question: string, ask: Probe["ask"]): Probe => ({
  ...{ number, question, ask },
  isReading: false,
});
export const reading = (number: string, question: string, ask: Probe["ask"]): Probe => ({
  ...{ number, question, ask },
  isReading: true,
});

/** Status and error code. */
export function toAnswer({ reply }: RecordedExchange): string {
  if (reply === null) return "no answer";
  const code = (parseJson(reply.body)?.value as { errorCode?: string } | undefined)?.errorCode;
  return code === undefined ? String(reply.status) : `${String(reply.status)} ${code}`;
}

export const notAsked = (why: string): Finding => ({ answer: `not asked: ${why}` });
