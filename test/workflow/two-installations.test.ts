// Two installations of Headgate in one namespace of Temporal: each carries out its own work and no other's.
import { afterEach, expect, it } from "vitest";
import { openCliInside } from "../support/cli-inside.js";
import { declareIn, theChangeOf } from "../support/changes.js";
import { aFleet, findPosts, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";

const loops: TestLoop[] = [];
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.stop()));
});

const NAMED = ["TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_CONFIG_FILE"];

async function startTwo(): Promise<readonly [TestLoop, TestLoop]> {
  const populate = aFleet({ orders: { p: "FAILED" } });
  const one = await startLoop({ simulator: { populate } });
  loops.push(one);
  const temporal = Object.fromEntries(NAMED.map((name) => [name, one.variables[name] ?? ""]));
  const other = await startLoop({ simulator: { populate }, temporal });
  loops.push(other);
  return [one, other];
}

it("each starts its own FAILED processor once: FAILED is not lost because its run is another's", async () => {
  const two = await startTwo();
  for (const loop of two) await loop.startWorker();
  await Promise.all(two.map((loop) => declareIn(loop, "orders", "{ state: STARTED }")));
  for (const loop of two) {
    expect(await theChangeOf(loop, "orders")).toMatchObject({ outcome: "succeeded", posts: 1 });
    expect(findPosts(loop)).toHaveLength(1);
    const cli = openCliInside(loop.variables);
    const { code, stderr } = await cli.run(["doctor"]);
    cli.remove();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "Nothing is wrong; 0 warnings.\n" });
  }
});

it("on one task queue, as older ones are: nothing of the other's is touched, and doctor says whose worker asks", async () => {
  const [one, other] = await startTwo();
  await other.database.store.query("update installation_names set task_queue = 'headgate'");
  await other.startWorker();
  // The Schedule is the first comer's; only the queue is shared.
  await one.database.store.query("update installation_names set task_queue = 'headgate'");
  await declareIn(one, "orders", "{ state: STARTED }");
  const runs = await one.app.runs();
  const pass = await runs.startPass({ workspaces: null, isLookOnly: false });
  await expect(pass.result()).rejects.toMatchObject({
    cause: {
      cause: {
        type: "ForeignInstallation",
        message: expect.stringContaining("TEMPORAL_NAMESPACE") as string,
      },
    },
  });
  expect(findPosts(one)).toEqual([]);
  expect(await other.database.store.query("select from workspaces")).toEqual([]);
  expect(await other.database.store.query("select from changes")).toEqual([]);
  const cli = openCliInside(one.variables);
  const findings = await until(async () => {
    const { stdout } = await cli.run(["doctor"]);
    return stdout.includes("a worker of another installation") ? stdout : undefined;
  });
  cli.remove();
  expect(findings).toMatch(
    /^wrong +schedule: headgate-reconcile belongs to another installation of Headgate/m,
  );
});
