// Postgres and what stands in it: the schema, whose tables they are, how the loop gets on, and what waits for a person.
// The order matters: each check may only ask for what the one before it found. After `postgres` there is a server,
// after
// `migrations` the tables are those of this version. Each asks one or two statements and takes no lock.
// The `judge...` functions are pure, so that each verdict can be tested without a broken installation.
import { formatCount, formatSpan } from "../../domain/tell/wording.js";
import { AppError } from "../../base/errors.js";
import type { BudgetListing } from "../../store/pass/budgets.js";
import { listBudgets } from "../../store/pass/budgets.js";
import {
  readAppliedMigrations,
  readDatabase,
  readLoop,
  readOutbox,
  readWaiting,
} from "../../store/checkup.js";
import { readAtlasName } from "../../store/installation.js";
import { readClock } from "../../store/postgres/clock.js";
import type { Store } from "../../store/postgres/pool.js";
import type { Check, Found } from "./checks.js";
import { examineZones } from "./zones.js";

export interface PostgresContext {
  /** Opened at first call. Throws `config.invalid` where Postgres is not named. */
  readonly store: () => Store;
  /** Host, port and name of the database; no user, no password. */
  readonly address: string;
  /** Of this version, in order. */
  readonly migrations: readonly string[];
  /** By which stored data remember the Atlas that is configured. */
  readonly atlasName: string;
}

export const POSTGRES_CHECKS: readonly Check<PostgresContext>[] = [
  {
    name: "postgres",
    remedy: "start Postgres, or set DATABASE_URL to one that runs",
    examine: async ({ store, address }: PostgresContext): Promise<Found> => {
      const facts = await readDatabase(store());
      if (facts === undefined) throw new Error("no answer");
      const told = `Postgres ${facts.version} at ${address}, as ${facts.user}`;
      // A standby answers every read: only the first write would fail, in the middle of a pass.
      if (facts.isWritable) return { found: told };
      return {
        verdict: "wrong",
        found: `${told}, read only`,
        remedy: "set DATABASE_URL to the primary: Headgate writes",
      };
    },
  },
  {
    name: "migrations",
    remedy: "run headgate migrate",
    examine: examineMigrations,
  },
  {
    name: "owner",
    remedy: "run headgate migrate",
    examine: async ({ store, atlasName }: PostgresContext): Promise<Found> => {
      const owner = await readAtlasName(store());
      // A new database. It is claimed by the first that calls Atlas for it, and never changes hands afterwards.
      if (owner === undefined)
        return { found: "belongs to no Atlas yet: the first worker or export says which" };
      if (owner === atlasName) return { found: `the tables belong to ${owner}` };
      return {
        verdict: "wrong",
        found: `the tables belong to the Atlas at ${owner}, but MONGODB_ATLAS_BASE_URL says ${atlasName}`,
        remedy: "use another database, or that MONGODB_ATLAS_BASE_URL",
      };
    },
  },
  {
    name: "observations",
    remedy: "run headgate migrate",
    examine: async ({ store }: PostgresContext): Promise<Found> => {
      const facts = await readLoop(store());
      return facts === undefined ? { found: "none" } : judgeLoop(facts);
    },
  },
  {
    name: "waiting",
    remedy: "run headgate migrate",
    examine: async ({ store }: PostgresContext): Promise<Found | readonly Found[]> => {
      const facts = await readWaiting(store());
      return facts === undefined ? { found: "nothing" } : judgeWaiting(facts);
    },
  },
  {
    name: "notices",
    remedy: "run headgate migrate",
    examine: async ({ store }: PostgresContext): Promise<Found | readonly Found[]> => {
      const facts = await readOutbox(store());
      return facts === undefined ? { found: "none" } : judgeOutbox(facts);
    },
  },
  {
    name: "budgets",
    remedy: "run headgate migrate",
    examine: async ({ store }: PostgresContext): Promise<Found> =>
      judgeBudgets(await listBudgets(store()), await readClock(store())),
  },
  {
    name: "zones",
    remedy: "run headgate migrate",
    examine: async ({ store }: PostgresContext): Promise<Found | readonly Found[]> =>
      examineZones(store(), await readClock(store())),
  },
];

/**
 * Throws where a migration of this version is missing: nothing can be read from older tables. Newer tables are only
 * wrong: what this version reads may still be there, and the other checks say more.
 */
async function examineMigrations({ store, migrations }: PostgresContext): Promise<Found> {
  const applied = await readAppliedMigrations(store());
  if (applied === undefined) throw new AppError("config.invalid", "this database has no Headgate tables");
  const missing = migrations.filter((name) => !applied.includes(name));
  if (missing.length > 0) throw new AppError("config.invalid", `not applied: ${missing.join(", ")}`);
  const unknown = applied.filter((name) => !migrations.includes(name));
  if (unknown.length === 0) return { found: `all ${String(applied.length)} applied` };
  return {
    verdict: "wrong",
    found: `applied by a newer version: ${unknown.join(", ")}`,
    remedy: "use the version of headgate that migrated this database",
  };
}

