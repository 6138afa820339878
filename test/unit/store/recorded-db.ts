// A Db that writes statements down and answers from a list: for what a statement says and in which order statements are
// sent. What they do to rows is for test/integration, with a real Postgres.
import type { Db } from "../../../src/store/postgres/pool.js";

interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface RecordedDb extends Db {
  readonly sent: readonly Sent[];
}

/** The first answer whose pattern is in the text; no rows if none is. */
export function recordingDb(answers: readonly (readonly [RegExp, readonly object[]])[] = []): RecordedDb {
  const sent: Sent[] = [];
  return {
    sent,
    query: <Row extends object>(text: string, values: readonly unknown[] = []) => {
      sent.push({ text, values });
      const rows = answers.find(([pattern]) => pattern.test(text))?.[1] ?? [];
      return Promise.resolve(rows as readonly Row[]);
    },
  };
}

/** The numbers of a statement's parameters, each once, in order. */
export function placeholdersOf(text: string): readonly number[] {
  const numbers = [...text.matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits));
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** What Postgres wants: parameters from 1 on without a gap, as many as there are values. */
export function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
