// A secret gives itself away by reveal() alone: no way of printing, copying or listing it does.
import { inspect, format } from "node:util";
import { expect, it } from "vitest";
import { Secret } from "../../src/base/secret.js";

const TEXT = "mdb_sa_sk_shh";
const secret = new Secret(TEXT);

it("reveals what it holds, by name", () => {
  expect(secret.reveal()).toBe(TEXT);
});

it.each<[string, () => string]>([
  ["String()", () => String(secret)],
  ["a concatenation", () => "".concat(secret as unknown as string)],
  ["JSON", () => JSON.stringify({ secret })],
  ["JSON of a list", () => JSON.stringify([secret])],
  ["inspect", () => inspect(secret)],
  ["inspect with all it can show", () => inspect({ secret }, { showHidden: true, depth: 9, getters: true })],
  ["a log line", () => format("%s %o %j", secret, secret, secret)],
  ["an error's message", () => new Error(`failed with ${String(secret)}`).message],
])("is redacted in %s", (_way, print) => {
  expect(print()).toContain("[redacted]");
  expect(print()).not.toContain("shh");
});

it.each<[string, () => unknown]>([
  ["its keys", () => Reflect.ownKeys(secret)],
  ["its entries", () => Object.entries(secret)],
  ["an assigned copy", () => Object.assign({}, secret)],
  ["a structured clone", () => structuredClone(secret)],
])("holds nothing that %s would show", (_way, copy) => {
  expect(inspect(copy(), { showHidden: true, depth: 9 })).not.toContain("shh");
});

it("cannot be made to print itself by somebody who overwrites how it prints", () => {
  expect(() => Object.assign(secret, { toJSON: () => secret.reveal() })).toThrow(TypeError);
});
