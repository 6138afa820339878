// What an examination and a worker's watch ask of Temporal, and what they make of its answers.
import type { Client } from "@temporalio/client";
import { expect, it } from "vitest";
import { readNamespace, readPollers } from "../../../src/temporal/checkup.js";
import { readPresence } from "../../../src/temporal/presence.js";
import { INSTALLATION, aClient, grpc } from "./answering-client.js";

const pollers = (...seen: readonly { readonly identity?: string; readonly secondsAgo: number }[]): Client =>
  aClient({
    workflowService: {
      describeTaskQueue: () =>
        Promise.resolve({
          pollers: seen.map(({ identity, secondsAgo }) => ({
            ...(identity === undefined ? {} : { identity }),
            lastAccessTime: { seconds: Math.floor(Date.now() / 1_000) - secondsAgo },
          })),
        }),
    },
  });

it("tells whose each poller is by its identity's end, who asked last first, and none of the future", async () => {
  const client = pollers(
    { identity: "7@host", secondsAgo: 90 },
    { identity: "8@host/0a0a0a0a", secondsAgo: 5 },
    { identity: "9@host/0A0A0A0A", secondsAgo: 30 },
    { secondsAgo: -60 },
  );
  const found = await readPollers(client, { namespace: "ns", taskQueue: "q" });
  expect(found.map((one) => [one.identity, one.installation])).toEqual([
    ["", null],
    ["8@host/0a0a0a0a", "0a0a0a0a"],
    ["9@host/0A0A0A0A", null],
    ["7@host", null],
  ]);
  expect(found[0]?.seenMsAgo).toBe(0);
});

it.each([
  {
    reason: "there",
    answer: { config: { workflowExecutionRetentionTtl: { seconds: 86_400 } } },
    is: { retentionMs: 86_400_000 },
  },
  { reason: "without a retention", answer: {}, is: { retentionMs: 0 } },
  { reason: "not there", answer: grpc(5), is: undefined },
])("reads a namespace that is $reason", async ({ answer, is }) => {
  const describeNamespace = (): Promise<object> =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  expect(await readNamespace(aClient({ workflowService: { describeNamespace } }), "ns")).toEqual(is);
});

it("hands on every other error about a namespace", async () => {
  const describeNamespace = (): Promise<object> => Promise.reject(grpc(7));
  await expect(
    readNamespace(aClient({ workflowService: { describeNamespace } }), "ns"),
  ).rejects.toMatchObject({ code: 7 });
});

const polled = (answer: Error | undefined, asked: object[] = []): Client =>
  aClient({
    workflowService: {
      pollActivityTaskQueue: (request: object) => {
        asked.push(request);
        return answer === undefined ? Promise.resolve({}) : Promise.reject(answer);
      },
    },
  });
const read = (client: Client, signal = new AbortController().signal) =>
  readPresence({ client, installation: INSTALLATION }, signal);

it.each([
  { reason: "an empty poll", answer: undefined, kind: "there" },
  { reason: "asked too often", answer: grpc(8), kind: "there" },
  { reason: "too little time", answer: grpc(9), kind: "there" },
  { reason: "no namespace", answer: grpc(5), kind: "refused" },
  { reason: "no right", answer: grpc(7), kind: "refused" },
  { reason: "not let in", answer: grpc(16), kind: "refused" },
  { reason: "no connection", answer: grpc(14), kind: "away" },
  { reason: "no answer in time", answer: grpc(4), kind: "away" },
])("reads $kind from $reason", async ({ answer, kind }) => {
  expect((await read(polled(answer))).kind).toBe(kind);
});

it("polls a queue of its own, so that it takes work from nobody", async () => {
  const asked: object[] = [];
  await read(polled(undefined, asked));
  expect(asked).toEqual([
    { namespace: "ns", taskQueue: { name: `${INSTALLATION.taskQueue}-watch` }, identity: "me" },
  ]);
});

it("says nothing of Temporal if it was told to stop", async () => {
  await expect(read(polled(grpc(14)), AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
});
