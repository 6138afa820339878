// Word that goes out: which of the notices that wait are sent, when a failed sending is tried again, and how it reads.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  GIVE_UP_MS,
  NOTICE_KINDS,
  REPEAT_MS,
  chooseNotices,
  formatNotices,
  formatSubject,
  toRetryMs,
} from "../../../src/domain/tell/notices.js";
import type { WaitingNotice } from "../../../src/domain/tell/notices.js";

const NOW = Date.UTC(2026, 4, 4);
const MINUTE = 60_000;

function aNotice(line: number, fields: Partial<WaitingNotice> = {}): WaitingNotice {
  return {
    ...{ line, kind: "processor.parked", project: "p", workspace: "w", processor: `s-${String(line)}` },
    ...{ text: "30 attempts failed", at: NOW - MINUTE, delivery: null, toldAt: null },
    ...fields,
  };
}

const NOTHING = { send: [], delivery: null, repeated: [], givenUp: [] };

it.each([
  { reason: "nothing waits", waiting: [], choice: NOTHING },
  {
    reason: "of different subjects: all of them",
    waiting: [aNotice(1), aNotice(2), aNotice(3, { kind: "project.held" })],
    choice: { ...NOTHING, send: [1, 2, 3] },
  },
  {
    reason: "the same twice: once",
    waiting: [aNotice(1, { processor: "s" }), aNotice(2, { processor: "s" })],
    choice: { ...NOTHING, send: [1], repeated: [2] },
  },
  {
    reason: "told within the hour before it happened: not again",
    waiting: [aNotice(1, { toldAt: NOW - MINUTE - REPEAT_MS + 1 })],
    choice: { ...NOTHING, repeated: [1] },
  },
  {
    reason: "told an hour before it happened: again",
    waiting: [aNotice(1, { toldAt: NOW - MINUTE - REPEAT_MS })],
    choice: { ...NOTHING, send: [1] },
  },
  {
    reason: "an hour between two that wait: both, whatever came between them",
    waiting: [0, 40, 80].map((minutes) =>
      aNotice(minutes + 1, { processor: "s", at: NOW - (90 - minutes) * MINUTE }),
    ),
    choice: { ...NOTHING, send: [1, 81], repeated: [41] },
  },
  {
    reason: "it was sent before and may have arrived: it alone, under its id",
    waiting: [aNotice(1, { delivery: "d" }), aNotice(2), aNotice(3, { delivery: "d" })],
    choice: { ...NOTHING, send: [1, 3], delivery: "d" },
  },
  {
    reason: "a day old: given up, and the rest is sent",
    waiting: [aNotice(1, { at: NOW - GIVE_UP_MS, delivery: "d" }), aNotice(2, { at: NOW - GIVE_UP_MS + 1 })],
    choice: { ...NOTHING, send: [2], givenUp: [1] },
  },
])("of those that wait, where $reason", ({ waiting, choice }) => {
  expect(chooseNotices(waiting, NOW)).toEqual(choice);
});

const aWaiting = fc.record({
  kind: fc.constantFrom(...NOTICE_KINDS),
  processor: fc.constantFrom("a", "b"),
  at: fc.integer({ min: NOW - GIVE_UP_MS - MINUTE, max: NOW }),
  delivery: fc.constantFrom(null, null, null, "d"),
  toldAt: fc.option(fc.integer({ min: NOW - GIVE_UP_MS - 2 * REPEAT_MS, max: NOW }), { nil: null }),
});

it("each that waits has one place, and no subject is told twice within the hour by one message", () => {
  fc.assert(
    fc.property(fc.array(aWaiting, { maxLength: 12 }), (some) => {
      const waiting = some
        .sort((one, other) => one.at - other.at)
        .map((fields, line) => aNotice(line, fields));
      const { send, delivery, repeated, givenUp } = chooseNotices(waiting, NOW);
      const placed = [...send, ...repeated, ...givenUp];
      expect(new Set(placed).size).toBe(placed.length);
      // What came after a message that is still under way waits for the next one.
      if (delivery === null) expect(placed).toHaveLength(waiting.length);
      else
        expect(waiting.filter(({ line }) => send.includes(line)).map((one) => one.delivery)).not.toContain(
          null,
        );
      const sent = waiting.filter(({ line }) => send.includes(line));
      const close = sent.filter((one) =>
        sent.some(
          (other) =>
            other.line > one.line &&
            other.at - one.at < REPEAT_MS &&
            other.kind === one.kind &&
            other.processor === one.processor,
        ),
      );
      if (delivery === null) expect(close).toEqual([]);
    }),
  );
});

it.each([
  { failures: 1, after: 0, ms: 10_000 },
  { failures: 2, after: 0, ms: 20_000 },
  { failures: 7, after: 0, ms: 640_000 },
  { failures: 8, after: 0, ms: 15 * MINUTE },
  { failures: 100_000, after: 0, ms: 15 * MINUTE },
  { failures: 1, after: 5 * MINUTE, ms: 5 * MINUTE },
  { failures: 1, after: 999_999_000, ms: 60 * MINUTE },
])("after $failures failures, asked to wait $after ms, it is tried again after $ms ms", (row) => {
  expect(toRetryMs(row.failures, row.after)).toBe(row.ms);
});

const HELD = aNotice(9, { kind: "project.held", workspace: null, processor: null, text: "403: no" });
const SILENT = aNotice(8, {
  ...{ kind: "loop.silent", project: null, workspace: null, processor: null },
  text: "nothing is observed",
});

it.each([
  { notices: [aNotice(1)], subject: "Headgate: processor parked: p/w/s-1" },
  { notices: [HELD, aNotice(1), aNotice(2)], subject: "Headgate: 2 processors parked, project held: p" },
  { notices: [SILENT], subject: "Headgate: loop silent" },
])("reads in one line $subject", ({ notices, subject }) => {
  expect(formatSubject({ id: "d", installation: "i", notices })).toBe(subject);
});

it("tells a line each, and how many are left", () => {
  const message = { id: "d", installation: "i", notices: [SILENT, HELD, aNotice(1)] };
  const lines = [
    "loop silent: nothing is observed",
    "project held: p: 403: no",
    "processor parked: p/w/s-1: 30 attempts failed",
  ];
  expect(formatNotices(message, 3)).toEqual(lines);
  expect(formatNotices(message, 2)).toEqual([
    ...lines.slice(0, 2),
    "and 1 more: headgate get journal --since 1d",
  ]);
});
