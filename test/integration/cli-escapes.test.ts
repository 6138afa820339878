// Texts of Atlas that hold control characters, as a terminal and as a program reads them: escaped in what people see,
// as they are in JSON. The case is that of a processor that FAILED with such a
// text.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { claimDue } from "../../src/store/pass/leases.js";
import { storePass } from "../../src/store/pass/passes.js";
import { aPass, anObservation } from "../support/passes.js";
import { aPolicy, aRef, declare } from "../support/store-rows.js";

const [{ errorMsg }] = JSON.parse(
  readFileSync(new URL("../cases/text/failed-with-escapes.json", import.meta.url), "utf8"),
) as [{ errorMsg: string }];
/** What acts on a terminal: C0 but line breaks, DEL, C1, and what turns the direction of text. */
const ACTS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let database: TestDatabase;
let cli: Cli;
const ref = aRef("invoice-feed");
beforeAll(async () => {
  database = await createTestDatabase();
  const { store } = database;
  await declare(store, ref, aPolicy());
  const due = { owner: "a", tickAt: null, limit: 1, intervalMs: 60_000, leaseMs: 60_000 };
  const [claim] = (await claimDue(store, due)).claims;
  if (claim === undefined) throw new Error("nothing was due");
  const seen = anObservation("invoice-feed", { state: "FAILED", errorMessage: errorMsg });
  await storePass(store, await aPass(store, claim, [seen]));
  cli = openCliInside({ DATABASE_URL: database.databaseUrl });
});
afterAll(async () => {
  cli.remove();
  await database.drop();
});

const name = `${ref.project}/${ref.workspace}/${ref.processor}`;

it.each([
  ["get processors", ["get", "processors"]],
  ["get processors -o yaml", ["get", "processors", "-o", "yaml"]],
  ["explain", ["explain", name]],
  ["plan", ["plan"]],
])("%s shows a text that would act on the terminal escaped", async (_what, args) => {
  const { code, stdout, stderr } = await cli.run(args);
  expect(code).toBe(0);
  expect(stdout).toContain("RED");
  expect(stdout).toMatch(/\\u001b|\\e|\\x1b/);
  expect(stdout + stderr).not.toMatch(ACTS);
});

it("JSON has the text as it is", async () => {
  const { stdout } = await cli.run(["get", "processors", "-o", "json"]);
  expect(stdout).not.toMatch(ACTS);
  const [row] = JSON.parse(stdout) as [{ reason: string }];
  expect(row.reason).toContain(errorMsg);
});
