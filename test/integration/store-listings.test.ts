// What may be asked of a listing, said in SQL: every condition and every column of every noun, the noun's own time, and
// selectors, which have to mean in SQL what they mean elsewhere.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  pageBudgets,
  pageChanges,
  pageIncidents,
  pageJournal,
  pageNotifications,
  pagePolicies,
  pageProcessors,
  pageProjects,
  pageSchedules,
  pageSuspensions,
  pageWorkspaces,
} from "../../src/app/look/page-listing.js";
import type { Pages } from "../../src/app/look/page-listing.js";
import { CONDITIONS, SORTS } from "../../src/domain/tell/listing.js";
import type { Condition, ListQuery, ListingName } from "../../src/domain/tell/listing.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { matchesSelector } from "../../src/domain/tell/selector.js";
import { createTestDatabase } from "../support/database.js";
import type { TestDatabase } from "../support/database.js";
import { PROJECT } from "../support/fleets.js";
import { HELD, fillListings } from "../support/listed-fleet.js";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await fillListings(database.store);
});
afterAll(() => database.drop());

async function collect<Row>(pages: Pages<Row>, toName: (row: Row) => string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const rows of pages) names.push(...rows.map(toName));
  return names;
}

const toLast = ({ ref }: { readonly ref: ProcessorRef }): string => ref.processor;

/** The names a listing gives, by the last part each has. */
const LISTERS: Readonly<Record<ListingName, (query: ListQuery) => Promise<readonly string[]>>> = {
  policies: (query) => collect(pagePolicies(database, query), toLast),
  processors: (query) => collect(pageProcessors(database, query), toLast),
  workspaces: (query) => collect(pageWorkspaces(database, query), ({ ref }) => ref.workspace),
  projects: (query) => collect(pageProjects(database, query), ({ project }) => project.slice(0, 2)),
  changes: (query) => collect(pageChanges(database, query), toLast),
  incidents: (query) => collect(pageIncidents(database, query), ({ why }) => why),
  journal: (query) => collect(pageJournal(database, query), ({ processor }) => processor ?? "-"),
  notifications: (query) => collect(pageNotifications(database, query), ({ processor }) => processor ?? "-"),
  suspensions: (query) => collect(pageSuspensions(database, query), toLast),
  budgets: (query) => collect(pageBudgets(database, query), ({ project }) => project.slice(0, 2)),
  schedules: (query) =>
    collect(pageSchedules({ ...database, settings: DEFAULT_SETTINGS }, { ...query, next: 1 }), toLast),
};

/** What each condition lists, in the listing's own order. */
const EXPECTED: { readonly [Name in ListingName]: Readonly<Record<Condition<Name>, readonly string[]>> } = {
  notifications: {
    waiting: ["queued"],
    delivered: ["told"],
    repeated: ["again"],
    lost: ["late", "refused"],
    webhook: ["queued", "told"],
    slack: ["again"],
    mail: ["late", "refused"],
  },
  policies: {
    started: ["fresh", "running", "watched"],
    stopped: ["resting"],
    enforced: ["fresh", "resting", "running"],
    observed: ["watched"],
    scheduled: ["running"],
    positioned: ["fresh"],
  },
  processors: {
    drifting: ["away-long", "failed"],
    failed: ["away-long", "failed"],
    parked: ["parked"],
    suspended: ["away", "away-long"],
    held: ["held"],
    barred: ["barred"],
    missing: ["missing"],
    unmanaged: ["stranger"],
    changing: ["away", "changing"],
    "backing-off": ["backing"],
    recovering: ["recovering"],
    expiring: ["expiring"],
    stuck: ["stuck"],
    degraded: ["proving"],
    braked: ["braked"],
    waiting: ["graced", "recovering"],
    refused: ["refused"],
    observed: ["watched"],
    "as-declared": ["calm"],
  },
  workspaces: {
    held: ["held"],
    braked: ["brake"],
    absent: ["gone"],
    failing: ["faulty"],
    unobserved: ["declared", "nightly"],
    drifting: ["orders"],
    changing: ["orders"],
  },
  projects: {
    held: ["ff"],
    blocked: ["bb"],
    braked: ["32"],
    failing: ["32"],
    drifting: ["32"],
    changing: ["32"],
  },
  changes: {
    running: ["changing", "away"],
    succeeded: ["succeeded"],
    failed: ["failed"],
    superseded: ["superseded"],
    cancelled: ["cancelled"],
    lost: ["lost"],
    owing: ["changing"],
    "by-person": ["away", "cancelled"],
    "by-pass": ["changing", "lost", "superseded", "failed", "succeeded"],
    scheduled: ["succeeded"],
  },
  suspensions: {
    ending: ["away"],
    drifting: ["away-long"],
    failed: ["away-long"],
    changing: ["away"],
  },
  budgets: {
    blocked: ["bb"],
    low: ["aa", "ee"],
    empty: ["ee"],
  },
  incidents: {
    open: ["broker upgrade", "kafka"],
    closed: ["over"],
    announced: ["broker upgrade"],
  },
  journal: {
    policies: ["dropped", "written"],
    changes: ["closed"],
    states: ["seen"],
    slots: ["skipped"],
    exceptions: ["freed", "given-up"],
    incidents: [],
    keys: [],
    installation: [],
    requests: [],
    "by-person": ["freed", "dropped", "written"],
    "by-headgate": ["closed", "given-up", "skipped", "seen"],
  },
  schedules: {
    effective: ["running", "effective"],
    observed: ["observed"],
    stopped: ["stopped"],
    suspended: ["away"],
    parked: ["given-up"],
  },
};

