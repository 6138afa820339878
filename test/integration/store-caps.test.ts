// The caps that a workspace and a project do not bound: open changes of one concurrency key, over all projects, and the
// turn of starts where Atlas has answered with its tenant lock. Exact, however many ask at once.
import { expect, it } from "vitest";
import type { ChangeRequest } from "../../src/domain/change/requests.js";
import { close } from "../../src/domain/change/outcome.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { closeChangeRow } from "../../src/store/change/closing.js";
import { openChangeRow } from "../../src/store/change/opening.js";
import type { OpenResult } from "../../src/store/change/opening.js";
import { rememberLock } from "../../src/store/change/turns.js";
import type { LoadedWorkspace } from "../../src/store/pass/loading.js";
import { loadWorkspaces } from "../../src/store/pass/loading.js";
import { listChanges } from "../../src/store/people/listings/listings.js";
import { ORDERS, aPolicy, aRef, aRequest, anOpening, declare, useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const CAPS = { ...DEFAULT_SETTINGS, capPerKey: 4 };
const KEYED = aPolicy({ concurrencyKey: "kafka-eu" });
const OTHER_PROJECT = "f".repeat(24);

const open = (request: ChangeRequest, caps = CAPS): Promise<OpenResult> => {
  const { project, workspace, processor } = request.ref;
  return openChangeRow(database().store, {
    ...anOpening(request, `${project}/${workspace}/${processor}`),
    caps,
  });
};

const toCode = (result: OpenResult): string => (result.kind === "open" ? "open" : result.ending.code);
const toText = (result: OpenResult): string => (result.kind === "open" ? "open" : result.ending.text);

async function closeOne(ref: ProcessorRef): Promise<void> {
  const ending = { outcome: "succeeded", code: "done", text: "done" } as const;
  await closeChangeRow(database().store, {
    runId: `${ref.project}/${ref.workspace}/${ref.processor}`,
    ref,
    holdRecheckMs: DEFAULT_SETTINGS.holdRecheckMs,
    judge: (facts) => ({ ...close({ ...facts, ending, seen: null }), ending }),
  });
}

async function load(): Promise<LoadedWorkspace> {
  const { value } = await loadWorkspaces(database().store, [ORDERS], DEFAULT_SETTINGS).next();
  if (value === undefined) throw new Error("no such workspace");
  return value;
}

it("fills the places of a key exactly, over workspaces and projects, with thirty callers at once", async () => {
  const { store } = database();
  const workspaces = [
    ORDERS,
    { ...ORDERS, workspace: "payments" },
    { project: OTHER_PROJECT, workspace: "orders" },
  ];
  const refs = workspaces.flatMap((workspace) =>
    Array.from({ length: 10 }, (_, index) => aRef(`p-${String(index)}`, workspace)),
  );
  for (const ref of refs) await declare(store, ref, KEYED);
  const codes = (await Promise.all(refs.map((ref) => open(aRequest(ref))))).map(toCode);
  expect(codes.filter((code) => code === "open")).toHaveLength(4);
  expect(codes.filter((code) => code === "waiting-for-place")).toHaveLength(26);
  expect(await listChanges(store)).toHaveLength(4);
});

it.each([
  { who: "a pass", fields: {}, code: "waiting-for-place" },
  {
    who: "a person's bulk command",
    fields: { requestedBy: "person", isBulk: true },
    code: "waiting-for-place",
  },
  { who: "a person's single command", fields: { requestedBy: "person" }, code: "open" },
] as const)("without a place of its key, $who: $code", async ({ fields, code }) => {
  const { store } = database();
  for (const name of ["p", "q"]) await declare(store, aRef(name), KEYED);
  const one = { ...CAPS, capPerKey: 1 };
  await open(aRequest(aRef("p")), one);
  expect(toCode(await open(aRequest(aRef("q"), fields), one))).toBe(code);
});

it("names the key that is full, leaves others alone, and gives the place back at the close", async () => {
  const { store } = database();
  for (const name of ["p", "q"]) await declare(store, aRef(name), KEYED);
  await declare(store, aRef("r"), aPolicy({ concurrencyKey: "kafka-us" }));
  await declare(store, aRef("s"), aPolicy());
  const one = { ...CAPS, capPerKey: 1 };
  await open(aRequest(aRef("p")), one);
  expect(toText(await open(aRequest(aRef("q")), one))).toBe(
    "waiting for a place under the cap on open changes of kafka-eu",
  );
  expect(toCode(await open(aRequest(aRef("r")), one))).toBe("open");
  expect(toCode(await open(aRequest(aRef("s")), one))).toBe("open");
  expect((await load()).openByKey).toEqual({ "kafka-eu": 1, "kafka-us": 1 });
  await closeOne(aRef("p"));
  expect((await load()).openByKey).toEqual({ "kafka-us": 1 });
  expect(toCode(await open(aRequest(aRef("q")), one))).toBe("open");
});

it("counts a change by the key it was opened under, whatever its policy says by then", async () => {
  const { store } = database();
  await declare(store, aRef("p"), KEYED);
  await open(aRequest(aRef("p")));
  await declare(store, aRef("p"), aPolicy({ concurrencyKey: "kafka-us" }));
  expect((await load()).openByKey).toEqual({ "kafka-eu": 1 });
});

it("after the tenant lock one start of the workspace is open at a time, and stops go on", async () => {
  const { store } = database();
  for (const name of ["p", "q", "s"]) await declare(store, aRef(name), aPolicy());
  const payments = aRef("p", { ...ORDERS, workspace: "payments" });
  await declare(store, payments, aPolicy());
  expect((await load()).openStartsInTurn).toBeNull();
  await rememberLock(store, { ref: ORDERS, forMs: 600_000 });
  expect((await load()).openStartsInTurn).toBe(0);
  expect(toCode(await open(aRequest(aRef("p"))))).toBe("open");
  expect((await load()).openStartsInTurn).toBe(1);
  expect(toText(await open(aRequest(aRef("q"))))).toBe(
    "waiting for its turn: Atlas takes one start of the workspace at a time",
  );
  expect(toCode(await open(aRequest(aRef("s"), { kind: "stop" })))).toBe("open");
  expect(toCode(await open(aRequest(payments)))).toBe("open");
  await closeOne(aRef("p"));
  expect(toCode(await open(aRequest(aRef("q"))))).toBe("open");
});

it("forgets the tenant lock when its time is over, counted from the last answer", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await rememberLock(store, { ref: ORDERS, forMs: 600_000 });
  await database().advance(400_000);
  await rememberLock(store, { ref: ORDERS, forMs: 600_000 });
  await rememberLock(store, { ref: ORDERS, forMs: 1 });
  await database().advance(599_000);
  expect((await load()).openStartsInTurn).toBe(0);
  await database().advance(1_001);
  expect((await load()).openStartsInTurn).toBeNull();
});
