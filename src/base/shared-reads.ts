// The same question asked by many at once is asked of Postgres once. Whoever asks while a reading is under way shares
// the next one and not that one: an answer is never older than its question, so what was written before is seen.

type Share = <Answer>(question: string, read: () => Promise<Answer>) => Promise<Answer>;

interface Reading {
  readonly current: Promise<unknown>;
  next?: Promise<unknown>;
}

/** Keeps nothing of a question that nobody asks. Equal questions must have readers that answer alike. */
export function shareReads(): Share {
  const readings = new Map<string, Reading>();
  const begin = <Answer>(question: string, read: () => Promise<Answer>): Promise<Answer> => {
    const current = read();
    const reading: Reading = { current };
    readings.set(question, reading);
    const end = (): void => {
      if (readings.get(question) === reading && reading.next === undefined) readings.delete(question);
    };
    current.then(end, end);
    return current;
  };
  return <Answer>(question: string, read: () => Promise<Answer>): Promise<Answer> => {
    const reading = readings.get(question);
    if (reading === undefined) return begin(question, read);
    const next = (): Promise<Answer> => begin(question, read);
    reading.next ??= reading.current.then(next, next);
    return reading.next as Promise<Answer>;
  };
}