/** Where a noun's rows are told apart from those of others. */
const PLACES: Partial<Record<ListingName, string>> = {
  policies: "declared",
  processors: "orders",
  changes: "orders",
  journal: "told",
};
const ALL = { project: "*", workspace: "*", processor: "*" };

describe.each(Object.keys(CONDITIONS) as ListingName[])("get %s", (noun) => {
  const workspace = PLACES[noun] ?? "*";
  const query = (fields: ListQuery): ListQuery => ({ selectors: [{ ...ALL, workspace }], ...fields });
  const expected: Readonly<Record<string, readonly string[]>> = EXPECTED[noun];

  it.each(Object.keys(CONDITIONS[noun]))("lists the %s ones", async (condition) => {
    const places = noun === "processors" && condition === "held" ? { selectors: [ALL] } : {};
    expect(await LISTERS[noun](query({ conditions: [condition], ...places }))).toEqual(expected[condition]);
  });

  it("sorts by each column, both ways, and loses no row by it", async () => {
    const all = await LISTERS[noun](query({}));
    expect(all.length).toBeGreaterThan(1);
    for (const column of SORTS[noun]) {
      for (const isDescending of [false, true]) {
        const sorted = await LISTERS[noun](query({ sort: { column, isDescending } }));
        expect([...sorted].sort(), column).toEqual([...all].sort());
      }
    }
  });

  it("lists as many as are asked for, and nothing since a time to come", async () => {
    expect(await LISTERS[noun](query({ limit: 1 }))).toHaveLength(1);
    const ahead = { kind: "at", at: Date.UTC(2100, 0, 1) } as const;
    expect(await LISTERS[noun](query({ since: ahead }))).toEqual([]);
    const ever = { kind: "ago", ms: 1_000 * 86_400_000 } as const;
    expect((await LISTERS[noun](query({ since: ever }))).length).toBeGreaterThan(0);
  });
});

it("tells the journal's lines about a project and about the installation too, whose names have fewer parts", async () => {
  const lines: unknown[] = [];
  const conditions = ["installation"];
  for await (const rows of pageJournal(database, { conditions }))
    lines.push(...rows.map(({ project, kind, text }) => [project, kind, text]));
  expect(lines).toEqual([
    [null, "clock.went-back", "mended"],
    [HELD, "project.held", "denied"],
  ]);
});

