// Work for many at once: whatever is asked while the work for others is under way is done together, next. So it costs
// least when there is most to do. Whoever asks alone waits for company, a few milliseconds.
import { setTimeout } from "node:timers/promises";

/** Longer than a statement takes, and far shorter than the call to Atlas that each asker makes beside it. */
const COMPANY_MS = 5;

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
      if (waiting.length < most) await setTimeout(COMPANY_MS);
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
