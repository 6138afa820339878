// The same question asked by many at once is asked of Postgres a few times at most. Whoever asks while readings are
// under way shares none of them but one that has not begun: an answer is never older than its question, so what was
// written before is seen.

type Share = <Answer>(question: string, read: () => Promise<Answer>) => Promise<Answer>;

interface Asked {
  underWay: number;
  /** Of those who ask until it begins. */
  next?: { readonly answer: Promise<unknown>; readonly begin: () => void } | undefined;
}

/**
 * `atOnce`: readings of one question that may be under way at a time. One costs least; with more of them a burst of
 * questions is answered in parts, and nobody waits for a reading that began a moment too early for it. Keeps nothing
 * of a question that nobody asks. Equal questions must have readers that answer alike.
 */
export function shareReads(atOnce = 1): Share {
  const questions = new Map<string, Asked>();
  const end = (question: string, asked: Asked): void => {
    asked.underWay -= 1;
    if (asked.next !== undefined) asked.next.begin();
    else if (asked.underWay === 0) questions.delete(question);
  };
  const prepare = <Answer>(question: string, asked: Asked, read: () => Promise<Answer>): Promise<Answer> => {
    const { promise, begin } = toBegun(async () => {
      asked.next = undefined;
      asked.underWay += 1;
      try {
        return await read();
      } finally {
        end(question, asked);
      }
    });
    asked.next = { answer: promise, begin };
    // Behind all that has come by now, so that they share it.
    if (asked.underWay < atOnce) setImmediate(begin);
    return promise;
  };
  return <Answer>(question: string, read: () => Promise<Answer>): Promise<Answer> => {
    const asked = questions.get(question) ?? { underWay: 0 };
    questions.set(question, asked);
    return (asked.next?.answer as Promise<Answer> | undefined) ?? prepare(question, asked, read);
  };
}

/** A promise of what `read` answers, once it is begun; to begin it again does nothing. */
function toBegun<Answer>(read: () => Promise<Answer>): {
  readonly promise: Promise<Answer>;
  readonly begin: () => void;
} {
  let begin: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (begin = resolve)).then(read);
  return { promise, begin };
}
