// The fleet, watched: everything once, then only what moved. A look plans the workspaces that the journal names, and a
// few of those that have something left to do, for what no line tells of: time that has passed. So what a look costs
// depends on what goes on, and not on the size of the fleet. Reads what is stored; no call to Atlas.
import { formatProcessorRef, formatWorkspaceRef } from "../../domain/refs.js";
import type { WorkspaceRef } from "../../domain/refs.js";
import { listChangesIn } from "../../store/people/listings/listings.js";
import type { ChangeListing } from "../../store/people/listings/listings.js";
import { readNewestLine, readNews } from "../../store/people/news.js";
import type { NewsLine } from "../../store/people/news.js";
import type { AppDeps } from "../deps.js";
import { toNow, toRow } from "./fleet.js";
import type { FleetRow } from "./fleet.js";
import { planFleet } from "./plan.js";
import type { PlannedWorkspace } from "./plan.js";

export interface FleetLook {
  /** Planned at this look: all at the first. */
  readonly rows: readonly FleetRow[];
  /** Names of those that were there before it. */
  readonly gone: readonly string[];
}

export interface FleetWatch {
  /** What moved since the last look; at the first one everything. */
  look(): Promise<FleetLook>;
  /** Everything, planned at this moment. */
  lookAtAll(): Promise<FleetLook>;
  /** What the looks so far have seen, by name; workspaces that came after the first look come last. */
  rows(): readonly FleetRow[];
  count(): number;
}

/** Workspaces with something left to do that each look plans again. */
const SWEPT = 5;
/** Looks at which a line may be late: transactions are shorter than that. */
const LATE_LOOKS = 10;

/**
 * Changes opened before `since` (database time) are none of this watch's. A look costs one statement, and if anything
 * is planned one for the changes and one for each 200 workspaces; a look at all one more.
 */
export function watchFleet(deps: Pick<AppDeps, "store" | "settings">, since: number): FleetWatch {
  const news = followNews(deps);
  const memory = createFleetMemory();
  /** Not yet, or the last look broke off and with it what it had heard: then everything is news. */
  let isFollowing = false;

  const plan = async (asked: ReadonlyMap<string, WorkspaceRef> | undefined): Promise<FleetLook> => {
    const planned = await planFleet(deps, { only: asked && [...asked.values()] });
    const refs = planned.map(({ ref }) => ref);
    const changes = groupByProcessor(await listChangesIn(deps.store, refs, since));
    return memory.take({ planned, changes, asked });
  };
  const lookAtAll = async (): Promise<FleetLook> => {
    // Before anything is planned: what moves meanwhile is news at the next look.
    await news.begin();
    return plan(undefined);
  };
  const lookAtNews = async (): Promise<FleetLook> => {
    const lines = await news.take();
    // The clock went back, or whatever else concerns everything.
    if (lines.some(({ project }) => project === null)) return lookAtAll();
    const asked = memory.takePending(SWEPT);
    for (const ref of toMoved(lines, () => memory.workspaces())) asked.set(formatWorkspaceRef(ref), ref);
    return asked.size === 0 ? { rows: [], gone: [] } : plan(asked);
  };
  const following = async (look: () => Promise<FleetLook>): Promise<FleetLook> => {
    isFollowing = false;
    const found = await look();
    isFollowing = true;
    return found;
  };
  return {
    look: () => following(isFollowing ? lookAtNews : lookAtAll),
    lookAtAll: () => following(lookAtAll),
    rows: memory.rows,
    count: memory.count,
  };
}

interface SeenWorkspace {
  readonly ref: WorkspaceRef;
  readonly rows: readonly FleetRow[];
}

interface Planned {
  readonly planned: readonly PlannedWorkspace[];
  readonly changes: ChangesByName;
  /** What was to be planned; of that, what was not is ours no more. Undefined: all. */
  readonly asked: ReadonlyMap<string, WorkspaceRef> | undefined;
}

interface FleetMemory extends Pick<FleetWatch, "rows" | "count"> {
  take(news: Planned): FleetLook;
  /** So many workspaces with something left to do, those first that were planned longest ago. */
  takePending(count: number): Map<string, WorkspaceRef>;
  workspaces(): readonly WorkspaceRef[];
}

