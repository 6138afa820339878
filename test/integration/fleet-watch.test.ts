// What a watched fleet costs from look to look: a count of statements, and of rows read, that follows what moved and
// not the size of the fleet; and that nothing that moved is missed.
import { describe, expect, it } from "vitest";
import { watchFleet } from "../../src/app/look/fleet-watch.js";
import type { FleetLook, FleetWatch } from "../../src/app/look/fleet-watch.js";
import { AppError } from "../../src/base/errors.js";
import { formatProcessorRef } from "../../src/domain/refs.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";
import { readClock } from "../../src/store/postgres/clock.js";
import type { Store } from "../../src/store/postgres/pool.js";
import { writeJournal } from "../../src/store/rows/journal.js";
import { explainStore } from "../support/explained.js";
import { aPolicy, aRequest, declare, opened, useDatabase } from "../support/store-rows.js";

const database = useDatabase();

/** Of one project two workspaces, of one workspace four processors. */
const PAIR = 2;
const FOUR = 4;
const PROJECT = "0".repeat(24);
const at = (workspace: number, processor = 1) => ({
  project: String(Math.floor((workspace - 1) / PAIR)).padStart(24, "0"),
  workspace: `w-${String(workspace)}`,
  processor: `p-${String(processor)}`,
});
const PLACE = `'project', lpad(((w - 1) / ${String(PAIR)})::text, 24, '0'), 'workspace', 'w-' || w`;

/** Copies of the table's row, each with other columns. */
function copying(table: string, columns: string, each: string): string {
  return `insert into ${table} select r.* ${each}, ${table} t, lateral jsonb_populate_record(t, ${columns}) r`;
}

/** So many workspaces that run as declared, seen a moment ago: one is written, the others are its copies. */
async function fill(store: Store, workspaces: number): Promise<void> {
  const first = at(1);
  await declare(store, first, aPolicy());
  await store.query("update workspaces set observed_at = headgate_now()");
  await store.query(
    `insert into processor_status (project, workspace, processor, atlas_id, state, observed_at)
     values ($1, $2, $3, 'a', 'STARTED', headgate_now())`,
    [first.project, first.workspace, first.processor],
  );
  const each = `from generate_series(1, ${String(workspaces)}) w`;
  const copies = [
    `insert into projects (project) select distinct lpad(((w - 1) / ${String(PAIR)})::text, 24, '0') ${each}`,
    copying("workspaces", `jsonb_build_object(${PLACE})`, each),
    ...["start_policies", "processor_status"].map((table) =>
      copying(
        table,
        `jsonb_build_object(${PLACE}, 'processor', 'p-' || p)`,
        `${each}, generate_series(1, ${String(FOUR)}) p`,
      ),
    ),
    `insert into journal (project, workspace, processor, kind, actor, text)
     select project, workspace, processor, 'state.changed', 'headgate', ''
     from start_policies, generate_series(1, 10) limit 10000`,
  ];
  for (const copy of copies) await store.query(`${copy} on conflict do nothing`);
  await store.query("vacuum analyze");
}

/** As a pass writes it: the state, and its line in the journal. */
async function show(store: Store, ref: ReturnType<typeof at>, state: string): Promise<void> {
  await store.query(
    "update processor_status set state = $4, state_since = headgate_now() where project = $1 and workspace = $2 and processor = $3",
    [ref.project, ref.workspace, ref.processor, state],
  );
  await writeJournal(store, [{ ...ref, kind: "state.changed", actor: "headgate", text: state }]);
}

interface Watching {
  readonly watch: FleetWatch;
  /** What the next look costs. */
  readonly cost: () => Promise<{ statements: number; rows: number; planned: number }>;
}

async function watching(workspaces: number): Promise<Watching> {
  const { store } = database();
  await fill(store, workspaces);
  const explained = explainStore(store, new Set());
  let asked = store;
  const query: Store["query"] = (text, values) => asked.query(text, values);
  const watch = watchFleet(
    { store: { ...store, query }, settings: DEFAULT_SETTINGS },
    await readClock(store),
  );
  return {
    watch,
    cost: async () => {
      const before = explained.count();
      explained.takeRowsRead();
      asked = explained.store;
      const { rows } = await watch.look();
      asked = store;
      return {
        statements: explained.count() - before,
        rows: explained.takeRowsRead(),
        planned: rows.length,
      };
    },
  };
}

describe.each([1_000, 3_000])("of %i workspaces", (workspaces) => {
  it("a look costs what moved", async () => {
    const { store } = database();
    const { watch, cost } = await watching(workspaces);
    expect((await watch.look()).rows).toHaveLength(workspaces * FOUR);
    expect(watch.count()).toBe(workspaces * FOUR);
    expect(await cost()).toEqual({ statements: 1, rows: 0, planned: 0 });

    await show(store, at(17, 3), "FAILED");
    // One line, its workspace, four policies, four statuses, the two workspaces of its project, the one that FAILED in
    // it lately, and whether it is held; for its stamp the policies, the statuses and the project once more.
    const oneMoved = { statements: 3, rows: 23, planned: FOUR };
    expect(await cost()).toEqual(oneMoved);
    // It is pending now, so time alone may move it; its line is read again, for those that come late.
    expect(await cost()).toEqual(oneMoved);
    await show(store, at(17, 3), "STARTED");
    await cost();
    // Both lines are read once more, and planned no more.
    expect(await cost()).toEqual({ statements: 1, rows: 2, planned: 0 });
  });
});

