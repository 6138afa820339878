// docs/recovery.md shows the classes and rules that the program decides by.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderRecovery } from "../../scripts/recovery-reference.js";

it("docs/recovery.md is what the tables say (else: npm run docs)", async () => {
  const document = readFileSync(new URL("../../docs/recovery.md", import.meta.url), "utf8");
  expect(document).toBe(await renderRecovery());
});