it("lists rows in any of several conditions, and only those of the selectors", async () => {
  const conditions = ["failed", "parked", "held"];
  expect(await LISTERS.processors({ conditions })).toEqual([
    "given-up",
    "away-long",
    "failed",
    "parked",
    "held",
  ]);
  const selectors = [
    { ...ALL, processor: "f*" },
    { project: HELD, workspace: "*", processor: "*" },
  ];
  expect(await LISTERS.processors({ conditions, selectors })).toEqual(["failed", "held"]);
  expect(
    await LISTERS.workspaces({ selectors: [{ ...ALL, workspace: "g*", processor: "no-such" }] }),
  ).toEqual(["gone"]);
});

it("lists what has failed by its class, and only of the conditions", async () => {
  expect(await LISTERS.processors({ classes: ["out-of-memory"] })).toEqual(["failed"]);
  expect(await LISTERS.processors({ classes: ["out-of-memory", "unknown"] })).toEqual([
    "away-long",
    "failed",
  ]);
  const query = { classes: ["out-of-memory", "unknown"], conditions: ["suspended"], limit: 5 };
  expect(await LISTERS.processors(query)).toEqual(["away-long"]);
  expect(await LISTERS.processors({ classes: ["connection"], limit: 5 })).toEqual([]);
});

it("sorts tiers by size, the newest first where it is asked to, and what has none last", async () => {
  const sort = { column: "tier", isDescending: false };
  const tiers = ["calm", "failed", "graced"].map((processor) => ({ ...ALL, workspace: "orders", processor }));
  expect(await LISTERS.processors({ selectors: tiers, sort })).toEqual(["failed", "calm", "graced"]);
  const down = { ...sort, isDescending: true };
  expect(await LISTERS.processors({ selectors: tiers, sort: down })).toEqual(["calm", "failed", "graced"]);
  expect((await LISTERS.changes({}))[0]).toBe("changing");
  const oldest = { column: "opened", isDescending: false };
  expect((await LISTERS.changes({ sort: oldest }))[0]).toBe("succeeded");
});

it("takes --since back from the database's time, or at a time", async () => {
  const hours = (count: number): ListQuery => ({ since: { kind: "ago", ms: count * 3_600_000 } });
  expect(await LISTERS.changes(hours(2.5))).toEqual(["changing", "away", "cancelled", "lost"]);
  const [row] = await database.store.query<{ at: number }>(
    "select opened_at as at from changes where processor = 'cancelled'",
  );
  expect(await LISTERS.changes({ since: { kind: "at", at: row?.at ?? 0 } })).toEqual([
    "changing",
    "away",
    "cancelled",
  ]);
  expect(await LISTERS.suspensions(hours(1))).toEqual(["away"]);
});

it("refuses a word that the listing does not have, whoever let it through", () => {
  const wrong = "state = 'x' or true";
  const sort = { column: wrong, isDescending: false };
  for (const query of [{ conditions: [wrong] }, { sort }, { conditions: ["toString"] }])
    expect(() => LISTERS.changes(query)).toThrow("which it does not have");
});

it("means by a selector in SQL what it means elsewhere, wildcards of LIKE and all", async () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b", "_", ".", "*"), minLength: 1, maxLength: 4 });
  const names = ["a", "b", "ab", "a_b", "a.b", "aab", "b_a", "bb", "a__b", "a.b.", "aabb", "b.a_b"];
  const refs = names.flatMap((workspace) =>
    names.map((processor) => ({ project: PROJECT, workspace: `like-${workspace}`, processor })),
  );
  await database.store.query(
    `insert into processor_status (project, workspace, processor)
     select project, workspace, processor from jsonb_to_recordset($1::jsonb)
       as t(project text, workspace text, processor text)`,
    [JSON.stringify(refs)],
  );
  const toName = ({ ref }: { readonly ref: ProcessorRef }): string => `${ref.workspace}/${ref.processor}`;
  await fc.assert(
    fc.asyncProperty(part, part, async (workspace, processor) => {
      const selector = { project: "32b6*", workspace: `like-${workspace}`, processor };
      const found = await collect(pageProcessors(database, { selectors: [selector] }), toName);
      const expected = refs.filter((ref) => matchesSelector(selector, ref)).map((ref) => toName({ ref }));
      expect([...found].sort()).toEqual([...expected].sort());
    }),
    { numRuns: 150 },
  );
});
