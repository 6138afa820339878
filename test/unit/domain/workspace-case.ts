// Workspaces for tests of a whole pass: members that are declared, observed and remembered as a test names them, and
// the pass after one, with what the first remembered. Decides nothing.
import type { Observation } from "../../../src/domain/observation.js";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../../../src/domain/status.js";
import type { WorkspaceFacts } from "../../../src/domain/decide/workspace-facts.js";
import type { WorkspacePlan } from "../../../src/domain/decide/workspace-plan.js";
import { MINUTE_MS, NOW, REF, aDeclared, anObservation } from "../../support/domain-builders.js";

export interface Member {
  readonly name: string;
  /** Default: version 3, STARTED on SP10. */
  readonly declared?: DeclaredPolicy | undefined;
  /** Null: absent from the list. */
  readonly seen?: Parameters<typeof anObservation>[0] | null;
  readonly status?: ProcessorStatus;
  readonly hasOpenChange?: boolean;
}

/** Facts of a pass at NOW that looked a second before; no hold, nothing open, nothing released. */
export function aWorkspace(members: readonly Member[], fields: Partial<WorkspaceFacts> = {}): WorkspaceFacts {
  return {
    ref: { project: REF.project, workspace: REF.workspace },
    now: NOW,
    observedAt: NOW - 1_000,
    observations: members.flatMap(toObservations),
    processors: members.map((member) => ({
      processor: member.name,
      declared: "declared" in member ? member.declared : aDeclared(),
      status: member.status,
      hasOpenChange: member.hasOpenChange ?? false,
    })),
    hold: null,
    movers: {},
    stats: {},
    brakeReleased: {},
    recentMutations: 0,
    incidents: [],
    openInWorkspace: 0,
    openInProject: 0,
    openByKey: {},
    openStartsInTurn: null,
    settings: DEFAULT_SETTINGS,
    ...fields,
  };
}

function toObservations({ name, seen }: Member): readonly Observation[] {
  return seen === null ? [] : [anObservation({ processor: name, ...seen })];
}

/** `count` members alike: `p-1`, `p-2` ... */
export function many(count: number, member: Omit<Member, "name">, prefix = "p"): readonly Member[] {
  return Array.from({ length: count }, (_, index) => ({ ...member, name: `${prefix}-${String(index + 1)}` }));
}

/** The pass a minute later, with what the first one remembered; Atlas shows the same. */
export function aPassLater(facts: WorkspaceFacts, plan: WorkspacePlan): WorkspaceFacts {
  const open = new Map(facts.processors.map(({ processor, hasOpenChange }) => [processor, hasOpenChange]));
  return {
    ...facts,
    now: facts.now + MINUTE_MS,
    observedAt: facts.observedAt + MINUTE_MS,
    processors: plan.processors.map(({ processor, declared, status }) => ({
      processor,
      declared,
      status,
      hasOpenChange: open.get(processor) ?? false,
    })),
    brakeReleased: plan.brakeReleased,
  };
}

/** Processor -> the code of the reason it was left with. */
export function toCodes({ processors }: WorkspacePlan): Readonly<Record<string, string>> {
  return Object.fromEntries(processors.map(({ processor, decision }) => [processor, decision.reason.code]));
}

/** The processors of the planned changes, in order. */
export function toNames({ changes }: WorkspacePlan): readonly string[] {
  return changes.map(({ ref }) => ref.processor);
}
