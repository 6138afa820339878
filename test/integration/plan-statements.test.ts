// What planning costs in SQL: a count that grows with what is asked about, and not with the fleet around it.
import { beforeEach, expect, it } from "vitest";
import { planApply } from "../../src/app/declare/apply.js";
import { requestPass } from "../../src/app/act/pass.js";
import { planFleet, planNamed } from "../../src/app/look/plan.js";
import { formatWorkspaceRef } from "../../src/domain/refs.js";
import type { WorkspaceRef } from "../../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { PROJECT } from "../support/fleets.js";
import { aPolicy, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const deps = (): Parameters<typeof planFleet>[0] => ({ store: database().store, settings: DEFAULT_SETTINGS });
const at = (index: number): { readonly project: string; readonly workspace: string } => ({
  project: PROJECT,
  workspace: `w-${String(index).padStart(3, "0")}`,
});
const WORKSPACES = 450;

/** One declared for real, and the others as rows around it. */
beforeEach(async () => {
  const { store } = database();
  await declare(store, { ...at(0), processor: "p" }, aPolicy());
  for (const table of ["workspaces", "start_policies"]) {
    await store.query(
      `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(
         'workspace', 'w-' || lpad(n::text, 3, '0')))).*
       from ${table} t, generate_series(1, $1::integer) n`,
      [WORKSPACES - 1],
    );
  }
  database().takeStatements();
});

it("plans the whole fleet with a statement for the names and one for each 200 workspaces, in their order", async () => {
  const planned = await planFleet(deps());
  expect(database().takeStatements()).toHaveLength(1 + 3);
  expect(planned.map(({ ref }) => ref.workspace)).toEqual(
    Array.from({ length: WORKSPACES }, (_, index) => at(index).workspace),
  );
  expect(planned.every(({ processors }) => processors.length === 1)).toBe(true);
});

it("plans one workspace, named twice, with one statement and once", async () => {
  const planned = await planNamed(deps(), { only: [at(7), at(7)] });
  expect(database().takeStatements()).toHaveLength(1);
  expect(planned.map(({ ref }) => ref)).toEqual([at(7)]);
});

it("plans an apply of one processor with two statements, however many are declared", async () => {
  const ref = { ...at(7), processor: "p" };
  const policy = aPolicy({ start: { tier: "SP30" } });
  const plan = await planApply(deps(), {
    processors: [{ ref, policy }],
    workspaces: [at(7)],
    prune: false,
  });
  expect(database().takeStatements()).toHaveLength(2);
  expect(plan.writes).toMatchObject([{ ref, before: { version: 1 }, after: { start: { tier: "SP30" } } }]);
  expect(plan.planned.map((one) => one.ref)).toEqual([at(7)]);
});

it("asks for a pass of one workspace with one statement, and with another where a name is to be refused", async () => {
  const app = { ...deps(), runs: (): Promise<never> => Promise.reject(new Error("not asked here")) };
  const ask = (only: readonly WorkspaceRef[], isLenient: boolean): Promise<unknown> =>
    requestPass(app, { only, isLenient, isLookOnly: true });
  await expect(ask([at(7), at(7)], false)).rejects.toThrow("not asked here");
  expect(database().takeStatements()).toHaveLength(1);
  const unknown = { ...at(7), workspace: "w-0007" };
  await expect(ask([at(7), unknown], true)).rejects.toThrow("not asked here");
  expect(database().takeStatements()).toHaveLength(1);
  const others = [unknown, { ...at(7), project: "f".repeat(24) }, { ...at(7), workspace: "W-007" }];
  for (const other of others) {
    await expect(ask([at(7), other], false)).rejects.toThrow(
      `no workspace ${formatWorkspaceRef(other)} has policies`,
    );
    expect(database().takeStatements()).toHaveLength(2);
  }
});

it("plans an apply of 300 workspaces with one statement for their policies and two for their rows", async () => {
  const workspaces = Array.from({ length: 300 }, (_, index) => at(index));
  const processors = workspaces.map((one) => ({
    ref: { ...one, processor: "p" },
    policy: aPolicy({ mode: "observe" }),
  }));
  const plan = await planApply(deps(), { processors, workspaces, prune: false });
  expect(database().takeStatements()).toHaveLength(1 + 2);
  expect(plan.planned).toHaveLength(300);
});

it("refuses a workspace that is not ours, with the nearest that is; one that an overlay names is planned", async () => {
  const unknown = { ...at(7), workspace: "w-0007" };
  await expect(planNamed(deps(), { only: [unknown] })).rejects.toMatchObject({
    code: "request.unknown",
    message: expect.stringContaining("did you mean") as string,
  });
  const overlays = [{ ref: { ...unknown, processor: "new" }, after: aPolicy() }];
  const [planned] = await planNamed(deps(), { only: [unknown], overlays });
  expect(planned).toMatchObject({ ref: unknown, observedAgeMs: null });
  expect(planned?.processors.map(({ decision }) => decision.reason.code)).toEqual(["not-observed"]);
});
