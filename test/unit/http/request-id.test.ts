// A caller's own id of a request is taken where it is harmless, and no other.
import { expect, it } from "vitest";
import { toRequestId } from "../../../src/http/request-id.js";

it.each(["r-1", "0c7e9bd4-6e0b-4f1e-9d55-6f5b1c8f2a11", "a.b_c:d", "x".repeat(64)])("takes %s", (id) => {
  expect(toRequestId({ headers: { "x-request-id": id } })).toBe(id);
});

it.each([undefined, "", "a b", "a\nb", "é", "<b>", "x".repeat(65), ["a", "b"]])("makes one for %j", (id) => {
  const headers = id === undefined ? {} : { "x-request-id": id as string };
  expect(toRequestId({ headers })).toMatch(/^[0-9a-f-]{36}$/);
});
