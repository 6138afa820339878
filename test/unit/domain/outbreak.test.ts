// Which failures make one incident, with which scope, and who joins one that is open.
import { expect, it } from "vitest";
import type { LookedAt } from "../../../src/domain/decide/looking.js";
import { findJoining, findOutbreak } from "../../../src/domain/incident/outbreak.js";
import type { OutbreakFacts } from "../../../src/domain/incident/outbreak.js";
import type { ProcessorStatus } from "../../../src/domain/status.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import { NOW, REF, aDeclared, anObservation, aStatus } from "../../support/domain-builders.js";

const { project, workspace } = REF;
const WORKSPACE = { project, workspace };

interface Group {
  readonly count: number;
  readonly state?: string;
  readonly connections?: readonly string[];
  readonly status?: Partial<ProcessorStatus>;
  readonly isObserved?: boolean;
}

function look(groups: readonly Group[]): readonly LookedAt[] {
  return groups.flatMap(({ count, state = "STARTED", connections = [], status = {}, isObserved }, group) =>
    Array.from({ length: count }, (_, index): LookedAt => {
      const processor = `g${String(group)}-${String(index)}`;
      const observation = anObservation({ processor, state, connections });
      const seen = aStatus({
        observed: observation,
        stateSince: NOW - 1_000,
        stateCause: "elsewhere",
        ...status,
      });
      const declared = aDeclared({ policy: { mode: isObserved === true ? "observe" : "enforce" } });
      return {
        processor: { processor, declared, status: seen, hasOpenChange: false },
        before: seen,
        status: seen,
        observation,
        failure: undefined,
      };
    }),
  );
}

function facts(groups: readonly Group[], fields: Partial<OutbreakFacts> = {}): OutbreakFacts {
  return {
    ref: WORKSPACE,
    now: NOW,
    looked: look(groups),
    members: new Set(),
    elsewhere: { failed: 0, processors: 0 },
    settings: DEFAULT_SETTINGS,
    ...fields,
  };
}

const KAFKA = { connections: ["kafka", "sink"] };
const CLUSTER = { connections: ["cluster", "sink"] };
const down = (count: number, group: Omit<Group, "count"> = {}): Group => ({
  count,
  state: "FAILED",
  ...group,
});

it.each([
  {
    reason: "nearly all that failed use one connection that others do not",
    groups: [down(30, KAFKA), { count: 10, ...CLUSTER }],
    scope: { ...WORKSPACE, connection: "kafka" },
  },
  {
    reason: "what all of them use is no connection at fault",
    groups: [down(20, KAFKA), down(20, CLUSTER), { count: 5, connections: ["sink"] }],
    scope: { ...WORKSPACE, connection: null },
  },
  { reason: "exactly the count, and exactly the share", groups: [down(10), { count: 30 }], scope: WORKSPACE },
  { reason: "too few", groups: [down(9)], scope: undefined },
  { reason: "too small a share", groups: [down(10), { count: 31 }], scope: undefined },
  {
    reason: "failed too long ago",
    groups: [down(20, { status: { stateSince: NOW - DEFAULT_SETTINGS.incidentWindowMs - 1 } })],
    scope: undefined,
  },
  {
    reason: "FAILED at first sight",
    groups: [down(20, { status: { stateCause: "first" } })],
    scope: undefined,
  },
  { reason: "mode observe", groups: [down(20, { isObserved: true })], scope: undefined },
  {
    reason: "suspended",
    groups: [down(20, { status: { suspended: { by: "ana", why: "x", until: NOW + 1 } } })],
    scope: undefined,
  },
])("$reason", ({ groups, scope }) => {
  expect(findOutbreak(facts(groups))?.scope).toEqual(scope && { connection: null, ...scope });
});

it("is the project's where its other workspaces fail too, however small each is", () => {
  const own = [down(3), { count: 1 }];
  expect(findOutbreak(facts(own, { elsewhere: { failed: 7, processors: 30 } }))?.scope).toEqual({
    project,
    workspace: null,
    connection: null,
  });
  expect(findOutbreak(facts(own, { elsewhere: { failed: 6, processors: 10 } }))).toBeUndefined();
  expect(findOutbreak(facts(own, { elsewhere: { failed: 7, processors: 300 } }))).toBeUndefined();
});

it("names those that failed, without those of an open incident, and has no counter in its reason", () => {
  const found = findOutbreak(facts([down(12)], { members: new Set(["g0-0"]) }));
  expect(found?.processors).toHaveLength(11);
  expect(found?.processors).not.toContain("g0-0");
  expect(found?.why).toBe(`workspace ${workspace}: many processors failed at once`);
});

it.each([
  { reason: "its connection", scope: { ...WORKSPACE, connection: "kafka" }, joins: 2 },
  { reason: "its workspace", scope: { ...WORKSPACE, connection: null }, joins: 3 },
  { reason: "its project", scope: { project, workspace: null, connection: null }, joins: 3 },
  { reason: "another workspace", scope: { project, workspace: "other", connection: null }, joins: 0 },
])("is joined by what fails in $reason", ({ scope, joins }) => {
  expect(findJoining(scope, facts([down(2, KAFKA), down(1, CLUSTER), { count: 4, ...KAFKA }]))).toHaveLength(
    joins,
  );
});