type LoopFacts = NonNullable<Awaited<ReturnType<typeof readLoop>>>;

/** The first that is true: nothing to observe, late, failing, stale. Later ones are consequences of earlier ones. */
export function judgeLoop(facts: LoopFacts): Found {
  const { workspaces, overdue, failing, failingCount, observedAt, isStale, now } = facts;
  if (workspaces === 0) {
    return {
      verdict: "warning",
      found: "no policy is declared, so nothing is observed",
      remedy: "headgate export --project P -f fleet.yaml, then headgate apply -f fleet.yaml",
    };
  }
  const last = observedAt === null ? "never" : `${formatSpan(now - observedAt)} ago`;
  const all = formatCount(workspaces, "workspace");
  if (overdue > 0) {
    return {
      verdict: "wrong",
      found: `${String(overdue)} of ${all} not observed in time; the newest observation: ${last}`,
      remedy: "see schedule and worker below, and the worker's log",
    };
  }
  if (failingCount > 0) {
    return {
      verdict: "wrong",
      found: `${String(failingCount)} of ${all} not seen by the last pass: ${failing.join("; ")}`,
      remedy:
        "headgate get workspaces --condition failing shows them all; atlas below shows if the credentials are the cause",
    };
  }
  // Claimed in time and never stored: the loop runs, and every look of it fails. Never observed at all may be new.
  if (isStale && observedAt !== null) {
    return {
      verdict: "wrong",
      found: `not one of ${all} was observed within two intervals; the newest observation: ${last}`,
      remedy: "see schedule and worker below, and the worker's log",
    };
  }
  return { found: `${all} observed in time; the newest observation: ${last}` };
}

type WaitingFacts = NonNullable<Awaited<ReturnType<typeof readWaiting>>>;

/** One line per project and workspace, because each needs a command of its own; parked processors are only counted. */
export function judgeWaiting({ held, braked, parked }: WaitingFacts): Found | readonly Found[] {
  const found: Found[] = [
    ...held.map((project) => ({
      of: "held",
      verdict: "wrong" as const,
      found: project,
      remedy: "mend the cause; Headgate tries the project again by itself every few minutes",
    })),
    ...braked.map((workspace) => ({
      of: "braked",
      verdict: "wrong" as const,
      found: `${workspace}: too many unscheduled stops and tier restarts at once`,
      remedy: `headgate plan --workspace ${workspace} shows them, headgate release-brake ${workspace} lets them through`,
    })),
  ];
  if (parked > 0) {
    found.push({
      of: "parked",
      verdict: "warning",
      found: `${formatCount(parked, "processor")} parked: Headgate gave up on ${parked === 1 ? "it" : "them"}`,
      remedy: "headgate get processors --condition parked, headgate explain REF, then headgate unpark REF",
    });
  }
  return found.length === 0 ? { found: "nothing is held, braked or parked" } : found;
}

type OutboxFacts = NonNullable<Awaited<ReturnType<typeof readOutbox>>>;

/** Warnings at most: the loop goes on, and only nobody hears of it. */
export function judgeOutbox({ channels, waiting, lost }: OutboxFacts): Found | readonly Found[] {
  const found: Found[] = channels
    .filter(({ failures }) => failures > 0)
    .map(({ channel, failures, error }) => ({
      of: channel,
      verdict: "warning",
      found: `${formatCount(failures, "failure")} in a row: ${error ?? "unknown"}`,
      remedy: `headgate notify test --channel ${channel}, from where the workers run`,
    }));
  if (lost > 0) {
    found.push({
      of: "lost",
      verdict: "warning",
      found: `${formatCount(lost, "notice")} of the last day never arrived`,
      remedy: "headgate get notifications --condition lost shows why",
    });
  }
  if (found.length > 0) return found;
  if (channels.length === 0)
    return { found: "no channel is configured: nobody is told of what needs a person" };
  return {
    found: `${channels.map(({ channel }) => channel).join(", ")}; ${formatCount(waiting, "notice")} waiting`,
  };
}

/**
 * A warning at most: an empty budget fills again by itself. `now` is the database's time, as the budgets' times are.
 */
export function judgeBudgets(budgets: readonly BudgetListing[], now: number): Found {
  // Budgets refill by fractions: less than one whole call is none.
  const empty = budgets.filter(({ left, blockedUntil }) => left < 1 || (blockedUntil ?? 0) > now);
  const [worst] = [...budgets].sort((one, other) => one.left - other.left);
  if (worst === undefined) return { found: "no call was made yet" };
  const all = formatCount(budgets.length, "project");
  if (empty.length === 0)
    return { found: `${all}; least left: ${String(worst.left)} of ${String(worst.capacity)} calls` };
  return {
    verdict: "warning",
    found: `no call may go now to ${empty.map(({ project }) => project).join(", ")}`,
    remedy: "headgate get budgets shows until when; other clients of the project share its limit",
  };
}
