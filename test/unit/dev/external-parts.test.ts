// `--fresh` beside parts that stand outside: dropping one half of data that belong together is refused.
import { expect, it } from "vitest";
import { AppError } from "../../../src/base/errors.js";
import { refuseFreshWithExternal } from "../../../src/dev/stack-options.js";
import type { StackOptions } from "../../../src/dev/stack-options.js";

type External = StackOptions["external"];

const OWN: External = { temporal: false, atlas: false };
const DATABASE_URL = "postgres://headgate:hunter2hunter2@db/headgate";

it.each([
  [{ ...OWN, databaseUrl: DATABASE_URL }, "unset DATABASE_URL,"],
  [{ ...OWN, temporal: true }, "unset TEMPORAL_ADDRESS,"],
  [{ ...OWN, atlas: true }, "unset MONGODB_ATLAS_*,"],
  [
    { databaseUrl: DATABASE_URL, temporal: true, atlas: true },
    "unset DATABASE_URL, TEMPORAL_ADDRESS, MONGODB_ATLAS_*,",
  ],
] as const)("refuses --fresh with %j, naming what stands outside and no secret", (external, says) => {
  const refusal = findRefusal(external);
  expect(refusal).toMatchObject({ code: "config.invalid" });
  expect(refusal?.message).toContain(says);
  expect(refusal?.message).not.toContain("hunter2");
  expect(() => {
    refuseFreshWithExternal({ external, fresh: false });
  }).not.toThrow();
});

it("lets --fresh drop a stack that is all its own", () => {
  expect(findRefusal(OWN)).toBeUndefined();
});

function findRefusal(external: External): AppError | undefined {
  try {
    refuseFreshWithExternal({ external, fresh: true });
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
