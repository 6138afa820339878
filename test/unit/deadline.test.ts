// Waiting with an end: by time, and by a signal that the work itself may not hear.
import { expect, it } from "vitest";
import { unlessAborted, within } from "../../src/base/deadline.js";

const never = (): Promise<never> => new Promise(() => undefined);

it("stops waiting for work that lasts too long, in its words", async () => {
  await expect(within(1, never(), "the answer")).rejects.toMatchObject({
    name: "OutOfTime",
    message: "the answer",
  });
  expect(await within(60_000, Promise.resolve(7), "the answer")).toBe(7);
});

// @temporalio/client 1.24.0, connection.js: a call that begins with a signal that is aborted already is not ended.
it("leaves work that does not hear the signal, and does not begin any behind it", async () => {
  const ending = new AbortController();
  const waiting = unlessAborted(ending.signal, never);
  const reason = new Error("Ctrl-C");
  ending.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  let begun = 0;
  const late = unlessAborted(ending.signal, () => {
    begun += 1;
    return never();
  });
  await expect(late).rejects.toBe(reason);
  expect(begun).toBe(0);
});

it("answers and fails as the work does while nobody aborts", async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(signal, () => Promise.resolve(7))).toBe(7);
  await expect(unlessAborted(signal, () => Promise.reject(new Error("away")))).rejects.toThrow("away");
});
