// The log that tests judge by: numbers that only grow, effects at the right entry, a bound on the memory, and the same
// truth as lines of a file.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RequestLog } from "../../../../src/sim/wire/request-log.js";
import type { LogEntry } from "../../../../src/sim/wire/request-log.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sim-log-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const inMemory = (maxEntries = 1_000): RequestLog => new RequestLog({ maxEntries, file: null });
const open = (log: RequestLog, at = 5): LogEntry =>
  log.open({ at, method: "POST", operation: "startWith", project: "g", workspace: "w", processor: "p" });
const seqsOf = (log: RequestLog, since = 0): readonly number[] => log.since(since).map((one) => one.seq);

it("opens an entry that has neither answer nor effect", () => {
  expect(open(inMemory(), 42)).toEqual({
    seq: 1,
    at: 42,
    method: "POST",
    operation: "startWith",
    project: "g",
    workspace: "w",
    processor: "p",
    body: null,
    status: null,
    errorCode: null,
    faultId: null,
    faultKind: null,
    isBudgeted: false,
    applied: false,
    effective: false,
    appliedAt: null,
    droppedReply: false,
    finishedAt: null,
  });
});

it.each([
  { since: 0, want: [1, 2, 3] },
  { since: 1, want: [2, 3] },
  { since: 3, want: [] },
  { since: 99, want: [] },
  { since: -5, want: [1, 2, 3] },
])("shows the entries behind number $since: $want", ({ since, want }) => {
  const log = inMemory();
  for (let index = 0; index < 3; index += 1) open(log);
  expect(seqsOf(log, since)).toEqual(want);
});

it("keeps the newest, as many as the bound says and a tenth more at most, under their own numbers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(200), fc.nat(220), (bound, count, since) => {
      const log = inMemory(bound);
      for (let index = 0; index < count; index += 1) open(log);
      const seqs = seqsOf(log);
      expect(seqs.length).toBeLessThanOrEqual(bound * 1.1);
      expect(seqs.length).toBeGreaterThanOrEqual(Math.min(count, bound));
      expect(seqs).toEqual(
        Array.from({ length: seqs.length }, (_, index) => count - seqs.length + 1 + index),
      );
      expect(seqsOf(log, since)).toEqual(seqs.filter((seq) => seq > since));
    }),
  );
});

it("marks the entry that an effect names, also once others are dropped", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (bound, count, seq) => {
        const log = inMemory(bound);
        for (let index = 0; index < count; index += 1) open(log);
        log.mark({ requestSeq: seq, at: 77 });
        for (const entry of log.since(0)) {
          const isIt = entry.seq === seq;
          expect([entry.effective, entry.applied, entry.appliedAt]).toEqual([isIt, isIt, isIt ? 77 : null]);
        }
      },
    ),
  );
});

it("finishes an entry once: the first end counts", () => {
  const log = inMemory();
  const entry = open(log);
  log.close(entry, 10);
  log.close(entry, 20);
  expect(entry.finishedAt).toBe(10);
});

function withFile(name: string, use: (log: RequestLog) => void): readonly Record<string, unknown>[] {
  const file = join(folder, name, "log.jsonl");
  const log = new RequestLog({ maxEntries: 2, file });
  use(log);
  log.end();
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it("writes one line when a request is finished, with all that is known by then", () => {
  const lines = withFile("finished", (log) => {
    const entry = open(log);
    entry.status = 200;
    log.mark({ requestSeq: 1, at: 6 });
    log.close(entry, 7);
    log.close(entry, 8);
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    kind: "request",
    seq: 1,
    status: 200,
    effective: true,
    appliedAt: 6,
    finishedAt: 7,
  });
});

it("writes an effect that comes behind its answer as a line of its own", () => {
  const lines = withFile("late", (log) => {
    log.close(open(log), 7);
    log.mark({ requestSeq: 1, at: 9 });
  });
  expect(lines).toMatchObject([
    { kind: "request", seq: 1, effective: false },
    { kind: "effect", requestSeq: 1, at: 9 },
  ]);
});

it("writes the effect also of a request that memory has dropped", () => {
  const lines = withFile("dropped", (log) => {
    for (let index = 0; index < 9; index += 1) open(log);
    log.mark({ requestSeq: 1, at: 9 });
  });
  expect(lines).toEqual([{ kind: "effect", requestSeq: 1, at: 9 }]);
});

it("writes what memory has dropped too: the file is the whole truth", () => {
  const lines = withFile("whole", (log) => {
    const entries = Array.from({ length: 9 }, () => open(log));
    for (const entry of entries) log.close(entry, 7);
  });
  expect(lines.map((one) => one["seq"])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it("appends to a file of an earlier run", () => {
  const run = (): readonly unknown[] =>
    withFile("twice", (log) => {
      log.close(open(log), 7);
    });
  expect([run().length, run().length]).toEqual([1, 2]);
});

it("goes on in memory once the file is let go, and lets go twice", () => {
  const file = join(folder, "ended.jsonl");
  const log = new RequestLog({ maxEntries: 5, file });
  log.end();
  log.end();
  const entry = open(log);
  log.close(entry, 9);
  expect([entry.finishedAt, readFileSync(file, "utf8")]).toEqual([9, ""]);
});
