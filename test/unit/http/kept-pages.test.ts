// Pages that are kept: found while nothing new is shown, and no more of them than memory is meant for.
import fc from "fast-check";
import { expect, it } from "vitest";
import { keepPages } from "../../../src/http/api/kept-pages.js";
import type { JsonBytes } from "../../../src/http/api/kept-pages.js";

const aPage = (text: string): JsonBytes => ({ bytes: Buffer.from(text), etag: `"${text.slice(0, 10)}"` });

it("finds a page while Postgres shows what it showed when the page was read, and only then", () => {
  const question = fc.constantFrom("a", "b", "c");
  const snapshot = fc.constantFrom("1", "2", "3");
  const act = fc.oneof(
    fc.record({ kind: fc.constant("keep" as const), question, shown: fc.option(snapshot) }),
    fc.record({ kind: fc.constant("find" as const), question, shown: snapshot }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const pages = keepPages();
      const last = new Map<string, { readonly json: JsonBytes; readonly shown: string }>();
      for (const [index, one] of acts.entries()) {
        if (one.kind === "find") {
          const known = last.get(one.question);
          expect(pages.find(one.question, one.shown)).toBe(
            known?.shown === one.shown ? known.json : undefined,
          );
        } else {
          const json = aPage(String(index));
          pages.keep(one.question, json, one.shown);
          if (one.shown !== null) last.set(one.question, { json, shown: one.shown });
        }
      }
    }),
  );
});

const MIB = 1024 * 1024;

it("keeps 32 MiB of pages, and forgets first what was asked for longest ago", () => {
  const pages = keepPages();
  const isKept = (question: number): boolean => pages.find(String(question), "1") !== undefined;
  for (let question = 0; question < 31; question += 1)
    pages.keep(String(question), aPage("x".repeat(MIB)), "1");
  expect(isKept(0)).toBe(true);
  pages.keep("31", aPage("x".repeat(MIB)), "1");
  expect([0, 1, 2, 31].map(isKept)).toEqual([true, false, true, true]);
  // The same question again takes the room of its own page.
  for (let time = 0; time < 50; time += 1) pages.keep("31", aPage("x".repeat(MIB)), "1");
  expect([0, 2, 30, 31].map(isKept)).toEqual([true, true, true, true]);
});

it("counts a kilobyte for each beside its bytes, so that empty ones end too", () => {
  const pages = keepPages();
  for (let question = 0; question <= 32 * 1024; question += 1) pages.keep(String(question), aPage(""), "1");
  expect([0, 1, 32 * 1024].map((question) => pages.find(String(question), "1") !== undefined)).toEqual([
    false,
    true,
    true,
  ]);
});
