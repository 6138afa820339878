// A bounded memory: what it keeps, when it forgets, and that it does not keep a failure.
import { expect, it } from "vitest";
import { createMemory } from "../../../src/domain/decide/memory.js";

it("makes a value once, and forgets all of them at one more than it may keep", () => {
  const memory = createMemory<string, string>(2);
  const made: string[] = [];
  const get = (key: string): string =>
    memory.get(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect(["a", "b", "a", "b"].map(get)).toEqual(["A", "B", "A", "B"]);
  expect(made).toEqual(["a", "b"]);
  expect(["c", "c", "a", "c"].map(get)).toEqual(["C", "C", "A", "C"]);
  expect(made).toEqual(["a", "b", "c", "a"]);
});

it("does not keep what could not be made", () => {
  const memory = createMemory<string, number>(2);
  const fail = (): number => {
    throw new Error("not now");
  };
  expect(() => memory.get("a", fail)).toThrow("not now");
  expect(memory.get("a", () => 1)).toBe(1);
});