/** Also remembers where each processor was seen first, for those that no change touches. */
function createFleetMemory(): FleetMemory {
  const firstSeen = new Map<string, string>();
  const seen = new Map<string, SeenWorkspace>();
  const pending = new Map<string, WorkspaceRef>();
  let count = 0;
  const toRows = ({ processors }: PlannedWorkspace, changes: ChangesByName): readonly FleetRow[] =>
    processors.map((processor) => {
      const name = formatProcessorRef(processor.ref);
      const now = toNow(processor);
      if (now !== "-" && !firstSeen.has(name)) firstSeen.set(name, now);
      return toRow(processor, { changes: changes.get(name) ?? [], firstSeen: firstSeen.get(name) ?? now });
    });
  return {
    take: ({ planned, changes, asked = new Map(seen) }) => {
      const now = new Map(planned.map((one) => [formatWorkspaceRef(one.ref), toRows(one, changes)]));
      const before = new Set([...asked.keys()].flatMap((key) => toNames(seen.get(key)?.rows)));
      count -= before.size;
      for (const key of asked.keys()) {
        pending.delete(key);
        if (!now.has(key)) seen.delete(key);
      }
      for (const { ref } of planned) {
        const key = formatWorkspaceRef(ref);
        const rows = now.get(key) ?? [];
        seen.set(key, { ref, rows });
        count += rows.length;
        if (rows.some(({ standing }) => standing === "pending")) pending.set(key, ref);
        for (const name of toNames(rows)) before.delete(name);
      }
      return { rows: [...now.values()].flat(), gone: [...before] };
    },
    takePending: (wanted) => takeFirst(pending, wanted),
    workspaces: () => [...seen.values()].map(({ ref }) => ref),
    rows: () => [...seen.values()].flatMap(({ rows }) => rows),
    count: () => count,
  };
}

function toNames(rows: readonly FleetRow[] = []): readonly string[] {
  return rows.map(({ ref }) => formatProcessorRef(ref));
}

function takeFirst<Value>(all: ReadonlyMap<string, Value>, count: number): Map<string, Value> {
  const first = new Map<string, Value>();
  for (const [key, value] of all) {
    if (first.size >= count) break;
    first.set(key, value);
  }
  return first;
}

/** A line about a project moves all its workspaces. */
function toMoved(lines: readonly NewsLine[], known: () => readonly WorkspaceRef[]): readonly WorkspaceRef[] {
  const named = lines.flatMap(({ project, workspace }) =>
    project === null || workspace === null ? [] : [{ project, workspace }],
  );
  const projects = new Set(lines.filter(({ workspace }) => workspace === null).map(({ project }) => project));
  if (projects.size === 0) return named;
  return [...named, ...known().filter(({ project }) => projects.has(project))];
}

interface News {
  /** From now on. */
  begin(): Promise<void>;
  /** Lines that were not taken yet, late ones among them. */
  take(): Promise<readonly NewsLine[]>;
}

function followNews({ store }: Pick<AppDeps, "store">): News {
  /** The newest line at each of the last looks, the oldest first. */
  let newest: number[] = [];
  let taken: ReadonlySet<number> = new Set();
  return {
    begin: async () => {
      newest = [await readNewestLine(store)];
      taken = new Set();
    },
    take: async () => {
      const lines = await readNews(store, newest[0] ?? 0);
      const news = lines.filter(({ id }) => !taken.has(id));
      taken = new Set(lines.map(({ id }) => id));
      newest = [...newest, lines.at(-1)?.id ?? newest.at(-1) ?? 0].slice(-LATE_LOOKS);
      return news;
    },
  };
}

type ChangesByName = ReadonlyMap<string, readonly ChangeListing[]>;

/** Newest first, as they come. */
function groupByProcessor(changes: readonly ChangeListing[]): ChangesByName {
  const groups = new Map<string, ChangeListing[]>();
  for (const change of changes) {
    const name = formatProcessorRef(change.ref);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [change]);
    else group.push(change);
  }
  return groups;
}
