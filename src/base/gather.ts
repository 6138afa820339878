// Work for many at once: whatever is asked while the work for others is under way is done together, next. So it costs
// least when there is most to do, and nobody waits for company.
import { setImmediate } from "node:timers/promises";

/** Who asked what gets which answer. One that is still to come is waited for by its asker alone. */
type Answers<Asked, Answer> = (asked: Asked) => Answer | Promise<Answer>;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `work` gets what waits, `most` at a time and never twice at once. What it throws is thrown to all whom it was for.
 */
export function gather<Asked, Answer>(
  most: number,
  work: (asked: readonly Asked[]) => Promise<Answers<Asked, Answer>>,
): (asked: Asked) => Promise<Answer> {
  const waiting: Waiting<Asked, Answer>[] = [];
  let isWorking = false;
  const workOff = async (): Promise<void> => {
    isWorking = true;
    while (waiting.length > 0) {
      // Those who ask in the same turn of the event loop come along.
      await setImmediate();
      const group = waiting.splice(0, most);
      try {
        const answer = await work(group.map(({ asked }) => asked));
        for (const { asked, resolve } of group) resolve(answer(asked));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isWorking = false;
  };
  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, resolve, reject });
      if (!isWorking) void workOff();
    });
}
