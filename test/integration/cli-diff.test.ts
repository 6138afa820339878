// `diff`: the declaration and the next pass in one view, the same words as `apply --dry-run`, and the exit
// code that pipelines read. One pass has looked before the tests; nothing here writes.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { requestPass } from "../../src/app/act/pass.js";
import { openCliInside } from "../support/cli-inside.js";
import type { Cli } from "../support/cli-process.js";
import { PROJECT, aFleet, findPosts } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { applyText, withoutTemporal } from "../support/policies.js";
import { pictureRows } from "../support/store-rows.js";
import type { RowPicture } from "../support/store-rows.js";

const ORDERS = `${PROJECT}/orders`;
const CALM = `project: ${PROJECT}\nworkspace: calm\nprocessors:\n  idle: { start: { tier: SP10 } }\n`;
const inOrders = (processors: string): string =>
  `project: ${PROJECT}\nworkspace: orders\nprocessors:\n${processors}`;
const DECLARED = inOrders("  clicks: {}\n  views: { start: { tier: SP10 } }\n  gone: {}\n");
const NEXT = inOrders("  clicks: {}\n  views: { start: { tier: SP30 } }\n");

let loop: TestLoop;
let cli: Cli;
let rows: RowPicture;
beforeAll(async () => {
  const orders = { clicks: "FAILED", views: "STARTED", gone: "STARTED" };
  loop = await startLoop({ simulator: { populate: aFleet({ orders, calm: { idle: "STARTED" } }) } });
  cli = openCliInside(loop.variables);
  await applyText(withoutTemporal(loop.app), `${DECLARED}---\n${CALM}`);
  const stopWorker = await loop.startWorker();
  await requestPass(loop.app, { isLookOnly: true });
  await stopWorker();
  rows = await pictureRows(loop.database.store);
});
afterAll(async () => {
  cli.remove();
  await loop.stop();
});

it("finds nothing where the files are declared and the next pass has nothing to do in their workspaces", async () => {
  const run = await cli.run(["diff", "-f", cli.write("calm.yaml", CALM)]);
  expect(run).toMatchObject({ code: 0, stdout: "" });
  expect(run.stderr).toMatch(
    /^Declared already as they stand: 1 policy\.\n[0-9a-f]{24}\/calm: observed \d+[sm] ago\n0 policies to write, then 0 changes to make\.\n$/,
  );
});

it("exits 3 also where only the next pass would do something", async () => {
  const run = await cli.run(["diff", "-f", cli.write("declared.yaml", DECLARED)]);
  expect(run).toMatchObject({
    code: 3,
    stdout: `then start ${ORDERS}/clicks: FAILED, but declared STARTED\n`,
  });
  expect(run.stderr).toContain("0 policies to write, then 1 change to make.");
});

it("tells the declaration and the next pass in one view, pruned or not, in the words of a dry run", async () => {
  const file = cli.write("next.yaml", NEXT);
  const [kept, pruned, dry] = await Promise.all([
    cli.run(["diff", "-f", file]),
    cli.run(["diff", "-f", file, "--prune"]),
    cli.run(["apply", "-f", file, "--prune", "--dry-run"]),
  ]);
  const change = `change ${ORDERS}/views\n    start.tier: SP10 -> SP30\n`;
  const start = `then start ${ORDERS}/clicks: FAILED, but declared STARTED\n`;
  const restart = `then restart ${ORDERS}/views: runs on SP10, but declared SP30\n`;
  expect(kept).toMatchObject({ code: 3, stdout: change + start + restart });
  expect(pruned).toMatchObject({ code: 3, stdout: `${change}delete ${ORDERS}/gone\n${start}${restart}` });
  expect(pruned.stderr).toContain("2 policies to write, then 2 changes to make.");
  expect(dry).toMatchObject({ code: 0, stdout: `${change}delete ${ORDERS}/gone\n${restart}` });
});

interface DiffDocument {
  readonly writes: readonly object[];
  readonly changes: number;
  readonly unchanged: number;
  readonly workspaces: readonly { readonly ref: object }[];
}

it("prints the same for programs", async () => {
  const [json, yaml] = await Promise.all([
    cli.run(["diff", "-f", "-", "-o", "json"], { input: NEXT }),
    cli.run(["diff", "-f", "-", "-o", "yaml"], { input: NEXT }),
  ]);
  expect([json.code, yaml.code]).toEqual([3, 3]);
  const document = JSON.parse(json.stdout) as DiffDocument;
  expect(document).toMatchObject({
    writes: [
      {
        ref: { project: PROJECT, workspace: "orders", processor: "views" },
        kind: "change",
        changes: [{ path: "start.tier", before: "SP10", after: "SP30" }],
      },
    ],
    unchanged: 1,
    positions: [],
    changes: 2,
  });
  expect(document.workspaces.map(({ ref }) => ref)).toEqual([{ project: PROJECT, workspace: "orders" }]);
  expect((parse(yaml.stdout) as DiffDocument).writes).toEqual(document.writes);
});

it("says of a workspace nobody has looked at that what a pass would do is not known", async () => {
  const text = `project: ${PROJECT}\nworkspace: new\nprocessors:\n  a: {}\n  b: { state: STOPPED }\n`;
  const run = await cli.run(["diff", "-f", "-"], { input: text });
  expect(run).toEqual({
    code: 3,
    stdout: `create ${PROJECT}/new/a\ncreate ${PROJECT}/new/b\n`,
    stderr:
      `${PROJECT}/new: observed never: what a pass would do is not known yet\n` +
      "2 policies to write, then 0 changes to make.\n",
  });
});

it("tells the faults of a faulty file, and has written and posted nothing in all of this", async () => {
  const faulty = await cli.run(["diff", "-f", "-"], { input: inOrders("  a: { state: RUNNING }\n") });
  expect(faulty).toMatchObject({ code: 1, stdout: "" });
  expect(faulty.stderr).toContain('processors.a.state: "RUNNING" is not allowed here');
  expect(await pictureRows(loop.database.store)).toEqual(rows);
  expect(findPosts(loop)).toEqual([]);
});
