// What is known is written, with its text or without: a known answer that is not written would be posted again.
import { expect, it } from "vitest";
import { writeWithoutRefusedText } from "../../../../src/store/change/refused-text.js";
import { AppError } from "../../../../src/base/errors.js";

const failing = (code: unknown): Error => Object.assign(new Error("refused"), { code });

/** Fails as often as there are errors, then answers; remembers whether it was to keep the text. */
function aWrite(...errors: readonly Error[]): {
  readonly write: (keepsText: boolean) => Promise<string>;
  readonly asked: readonly boolean[];
} {
  const asked: boolean[] = [];
  return {
    asked,
    write: (keepsText) => {
      const error = errors[asked.length];
      asked.push(keepsText);
      return error === undefined ? Promise.resolve("written") : Promise.reject(error);
    },
  };
}

it("writes once, with the text, if nothing is refused", async () => {
  const { write, asked } = aWrite();
  expect(await writeWithoutRefusedText(write)).toBe("written");
  expect(asked).toEqual([true]);
});

it.each([
  { code: "22P02", reason: "half a surrogate pair in jsonb" },
  { code: "22P05", reason: "U+0000 in jsonb" },
  { code: "22021", reason: "not of the encoding" },
  { code: "22001", reason: "longer than the column" },
  { code: "23514", reason: "a check does not hold" },
  { code: "54000", reason: "too large for jsonb" },
])("writes once more without the text after $code: $reason", async ({ code }) => {
  const { write, asked } = aWrite(failing(code));
  expect(await writeWithoutRefusedText(write)).toBe("written");
  expect(asked).toEqual([true, false]);
});

it.each([
  { reason: "a row that is there already", error: failing("23505") },
  { reason: "a deadlock, in which the text has no part", error: failing("40P01") },
  { reason: "a code that is no text", error: failing(54000) },
  { reason: "an outage, told as ours", error: new AppError("store.unavailable", "away") },
  { reason: "an error without a code", error: new Error("a bug") },
])("writes nothing else after $reason", async ({ error }) => {
  const { write, asked } = aWrite(error);
  await expect(writeWithoutRefusedText(write)).rejects.toBe(error);
  expect(asked).toEqual([true]);
});

it("tries no third time: what is refused without the text is refused for another reason", async () => {
  const second = failing("22001");
  const { write, asked } = aWrite(failing("22001"), second);
  await expect(writeWithoutRefusedText(write)).rejects.toBe(second);
  expect(asked).toEqual([true, false]);
});
