// What is stored of a failure, asked for on the command line: `classify REF`, and `get processors --class`.
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEFAULT_RECOVERY } from "../../src/domain/policy.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { aPolicy, aRef, declare } from "../support/store-rows.js";

const ORDERS = `${PROJECT}/orders`;
const OOM = "(418) StreamProcessorWorkerOutOfMemory";

let database: TestDatabase;
let cli: Cli;
beforeAll(async () => {
  database = await createTestDatabase();
  const { store } = database;
  const classes = { "out-of-memory": { action: "climb", ceiling: "SP50", stepBackAfterMs: 1_000 } } as const;
  const climbs = aPolicy({ start: { tier: "SP10" }, recovery: { ...DEFAULT_RECOVERY, classes } });
  for (const [name, state, text] of [
    ["climbs", "FAILED", OOM],
    ["rests", "STARTED", null],
  ] as const) {
    await declare(store, aRef(name), climbs);
    await store.query(
      `insert into processor_status (project, workspace, processor, atlas_id, state, tier, error_message, state_since,
         observed_at, failure_class)
       values ($1, 'orders', $2, $3, $4, 'SP30', $5, headgate_now() + interval '1 s', headgate_now(), $6)`,
      [PROJECT, name, "a".repeat(24), state, text, text === null ? null : "out-of-memory"],
    );
  }
  cli = openCliInside({ DATABASE_URL: database.databaseUrl });
});
afterAll(async () => {
  cli.remove();
  await database.drop();
});

it("tells the class of what is stored, with the policy's own action", async () => {
  const run = await cli.run(["classify", `${ORDERS}/climbs`]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout.trimEnd().split("\n")).toEqual([
    `Text    ${OOM}`,
    "Class   out-of-memory: the tier has too little memory for the pipeline",
    "Rule    memory: code 418",
    "Source  docs/atlas.md 3, documented",
    "Action  climb to SP50, after one more start",
    `For     ${ORDERS}/climbs`,
  ]);
});

it("says of what runs that nothing has failed, and refuses a name that nobody knows", async () => {
  expect(await cli.run(["classify", `${ORDERS}/rests`])).toMatchObject({
    code: 0,
    stdout: "Nothing has failed.\n",
  });
  const unknown = await cli.run(["classify", `${ORDERS}/climb`]);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("climbs");
});

it("gets the processors of a class, with it", async () => {
  const run = await cli.run(["get", "processors", "--class", "out-of-memory", "connection", "-o", "json"]);
  const rows = JSON.parse(run.stdout) as readonly { readonly failureClass: string }[];
  expect(rows.map(({ failureClass }) => failureClass)).toEqual(["out-of-memory"]);
  const wrong = await cli.run(["get", "processors", "--class", "out-of-memry"]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('"out-of-memry" is not a class of failures: one of no-billing,');
  expect(wrong.stderr).toContain("did you mean out-of-memory?");
});