/** A small fleet that was looked at once. */
async function aWatch(): Promise<FleetWatch> {
  const { watch } = await watching(20);
  await watch.look();
  return watch;
}

const toNows = ({ rows }: FleetLook): readonly string[] =>
  rows
    .filter(({ now }) => now !== "STARTED")
    .map(({ ref, now }) => `${ref.workspace}/${ref.processor} ${now}`);

it("shows a change from its opening to its end, with what it was before", async () => {
  const { store } = database();
  const watch = await aWatch();
  await show(store, at(2), "FAILED");
  expect(toNows(await watch.look())).toEqual(["w-2/p-1 FAILED"]);
  await opened(store, aRequest(at(2)), "run-1");
  const [row] = (await watch.look()).rows.filter(({ did }) => did !== "");
  expect(row).toMatchObject({ ref: at(2), was: "FAILED", did: "start running", standing: "pending" });
  await show(store, at(2), "STARTED");
  await store.query(
    "update changes set closed_at = headgate_now(), outcome = 'succeeded', outcome_code = 'succeeded', outcome_text = ''",
  );
  await writeJournal(store, [{ ...at(2), kind: "change.closed", actor: "headgate", text: "" }]);
  const [done] = (await watch.look()).rows.filter(({ did }) => did !== "");
  expect(done).toMatchObject({ was: "FAILED", now: "STARTED", did: "start succeeded", standing: "settled" });
});

it("hears a line that is committed after one that was written later", async () => {
  const { store } = database();
  const watch = await aWatch();
  const insert = (id: number, workspace: number): Promise<unknown> =>
    store.query(
      `insert into journal (id, project, workspace, processor, kind, actor, text) overriding system value
       values ($1, $2, $3, $4, 'state.changed', 'headgate', '')`,
      [id, ...Object.values(at(workspace))],
    );
  await insert(1_000_002, 3);
  expect((await watch.look()).rows.map(({ ref }) => ref.workspace)).toEqual(Array(FOUR).fill("w-3"));
  await insert(1_000_001, 4);
  expect((await watch.look()).rows.map(({ ref }) => ref.workspace)).toEqual(Array(FOUR).fill("w-4"));
  expect((await watch.look()).rows).toEqual([]);
});

it("plans a whole project that is held, and everything after a line about the installation", async () => {
  const { store } = database();
  const watch = await aWatch();
  const line = { processor: null, workspace: null, actor: "headgate", text: "" } as const;
  await writeJournal(store, [{ ...line, project: PROJECT, kind: "project.held" }]);
  expect((await watch.look()).rows).toHaveLength(PAIR * FOUR);
  await writeJournal(store, [{ ...line, project: null, kind: "clock.went-back" }]);
  expect((await watch.look()).rows).toHaveLength(20 * FOUR);
});

it("names what is gone, and knows what is new", async () => {
  const { store } = database();
  const watch = await aWatch();
  await store.query("delete from processor_status where workspace = 'w-5' and processor = 'p-4'");
  await declare(store, at(5, 4), null);
  const { gone, rows } = await watch.look();
  expect({ gone, planned: rows.length }).toEqual({ gone: [formatProcessorRef(at(5, 4))], planned: FOUR - 1 });
  const news = { ...at(5), workspace: "a-new-one", processor: "p" };
  await declare(store, news, aPolicy());
  expect((await watch.look()).rows.map(({ ref }) => ref)).toEqual([news]);
  expect(watch.count()).toBe(20 * FOUR);
  expect(watch.rows().at(-1)?.ref).toEqual(news);
});

it("plans those with something left to do in turn, five at each look", async () => {
  const { store } = database();
  for (const workspace of [1, 2, 3, 4, 5, 6, 7])
    await declare(store, { ...at(1), workspace: `n-${String(workspace)}` }, aPolicy());
  const watch = watchFleet({ store, settings: DEFAULT_SETTINGS }, await readClock(store));
  const looks: string[][] = [];
  for (let look = 0; look < 4; look += 1)
    looks.push((await watch.look()).rows.map(({ ref }) => ref.workspace));
  const planned = looks.map((names) => names.map((name) => name.slice(2)).join(""));
  // In the order of their names within a look; then those follow that were planned longest ago.
  expect(planned).toEqual(["1234567", "12345", "12367", "12345"]);
});

it("plans everything after a look that broke off, for what it had heard is lost", async () => {
  const { store } = database();
  await fill(store, 20);
  let isAway = false;
  const query: Store["query"] = (text, values) => {
    if (isAway && text.includes("from workspaces")) throw new AppError("store.unavailable", "gone");
    return store.query(text, values);
  };
  const watch = watchFleet(
    { store: { ...store, query }, settings: DEFAULT_SETTINGS },
    await readClock(store),
  );
  await watch.look();
  await show(store, at(9), "FAILED");
  isAway = true;
  await expect(watch.look()).rejects.toMatchObject({ code: "store.unavailable" });
  isAway = false;
  const { rows } = await watch.look();
  expect(rows).toHaveLength(20 * FOUR);
  expect(toNows({ rows, gone: [] })).toEqual(["w-9/p-1 FAILED"]);
});
