// Rows page by page: fetched when they are asked for, of one moment, and over when the reader has had enough.
import { expect, it } from "vitest";
import { printListing } from "../../src/cli/terminal/output.js";
import { pageProcessors } from "../../src/app/look/page-listing.js";
import { PAGE_ROWS } from "../../src/store/postgres/cursor.js";
import { until } from "../support/fleets.js";
import { useDatabase } from "../support/store-rows.js";

const database = useDatabase();
const ROWS = 10_000;
const NUMBERS = { text: "select n from generate_series(1, $1::integer) n", values: [ROWS] };

const countFetches = (): number =>
  database()
    .takeStatements()
    .filter((text) => text.startsWith("fetch")).length;

async function fillFleet(count: number): Promise<void> {
  await database().store.query(
    `insert into processor_status (project, workspace, processor, atlas_id, state, observed_at)
     select '32b6e34b3d91647abb20e7b8', 'orders', 'p-' || lpad(n::text, 5, '0'), 'a', 'STARTED', headgate_now()
     from generate_series(1, $1::integer) n`,
    [count],
  );
}

it("reads every row once, in pages of one size, through one read-only transaction", async () => {
  database().takeStatements();
  const sizes: number[] = [];
  let next = 1;
  for await (const rows of database().store.pages<{ n: number }>(NUMBERS)) {
    sizes.push(rows.length);
    for (const { n } of rows) expect(n).toBe(next++);
  }
  expect(sizes).toEqual(Array.from({ length: ROWS / PAGE_ROWS }, () => PAGE_ROWS));
  const statements = database().takeStatements();
  expect(statements[0]).toBe("begin read only");
  expect(statements.at(-1)).toBe("rollback");
});

it("yields no page where there are no rows", async () => {
  for await (const rows of database().store.pages({ text: "select 1 as n where false", values: [] }))
    expect(rows).toBe("not reached");
});

it("fetches nothing before the first page is asked for, and a page only when it is", async () => {
  const pages = database().store.pages<{ n: number }>(NUMBERS);
  expect(countFetches()).toBe(0);
  const first = await pages.next();
  expect(first.value).toHaveLength(PAGE_ROWS);
  expect(countFetches()).toBe(1);
  await pages.next();
  expect(countFetches()).toBe(1);
  await pages.return();
  expect(countFetches()).toBe(0);
});

it("shows one moment, whatever is written meanwhile", async () => {
  await fillFleet(PAGE_ROWS + 1);
  const pages = database().store.pages<{ processor: string }>({
    text: "select processor from processor_status order by processor",
    values: [],
  });
  const seen = [(await pages.next()).value ?? []];
  await database().store.query("delete from processor_status");
  for await (const rows of pages) seen.push(rows);
  expect(seen.flat()).toHaveLength(PAGE_ROWS + 1);
});

it("ends its transaction and gives its connection back when the reader stops early", async () => {
  const { store } = database();
  for (let time = 0; time < 30; time += 1) {
    for await (const rows of store.pages(NUMBERS)) {
      expect(rows).toHaveLength(PAGE_ROWS);
      break;
    }
  }
  const open = await store.query(
    `select pid from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
  );
  expect(open).toEqual([]);
});

it("writes nothing", async () => {
  const pages = database().store.pages({
    text: "select nextval(pg_get_serial_sequence('journal', 'id'))",
    values: [],
  });
  await expect(pages.next()).rejects.toThrow("read-only transaction");
});

it("reports a backend that ends between two pages as unavailable, and goes on with another", async () => {
  const { store } = database();
  const pages = store.pages(NUMBERS);
  await pages.next();
  await store.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and state = 'idle in transaction'`,
  );
  await expect(pages.next()).rejects.toMatchObject({ code: "store.unavailable" });
  for await (const rows of store.pages({ text: "select 1 as n", values: [] }))
    expect(rows).toEqual([{ n: 1 }]);
});

it("lets a listing over 10,000 show its first rows with one page read, and read as fast as it is read", async () => {
  await fillFleet(ROWS);
  database().takeStatements();
  const printed: string[] = [];
  const readings: ((goOn: boolean) => void)[] = [];
  const done = printListing(
    {
      out: (text) => printed.push(text),
      taken: () => new Promise((resolve) => readings.push(resolve)),
      note: () => undefined,
      line: () => undefined,
      isInteractive: false,
      height: 0,
      redraw: () => undefined,
      confirm: () => Promise.resolve(false),
    },
    "name",
    {
      pages: pageProcessors(database(), {}),
      columns: [],
      name: ({ ref }) => ref.processor,
      empty: "",
    },
  );
  const takePage = (): Promise<(goOn: boolean) => void> => until(() => Promise.resolve(readings.shift()));
  const first = await takePage();
  expect(printed).toHaveLength(PAGE_ROWS);
  expect(printed[0]).toBe("p-00001");
  expect(countFetches()).toBe(1);
  first(true);
  const second = await takePage();
  expect(printed).toHaveLength(2 * PAGE_ROWS);
  expect(countFetches()).toBe(1);
  second(false);
  expect(await done).toBe(2 * PAGE_ROWS);
  expect(countFetches()).toBe(0);
});
