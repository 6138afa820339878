// A span of the past, run again under policies: processors that share a restart train together, every other alone. Pure
// and discrete: a pass is decided, by the functions of a real one, at each recorded event, policy, slot and end of a
// wait. What sees other processors is left out: brake, caps, holds and incidents.
import { toGraceMs } from "../decide/attribution.js";
import type { Scheduler } from "../decide/schedule.js";
import { planWorkspace } from "../decide/workspace-plan.js";
import type { PlanTools, WorkspacePlan } from "../decide/workspace-plan.js";
import type { WorkspaceFacts } from "../decide/workspace-facts.js";
import type { WorkspaceRef } from "../refs.js";
import type { LoopSettings } from "../settings.js";
import type { DeclaredPolicy, ProcessorStatus } from "../status.js";
import { NOTICE_KINDS } from "../tell/notices.js";
import type { ReplayedDeed } from "./deeds.js";
import type { InForce, Script } from "./recording.js";
import { toReplayed, withChange, withCrash, withEvent } from "./world.js";
import type { Replayed } from "./world.js";

interface Member {
  readonly script: Script;
  /** By time; before the first nothing names it. */
  readonly policies: readonly InForce[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Replay {
  readonly ref: WorkspaceRef;
  readonly members: readonly Member[];
  readonly span: Span;
  readonly settings: LoopSettings;
  readonly tools: PlanTools;
}

export interface ReplayedGroup {
  /** Processor -> what would have been done, by time. */
  readonly deeds: ReadonlyMap<string, readonly ReplayedDeed[]>;
  /** It took more passes than a replay makes: the end of the span is left out. */
  readonly isCut: boolean;
}

/** More passes than a month has minutes say nothing that fewer do not. */
const PASSES_MAX = 50_000;

/** Brake and caps count others than these. */
const UNBOUNDED = {
  brakeCount: Number.MAX_SAFE_INTEGER,
  capPerWorkspace: Number.MAX_SAFE_INTEGER,
  capPerProject: Number.MAX_SAFE_INTEGER,
  capPerKey: Number.MAX_SAFE_INTEGER,
} as const;

interface Running extends Member {
  one: Replayed;
  /** How many of its events are over. */
  told: number;
  readonly deeds: ReplayedDeed[];
}

export function simulate(replay: Replay): ReplayedGroup {
  const { span, settings } = replay;
  const running = replay.members.map((member): Running => ({
    ...member,
    one: toReplayed(member.script),
    told: 0,
    deeds: [],
  }));
  let now = span.from;
  let passes = 0;
  for (; now <= span.to && passes < PASSES_MAX; passes += 1) {
    for (const member of running) catchUp(member, now);
    const plan = planWorkspace(toFacts(replay, running, now), replay.tools);
    for (const member of running) settlePass(member, plan, now);
    const isBusy = plan.processors.some(
      ({ hasStatusChanged, decision }) => hasStatusChanged || decision.reason.code === "waiting-for-train",
    );
    const pass = now + settings.intervalMs;
    const next = Math.min(...running.map((member) => findNext(replay, member, { now, pass })));
    now = isBusy ? Math.min(next, pass) : next;
  }
  return {
    deeds: new Map(running.map(({ script, deeds }) => [script.processor, deeds])),
    isCut: now <= span.to,
  };
}

/** Everything that has happened to it by now. */
function catchUp(member: Running, now: number): void {
  const { events } = member.script;
  for (let event = events[member.told]; event !== undefined && event.at <= now;) {
    member.one = withEvent(member.one, event, findDeclaredAt(member, event.at)?.version);
    member.told += 1;
    event = events[member.told];
  }
  const { crash } = member.one;
  if (crash !== null && crash.at <= now) member.one = withCrash(member.one, crash.text);
}

function findDeclaredAt({ policies }: Member, now: number): DeclaredPolicy | undefined {
  return policies.findLast(({ at }) => at <= now)?.declared;
}

function toFacts(replay: Replay, running: readonly Running[], now: number): WorkspaceFacts {
  return {
    ref: replay.ref,
    now,
    observedAt: now,
    observations: running.flatMap(({ one }) => one.world ?? []),
    processors: running.map((member) => ({
      processor: member.script.processor,
      declared: findDeclaredAt(member, now),
      status: member.one.status,
      hasOpenChange: false,
    })),
    hold: null,
    movers: Object.fromEntries(
      running.flatMap(({ script, one }) => (one.by === null ? [] : [[script.processor, one.by]])),
    ),
    stats: {},
    brakeReleased: {},
    recentMutations: 0,
    openInWorkspace: 0,
    openInProject: 0,
    openByKey: {},
    openStartsInTurn: null,
    incidents: [],
    settings: { ...replay.settings, ...UNBOUNDED },
  };
}

const PAGES: ReadonlySet<string> = new Set(NOTICE_KINDS);
/** What has to be approved is parked until then. */
const PARKINGS: ReadonlySet<string> = new Set(["processor.parked", "approval.needed"]);
const DEED_OF = { start: "attempts", restart: "restarts", stop: "stops" } as const;

function settlePass(member: Running, plan: WorkspacePlan, now: number): void {
  const { processor } = member.script;
  const planned = plan.processors.find((one) => one.processor === processor);
  if (planned === undefined) return;
  member.one = { ...member.one, status: planned.status };
  for (const { processor: of, kind, text } of plan.transitions) {
    if (of !== processor) continue;
    if (PARKINGS.has(kind)) member.deeds.push({ at: now, kind: "parked", text });
    if (PAGES.has(kind)) member.deeds.push({ at: now, kind: "pages", text: `${kind}: ${text}` });
  }
  const change = plan.changes.find(({ ref }) => ref.processor === processor);
  if (change === undefined || planned.declared === undefined) return;
  member.deeds.push({ at: now, kind: DEED_OF[change.kind], text: change.why });
  const options = planned.decision.action?.options ?? {};
  const carried = { planned: change, options, declared: planned.declared, now };
  member.one = withChange(member.one, carried, member.script.results);
}

/** When something may come of the clock or of what is recorded; what waits for a pass is seen by the next one. */
function findNext(
  { ref, settings, tools }: Replay,
  member: Running,
  { now, pass }: { readonly now: number; readonly pass: number },
): number {
  const { script, one } = member;
  const declared = findDeclaredAt(member, now);
  const given = [
    script.events[member.told]?.at,
    one.crash?.at,
    member.policies.find(({ at }) => at > now)?.at,
    findSlot(declared, { tools, ref: { ...ref, processor: script.processor }, now }),
  ];
  const waits = toEnds(one.status, declared, settings).filter((at) => at > now);
  return Math.min(
    ...given.flatMap((at) => (at === undefined ? [] : [Math.max(at, now + 1)])),
    ...waits.map((at) => Math.max(at, pass)),
  );
}

/** When the next slot fires. */
function findSlot(
  declared: DeclaredPolicy | undefined,
  at: {
    readonly tools: { readonly scheduler: Scheduler };
    readonly ref: Parameters<Scheduler["sameSlotUntil"]>[1];
    readonly now: number;
  },
): number | undefined {
  const restart = declared?.policy.restart;
  const { scheduler } = at.tools;
  if (restart === undefined || scheduler.findFault(restart) !== undefined) return undefined;
  return scheduler.sameSlotUntil(restart, at.ref, at.now);
}

/** Every time at which the status alone makes another decision. */
function toEnds(
  status: ProcessorStatus,
  declared: DeclaredPolicy | undefined,
  settings: LoopSettings,
): readonly number[] {
  const { nextAttemptAt, suspended, approval, climbed, stateSince, lastCloseAt } = status;
  const recovery = declared?.policy.recovery;
  const since = [
    recovery?.stableAfterMs,
    recovery === undefined ? undefined : toGraceMs(recovery, status),
    recovery?.proof?.withinMs,
    climbed?.stepBackAfterMs,
    settings.stuckMs,
    settings.trainHoldMs,
  ];
  const ends = [
    nextAttemptAt,
    suspended?.until,
    approval?.until,
    lastCloseAt === null ? undefined : lastCloseAt + settings.settleMs,
    ...since.map((ms) => (ms === undefined || stateSince === null ? undefined : stateSince + ms)),
  ];
  return ends.flatMap((at) => at ?? []);
}
