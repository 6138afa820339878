// Word goes out of what the loop itself does: a worker process holds a project and tells a webhook; it is killed while
// the receiver thinks; another worker sends the same message again. No address and no key is anywhere but there.
import { afterAll, beforeAll, expect, it } from "vitest";
import { GATHER_MS } from "../../src/domain/tell/notices.js";
import { PROJECT, aFleet, until } from "../support/fleets.js";
import { startLoop } from "../support/loop.js";
import type { TestLoop } from "../support/loop.js";
import { readNotices } from "../support/outbox.js";
import { applyText } from "../support/policies.js";
import { startReceiver } from "../support/receivers.js";
import { findLeaks, readHistories, readTables, toForms } from "../support/secrets.js";
import { useWorkers } from "../support/worker-process.js";

const startWorker = useWorkers();
const PATH = "/hooks/canary-9b2f4e";
const KEY = "canary-key-77-0123456789";
const LEASE_MS = 60_000;

let loop: TestLoop;
beforeAll(async () => {
  loop = await startLoop({
    simulator: {
      populate: aFleet({ orders: { clicks: "STARTED" } }),
      faults: [{ when: { operation: "list" }, what: { kind: "status", status: 403, detail: "not yours" } }],
    },
  });
});
afterAll(() => loop.stop());

it("a project that a worker holds is told of, by another worker where the first dies while it tells", async () => {
  const receiver = await startReceiver();
  let answer = (): void => undefined;
  const thinking = new Promise<void>((resolve) => {
    answer = resolve;
  });
  receiver.answers.push({ status: 200, after: thinking });
  const variables = {
    ...loop.variables,
    HEADGATE_NOTIFY_WEBHOOK_URL: `${receiver.origin}${PATH}`,
    HEADGATE_NOTIFY_WEBHOOK_SECRET: KEY,
  };
  const { store } = loop.database;
  const first = await startWorker(variables);
  await applyText(loop.app, `project: ${PROJECT}\nworkspace: orders\nprocessors: { clicks }\n`);
  await until(async () => ((await readNotices(store)).length > 0 ? true : undefined));
  await loop.database.advance(GATHER_MS);
  await until(() => Promise.resolve(receiver.received[0]));
  first.kill("SIGKILL");
  await first.ended;
  answer();
  const second = await startWorker(variables);
  await loop.database.advance(LEASE_MS);
  await until(() => Promise.resolve(receiver.received[1]));
  const [before, again] = receiver.received.map(({ body }) => body);
  expect(again).toBe(before);
  expect(JSON.parse(again ?? "")).toMatchObject({
    summary: `Headgate: project held: ${PROJECT}`,
    notices: [
      {
        event: "project.held",
        project: PROJECT,
        workspace: null,
        text: expect.stringContaining("403") as string,
      },
    ],
  });
  await until(async () => {
    const [notice] = await readNotices(store);
    return notice?.outcome === "delivered" && notice.attempts === 2 ? true : undefined;
  });
  const kept = { tables: await readTables(loop), histories: await readHistories(loop) };
  const told = { ...kept, logs: first.log() + second.log() };
  expect(told.logs).toContain("notices.delivered");
  expect(findLeaks(told, toForms({ path: PATH, key: KEY }))).toEqual([]);
});
