// What an apply would prune, which of its effects stop or restart something, and what becomes of a declared position.
import fc from "fast-check";
import { expect, it } from "vitest";
import { isMutation, toPositionKind, toPruned } from "../../../src/app/declare/apply.js";
import type { ApplyRequest } from "../../../src/app/declare/apply.js";
import type { PlannedProcessor } from "../../../src/app/look/plan.js";
import type { ChangeKind } from "../../../src/domain/decide/decision.js";
import type { Policy } from "../../../src/domain/policy.js";
import type { ProcessorRef } from "../../../src/domain/refs.js";
import { toPositionKey } from "../../../src/domain/start-options.js";
import type { StartOptions } from "../../../src/domain/start-options.js";
import { REF, aDeclared, aPolicy, aStatus, anObservation } from "../../support/domain-builders.js";

const { project } = REF;
const at = (name: string): ProcessorRef => {
  const [workspace = "", processor = ""] = name.split("/");
  return { project, workspace, processor };
};

/** Names of what is pruned: stored, named by the files, in the workspaces of the files. */
function prune(
  stored: readonly string[],
  request: {
    readonly named: readonly string[];
    readonly workspaces: readonly string[];
    readonly prune?: boolean;
  },
): readonly string[] {
  const asked: ApplyRequest = {
    processors: request.named.map((name) => ({ ref: at(name), policy: aPolicy() })),
    workspaces: request.workspaces.map((workspace) => ({ project, workspace })),
    prune: request.prune ?? true,
  };
  const policies = stored.map((name) => ({ ref: at(name), declared: aDeclared() }));
  return toPruned(asked, policies).map(({ ref, after }) => {
    expect(after).toBeNull();
    return `${ref.workspace}/${ref.processor}`;
  });
}

it.each([
  {
    reason: "nothing without --prune",
    stored: ["w/a"],
    request: { named: [], workspaces: ["w"], prune: false },
    pruned: [],
  },
  {
    reason: "what the file no longer contains",
    stored: ["w/a", "w/b", "w/c"],
    request: { named: ["w/b"], workspaces: ["w"] },
    pruned: ["w/a", "w/c"],
  },
  {
    reason: "nothing of a workspace that no file names",
    stored: ["w/a", "other/a"],
    request: { named: ["w/a"], workspaces: ["w"] },
    pruned: [],
  },
  {
    reason: "all of a workspace whose document is empty",
    stored: ["w/a", "w/b", "other/a"],
    request: { named: ["other/a"], workspaces: ["w", "other"] },
    pruned: ["w/a", "w/b"],
  },
  {
    reason: "one whose name is kept in another workspace",
    stored: ["w/a", "other/a"],
    request: { named: ["other/a"], workspaces: ["w", "other"] },
    pruned: ["w/a"],
  },
  {
    reason: "nothing of what is new",
    stored: [],
    request: { named: ["w/a"], workspaces: ["w"] },
    pruned: [],
  },
])("prunes $reason", ({ stored, request, pruned }) => {
  expect(prune(stored, request)).toEqual(pruned);
});

it("takes what it deletes as it was read, so that a policy changed meanwhile is a conflict", () => {
  const declared = aDeclared({ version: 7 });
  const request: ApplyRequest = { processors: [], workspaces: [{ project, workspace: "w" }], prune: true };
  expect(toPruned(request, [{ ref: at("w/a"), declared }])).toEqual([
    { ref: at("w/a"), before: declared, after: null },
  ]);
});

it("after a prune the named workspaces hold what the files name and nothing else, the others what they held", () => {
  const someName = fc
    .tuple(fc.constantFrom("u", "v", "w"), fc.constantFrom("a", "b", "c"))
    .map(([workspace, processor]) => `${workspace}/${processor}`);
  fc.assert(
    fc.property(
      fc.uniqueArray(someName),
      fc.uniqueArray(someName),
      fc.uniqueArray(fc.constantFrom("u", "v", "w")),
      (stored, declared, workspaces) => {
        const isScoped = (name: string): boolean => workspaces.some((one) => name.startsWith(`${one}/`));
        const named = declared.filter(isScoped);
        const gone = prune(stored, { named, workspaces });
        const left = stored.filter((name) => !gone.includes(name));
        expect(gone.every(isScoped)).toBe(true);
        expect(left.filter(isScoped).every((name) => named.includes(name))).toBe(true);
        expect(left.filter((name) => !isScoped(name))).toEqual(stored.filter((name) => !isScoped(name)));
      },
    ),
  );
});

function aDecision(kind: ChangeKind | undefined, code: PlannedProcessor["decision"]["reason"]["code"]) {
  const action = { options: {}, slotAt: null, isBrakeable: true };
  return {
    row: "runs-as-declared" as const,
    reason: { code, text: "the reason" },
    ...(kind === undefined ? {} : { action: { kind, ...action } }),
  };
}

it.each([
  { kind: "start", code: "start", is: false },
  { kind: "stop", code: "stop", is: true },
  { kind: "restart", code: "restart-tier", is: true },
  { kind: "restart", code: "restart-slot", is: true },
  { kind: undefined, code: "braked", is: true },
  { kind: undefined, code: "as-declared", is: false },
  { kind: undefined, code: "would-stop", is: false },
  { kind: undefined, code: "waiting-for-place", is: false },
] as const)("a decision of $code takes something that runs away: $is", ({ kind, code, is }) => {
  expect(isMutation(aDecision(kind, code))).toBe(is);
});

const TIME: StartOptions = { startAtOperationTime: "2026-05-04T09:42:00Z" };
const LATER: StartOptions = { startAtOperationTime: "2026-06-04T09:42:00Z" };
const FRESH: StartOptions = { resumeFromCheckpoint: false };
const keysOf = (...all: readonly StartOptions[]): readonly string[] =>
  all.flatMap((one) => toPositionKey(one) ?? []);

it.each([
  { reason: "a time, at rest", start: TIME, spent: [], state: "STOPPED", kind: "will-be-spent" },
  { reason: "a time, never seen", start: TIME, spent: [], state: undefined, kind: "will-be-spent" },
  { reason: "a time, FAILED", start: TIME, spent: [], state: "FAILED", kind: "will-be-spent" },
  { reason: "a time, while it runs", start: TIME, spent: [], state: "STARTED", kind: "no-effect-running" },
  { reason: "a time that was spent", start: TIME, spent: [TIME], state: "STOPPED", kind: "already-spent" },
  {
    reason: "one that was spent, while it runs",
    start: TIME,
    spent: [TIME],
    state: "STARTED",
    kind: "already-spent",
  },
  {
    reason: "another time than was spent",
    start: LATER,
    spent: [TIME],
    state: "STOPPED",
    kind: "will-be-spent",
  },
  { reason: "a fresh start", start: FRESH, spent: [TIME], state: "STOPPED", kind: "will-be-spent" },
  {
    reason: "a fresh start that was spent",
    start: FRESH,
    spent: [FRESH],
    state: "STOPPED",
    kind: "already-spent",
  },
])("says of $reason: $kind", ({ start, spent, state, kind }) => {
  const policy: Policy = aPolicy({ start });
  const observed = state === undefined ? null : anObservation({ state });
  expect(toPositionKind(policy, aStatus({ observed, positionsSpent: [...keysOf(...spent)] }))).toBe(kind);
});

it("says of what ran once and is gone that its position will be spent", () => {
  const gone = aStatus({ observed: anObservation(), absences: 2 });
  expect(toPositionKind(aPolicy({ start: TIME }), gone)).toBe("will-be-spent");
});
