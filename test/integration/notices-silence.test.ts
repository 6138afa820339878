// A loop that stands still: a server says so once, however many servers watch, and once when it goes on. Not said where
// there is nothing to observe, where a project is held, or of a moment.
import { expect, it } from "vitest";
import { createLogger } from "../../src/base/logger.js";
import { watchSilence } from "../../src/app/notices/silence.js";
import { readSilence } from "../../src/store/silence.js";
import { PROJECT } from "../support/fleets.js";
import { openTestOutbox, readNotices } from "../support/outbox.js";
import {
  ORDERS,
  aPolicy,
  aRef,
  declare,
  pictureRows,
  readJournal,
  useDatabase,
} from "../support/store-rows.js";
import { startReceiver } from "../support/receivers.js";
import { Secret } from "../../src/base/secret.js";
import { openChannels } from "../../src/notify/channels.js";

const database = useDatabase();
const MINUTE = 60_000;
const log = createLogger("silent");

/** As a pass that has seen the workspace leaves it. */
async function observe(fields = "last_error = null"): Promise<void> {
  await database().store.query(
    `update workspaces set observed_at = headgate_now(), due_at = headgate_now() + interval '1 minute', ${fields}
     where workspace = $1`,
    [ORDERS.workspace],
  );
}

async function isSilent(): Promise<boolean> {
  return (await readSilence(database().store)).isSilent;
}

it("is silent after five intervals without an observation, while something is due", async () => {
  const { store } = database();
  expect(await isSilent()).toBe(false);
  await declare(store, aRef("p"), aPolicy());
  expect(await isSilent()).toBe(false);
  await observe();
  await database().advance(5 * MINUTE - 5_000);
  expect(await isSilent()).toBe(false);
  await database().advance(MINUTE + 10_000);
  expect(await isSilent()).toBe(true);
  await store.query(
    `update projects set held_why = '403', held_by = 'list', held_since = headgate_now(),
       recheck_at = headgate_now() where project = $1`,
    [PROJECT],
  );
  expect(await isSilent()).toBe(false);
});

it("is silent where every look fails, and where no worker ever came", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await database().advance(6 * MINUTE);
  expect(await isSilent()).toBe(true);
  await observe();
  await database().advance(6 * MINUTE);
  await store.query(
    "update workspaces set due_at = headgate_now(), last_error = '500', last_error_at = headgate_now()",
  );
  expect(await isSilent()).toBe(true);
});

it("a workspace that is put off because it has nothing to do is no silence", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await observe();
  await database().advance(60 * MINUTE);
  await store.query("update workspaces set due_at = headgate_now() + interval '1 minute'");
  expect(await isSilent()).toBe(false);
});

it("servers say it once, and once when it is over, and word goes out of both", async () => {
  const receiver = await startReceiver();
  const { store } = database();
  const slack = { url: new Secret(receiver.origin), proxy: undefined };
  const outbox = await openTestOutbox(
    database(),
    openChannels({ webhook: undefined, mail: undefined, slack }),
  );
  await declare(store, aRef("p"), aPolicy());
  await observe();
  const servers = Array.from({ length: 4 }, () => watchSilence({ store, log }));
  const look = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.look()));
  };
  await database().advance(7 * MINUTE);
  await look();
  // Seen once it may be a worker that is just starting.
  expect(await readJournal(store, "loop.silent")).toEqual([]);
  for (let looks = 0; looks < 3; looks += 1) await look();
  expect(await readJournal(store, "loop.silent")).toEqual([
    expect.stringMatching(/^no workspace was observed since \d{4}-\S+Z: is a worker running\?$/),
  ]);
  await outbox.deliver();
  await observe();
  for (let looks = 0; looks < 3; looks += 1) await look();
  expect(await readJournal(store, "loop.back")).toEqual(["workspaces are observed again"]);
  await database().advance(30_000);
  await outbox.deliver();
  const texts = receiver.received.map(({ body }) => (JSON.parse(body) as { readonly text: string }).text);
  expect(texts.map((text) => text.split("\n")[0])).toEqual([
    "*Headgate: loop silent*",
    "*Headgate: loop back*",
  ]);
  expect(await readNotices(store)).toMatchObject([
    { kind: "loop.silent", outcome: "delivered" },
    { kind: "loop.back", outcome: "delivered" },
  ]);
});

it("a server whose loop observes writes nothing", async () => {
  const { store } = database();
  await declare(store, aRef("p"), aPolicy());
  await observe();
  const before = await pictureRows(store);
  const server = watchSilence({ store, log });
  database().takeStatements();
  await server.look();
  await server.look();
  expect(database().takeStatements()).toHaveLength(2);
  expect(await pictureRows(store)).toEqual(before);
});
