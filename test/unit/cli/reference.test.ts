// docs/cli.md says what the command line says.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderReference } from "../../../scripts/cli-reference.js";

it("is what the command line's own definitions say (else: npm run docs)", async () => {
  const written = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  expect(written).toBe(await renderReference());
});
